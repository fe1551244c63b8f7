import { randomBytes } from 'node:crypto';
import { compressBatch, encodeBatch, signals, utf8Column } from '@airis/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AskFailure, type Question } from './ask-agent.ts';
import { MAX_HELD_SPANS, readHeldSpans } from './held-spans.ts';
import { askForTrace, MAX_HOSTS } from './held-trace.ts';

const now = 1_800_000_000_000;
const wanted = { traceId: 'a'.repeat(32), fromUnixMs: now - 60_000, toUnixMs: now };

interface Told {
  readonly t: number;
  readonly ms: number;
  readonly kind: number;
  readonly service: string;
  readonly name: string;
  readonly trace: string;
  readonly span: string;
  readonly parent: string;
  readonly peer: string;
}
const good: Told = {
  ...{ t: now - 1_000, ms: 12, kind: 2, service: 'service:shop', name: 'GET /', trace: wanted.traceId },
  ...{ span: 'b'.repeat(16), parent: '', peer: '' },
};

function bodyOf(spans: readonly Partial<Told>[]): Uint8Array {
  const rows = spans.map((of) => ({ ...good, ...of }));
  const text = (of: (row: Told) => string) => utf8Column(rows.map(of));
  const columns = [
    BigInt64Array.from(rows, ({ t }) => BigInt(t)),
    Float64Array.from(rows, ({ ms }) => ms),
    Uint8Array.from(rows, ({ kind }) => kind),
    new Uint8Array(rows.length),
    text(() => ''),
    text(({ service }) => service),
    text(({ name }) => name),
    text(({ trace }) => trace),
    text(({ span }) => span),
    text(({ parent }) => parent),
    text(({ peer }) => peer),
  ];
  return compressBatch(encodeBatch(signals.span, columns, rows.length));
}
const read = (bodies: readonly Uint8Array[]) => readHeldSpans(bodies, 'shop-1', wanted, now);

describe('spans of an answer', () => {
  it('are those that were asked for, with who said so', () => {
    const { spans, leftOut, isCut } = read([bodyOf([{}, { peer: '10.0.0.7:80', kind: 3 }])]);
    expect(spans).toMatchObject([
      { agent: 'shop-1', spanId: good.span, elapsedMs: 12, peer: null },
      { peer: '10.0.0.7:80' },
    ]);
    expect([leftOut, isCut]).toEqual([0, false]);
  });

  it.each<[string, Partial<Told>]>([
    ['of another trace', { trace: 'c'.repeat(32) }],
    ['before the time', { t: now - 61_000 }],
    ['after it', { t: now + 1_000 }],
    ['with a time below nothing', { ms: -1 }],
    ['longer than a day', { ms: 1e9 }],
    ['of a kind that is none', { kind: 9 }],
    ['with an id that is none', { span: '<script>' }],
    ['with a caller that is none', { parent: `${good.span}0` }],
    ['of a service that is no entity', { service: 'shop shop' }],
  ])('are left out and counted that are %s', (_, of) => {
    expect(read([bodyOf([of, {}])])).toMatchObject({ spans: [{ spanId: good.span }], leftOut: 1 });
  });

  it('are cut in number and in length', () => {
    const many = Array.from({ length: MAX_HELD_SPANS }, (_, i) => ({ span: i.toString(16).padStart(16, '1') }));
    expect(read([bodyOf([{ name: 'x'.repeat(900), peer: 'y'.repeat(900) }])]).spans[0]).toMatchObject({
      name: 'x'.repeat(300),
      peer: 'y'.repeat(300),
    });
    const { spans, isCut } = read([bodyOf(many), bodyOf([{}])]);
    expect([spans.length, isCut]).toEqual([MAX_HELD_SPANS, true]);
  });

  it('are refused where no batch can be read, whatever it is', () => {
    const torn = bodyOf([{}]).slice(0, -9);
    for (const body of [torn, randomBytes(300), compressBatch(randomBytes(300)), new Uint8Array()]) {
      expect(() => read([body])).toThrow(expect.objectContaining({ code: 'ANSWER_INVALID' }));
    }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        expect(() => read([bytes])).toThrow(AskFailure);
      }),
    );
  });
});

describe('hosts asked for a trace', () => {
  const answer = (spans: readonly Partial<Told>[], withheldRows = 0) => ({ bodies: [bodyOf(spans)], withheldRows });
  const asking = (
    answers: Readonly<Record<string, () => Promise<ReturnType<typeof answer>>>>,
    touched: readonly string[] = [],
  ) => {
    const asked: Question[] = [];
    const options = {
      ask: async (question: Question) => {
        asked.push(question);
        return (
          answers[question.agent]?.() ??
          Promise.reject(new AskFailure('AGENT_SILENT', 'deadline', `${question.agent} did not answer`))
        );
      },
      isLive: async (agent: string) => agent !== 'gone',
      touchedBy: (spans: readonly object[]) => (spans.length > 0 ? touched : []),
      nowMs: () => now,
    };
    return { asked, of: (agents: readonly string[]) => askForTrace(wanted, agents, options) };
  };

  it('are each told with what became of it', async () => {
    const { asked, of } = asking({
      web: async () => answer([{}, { trace: 'c'.repeat(32) }], 3),
      app: () => Promise.reject(new AskFailure('AGENT_REFUSED', 'not-allowed', 'the floor bars it')),
      bad: async () => ({ bodies: [randomBytes(90)], withheldRows: 0 }),
    });
    const { spans, hosts } = await of(['web', 'app', 'bad', 'quiet', 'gone', 'web']);
    expect(spans).toHaveLength(1);
    expect(hosts).toMatchObject([
      { agent: 'web', state: 'answered', spans: 1, withheld: 3, leftOut: 1, detail: '' },
      { agent: 'app', state: 'refused', detail: 'the floor bars it' },
      { agent: 'bad', state: 'unreadable' },
      { agent: 'quiet', state: 'silent', detail: 'quiet did not answer' },
      { agent: 'gone', state: 'revoked' },
    ]);
    expect(asked.map(({ agent }) => agent)).toEqual(['web', 'app', 'bad', 'quiet']);
    expect(asked[0]).toMatchObject({ verb: 'trace', ask: wanted });
  });

  it('lead to others once, and are bounded', async () => {
    const { asked, of } = asking({ web: async () => answer([{}]), db: async () => answer([{}]) }, ['db', 'web']);
    expect((await of(['web'])).hosts.map(({ agent }) => agent)).toEqual(['web', 'db']);
    expect(asked).toHaveLength(2);
    const many = Array.from({ length: MAX_HOSTS + 4 }, (_, i) => `h${i}`);
    const { hosts } = await of(many);
    expect(hosts.filter(({ state }) => state === 'unasked')).toHaveLength(4);
    expect(hosts).toHaveLength(MAX_HOSTS + 4);
  });

  it('are not asked as if a fault of the hub were theirs', async () => {
    const { of } = asking({ web: () => Promise.reject(new TypeError('a bug')) });
    await expect(of(['web'])).rejects.toThrow(TypeError);
  });
});
