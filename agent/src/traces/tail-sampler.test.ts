import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RouteTimes } from './route-times.ts';
import { type KeptTrace, TailSampler } from './tail-sampler.ts';
import { SERVER_SPAN, type TraceSpan } from './trace-span.ts';

const hex = (n: number, digits: number) => n.toString(16).padStart(digits, '0');
/** Ids spread as random ones are: the last eight digits decide the share. */
const traceIdOf = (n: number) => `${hex(n, 24)}${hex(Math.imul(n + 1, 2_654_435_761) >>> 0, 8)}`;
const spanOf = (n: number, of: Partial<TraceSpan> = {}): TraceSpan => ({
  endUnixMs: n,
  elapsedMs: 10,
  kind: SERVER_SPAN,
  isError: false,
  service: 'service:shop',
  name: 'GET /orders',
  traceId: traceIdOf(n),
  spanId: hex(n, 16),
  parentSpanId: '',
  peer: '',
  ...of,
});

/** Every trace a second after the one before; what was kept once all are judged. */
function judged(spans: Iterable<TraceSpan>, sampler = new TailSampler()): KeptTrace[] {
  let nowMs = 0;
  const kept: KeptTrace[] = [];
  for (const span of spans) {
    sampler.add(span, nowMs);
    nowMs += 10;
    kept.push(...sampler.step(nowMs));
  }
  return [...kept, ...sampler.step(nowMs + 60_000)];
}

describe('TailSampler', () => {
  it('keeps every trace with an error, whichever span has it', () => {
    const spans = Array.from({ length: 300 }, (_, n) => [
      spanOf(n, { kind: 1, parentSpanId: 'x', isError: n % 10 === 3, elapsedMs: 2 }),
      spanOf(n),
    ]).flat();
    const kept = judged(spans);
    const errors = kept.filter(({ why }) => why === 'error');
    expect(errors).toHaveLength(30);
    expect(errors.every(({ spans: of }) => of.length === 2)).toBe(true);
  });

  it('keeps what is slow for its own route, and about one of a hundred of the rest, of every route some', () => {
    const spans = Array.from({ length: 20_000 }, (_, n) => {
      const isReport = n % 4 === 0;
      const isSlow = n % 400 === 399;
      return spanOf(n, {
        name: isReport ? 'GET /reports' : 'GET /orders',
        elapsedMs: isReport ? 900 : isSlow ? 200 : 10,
      });
    });
    const kept = judged(spans);
    const slow = kept.filter(({ why }) => why === 'slow');
    // Reports take longer than slow orders and are not slow.
    expect(slow.every(({ spans: [span] }) => span?.name === 'GET /orders' && span.elapsedMs === 200)).toBe(true);
    expect(slow.length).toBeGreaterThan(45);
    const share = kept.filter(({ why }) => why === 'share').length;
    expect(share).toBeGreaterThan(120);
    expect(share).toBeLessThan(280);
    const rare = judged(Array.from({ length: 5 }, (_, n) => spanOf(n, { name: `GET /${n}` })));
    expect(rare).toHaveLength(5);
  });

  it('chooses the same traces on every host', () => {
    const chosen = (service: string, elapsedMs: number) =>
      new Set(
        judged(Array.from({ length: 3_000 }, (_, n) => spanOf(n, { service, elapsedMs }))).map(
          ({ spans: [span] }) => span!.traceId,
        ),
      );
    const [web, was] = [chosen('service:web', 30), chosen('service:was', 20)];
    expect([...web].filter((traceId) => !was.has(traceId))).toEqual([]);
  });

  it('sends what comes late after a trace that was kept', () => {
    const sampler = new TailSampler();
    expect(judged([spanOf(1, { isError: true })], sampler)).toHaveLength(1);
    sampler.add(spanOf(1, { kind: 1 }), 90_000);
    expect(sampler.step(90_001)).toMatchObject([{ why: 'error', spans: [{ kind: 1 }] }]);
  });

  it('stays bounded, and gives no span out twice, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(6_000), fc.boolean()), { maxLength: 400 }), (list) => {
        const spans = list.map(([n, isError], i) => spanOf(n, { isError, spanId: hex(i, 16) }));
        const out = judged(spans).flatMap(({ spans: of }) => of.map(({ spanId }) => spanId));
        expect(new Set(out).size).toBe(out.length);
        expect(out.length).toBeLessThanOrEqual(spans.length);
      }),
    );
    const sampler = new TailSampler();
    for (let n = 0; n < 5_000; n++) sampler.add(spanOf(7), 0);
    expect(sampler.takeDropped()).toBe(4_500);
    for (let n = 0; n < 50_000; n++) sampler.add(spanOf(n, { name: `GET /${n}` }), n);
    expect(sampler.step(60_000).length).toBeLessThan(2_500);
  });
});

it('RouteTimes calls slow what is beyond 99 of 100, follows a route that changes, and says nothing early', () => {
  const times = new RouteTimes();
  expect(Array.from({ length: 99 }, (_, i) => times.add(i === 50 ? 9_000 : 10)).some(Boolean)).toBe(false);
  for (let i = 0; i < 500; i++) times.add(10);
  expect([times.add(10), times.add(30), times.add(Number.MAX_VALUE)]).toEqual([false, true, true]);
  for (let i = 0; i < 500; i++) times.add(30);
  expect(times.add(30)).toBe(false);
  expect(times.add(0)).toBe(false);
});
