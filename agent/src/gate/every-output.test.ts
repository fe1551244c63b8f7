import { describe, expect, it } from 'vitest';
import type { Collector, CollectorContext, SampleWriter } from '../collectors/collector.ts';
import { createHost } from '../collectors/host.ts';
import { collectors } from '../collectors/index.ts';
import { receivers } from '../receivers/index.ts';
import { TransactionColumns } from '../transactions/transaction-columns.ts';
import { canaries, carried, expectNoCanary } from './canaries-under-test.ts';
import { startEdge } from './edge-under-test.ts';

/** Where a server listens stays readable, because the hub joins callers and called by it; so is the address of a peer. */
const { ip: _, ...hidden } = canaries;
const planted = Object.entries(hidden).map(([kind, value]) => carried(kind, value));
/** An entity's name has no blanks, so that a text with them never becomes one. */
const oneWord = (text: string) => (/\s/.test(text) ? 'x' : text);

/** The same collector to everybody outside, but each field of whatever it may hand over holds something planted. */
function speaking(real: Collector): Collector {
  const context: Required<CollectorContext> = {
    topProcesses: planted.map((text, pid) => ({ pid, name: text, cpuRatio: 1, memoryBytes: 1 })),
    explanations: planted.map((text) => ({
      trouble: 'lock',
      ref: `process:${oneWord(text)}`,
      note: { ko: `잠금: ${text}`, en: `held by ${text}` },
    })),
    calls: planted.map((text) => ({
      address: text,
      kind: 'socket',
      text: `calls ${text}`,
      count: 1,
      client: `service:${oneWord(text)}`,
    })),
    links: planted.slice(0, 32).map((text) => ({
      interfaceName: text.slice(0, 64),
      device: `device:${oneWord(text)}`,
      deviceName: text,
      port: text,
      address: text,
    })),
    note: '',
  };
  const columns = new TransactionColumns(planted[0]);
  let readings = 0;
  const textNow = () => planted[readings % planted.length]!;
  return {
    ...real,
    everyMs: 1_000,
    maxDeclared: Math.max(1, real.maxDeclared),
    applies: async () => true,
    async collect(_host, out) {
      for (const text of planted) {
        columns.add(1, 1, 500, `service:${text}`, `GET /${text}`, text, text, text, text, 1);
        columns.add(1, 1, 500, '', text, '', '', '', '', 1);
        writeSamples(out, Object.keys(real.emits), text);
      }
      // A failure is told until a reading succeeds.
      readings++;
      throw new Error(`cannot read ${textNow()}: gone`);
    },
    context: () => ({ ...context, note: `listens for ${textNow()}` }),
    transactions: () => columns,
    takeSpans: () =>
      planted.map((text) => ({
        endUnixMs: 1,
        elapsedMs: 1,
        kind: 2,
        isError: true,
        service: `service:${text}`,
        name: `GET /${text}`,
        // Without an id a span belongs to no trace.
        traceId: '0af7651916cd43dd8448eb211c80319c',
        spanId: text,
        parentSpanId: text,
        peer: text,
      })),
    deliverLines: (sink) => {
      for (const text of planted) {
        sink.accept({ source: `x:${text}`, timeUnixMs: 1, severity: 17, text: `failed: ${text}` });
      }
    },
  };
}

function writeSamples(out: SampleWriter, metrics: readonly string[], text: string): void {
  for (const metric of metrics) {
    out.write(metric, 1, { 'some.key': text, [text]: 'value', 'server.address': text, 'container.id': text });
    out.write(metric, 1, { path: `/data/${text}/x` });
  }
  if (out.declare?.(`x.${text}`, { unit: '1', kind: 'gauge', about: 'x' }) === true) out.write(`x.${text}`, 1);
  out.declare?.('x.y', { unit: text, kind: 'gauge', about: text });
  out.declare?.('x.z', { unit: '1', kind: 'gauge', about: text });
  out.write('x.z', 1, { of: text });
}

it('sees every collector and receiver there is', () => {
  expect(collectors.length).toBeGreaterThan(20);
  expect(receivers.length).toBeGreaterThan(2);
});

it.each(collectors.map((definition) => ({ name: definition.name, definition })))(
  'of whatever $name hands over nothing planted leaves',
  async ({ definition }) => {
    using edge = startEdge();
    await edge.run(speaking(definition.create(undefined)), createHost(), planted.length + 1);
    const sent = edge.left();
    const kinds = ['log', 'span', 'transaction'] as const;
    const answers = await Promise.all(kinds.map((kind) => edge.ask('window', { kind })));
    // Of lines also the source is kept, as the host calls it: by it the answer knows whether they may leave.
    const left = [
      ...sent,
      ...edge.kept().filter(({ where }) => where !== 'kept log'),
      ...answers.flat(),
      ...(await edge.ask('trace', { traceId: '0af7651916cd43dd8448eb211c80319c' })),
    ];
    for (const answer of answers) expect(answer.some(({ text }) => text.length > 500)).toBe(true);
    for (const wanted of ['finding', 'health', 'series', 'block', 'log', 'template', 'transaction', 'span']) {
      expect(
        left.map(({ where }) => where),
        'what was looked at',
      ).toContain(wanted);
    }
    for (const { where, text } of left) for (const value of Object.values(hidden)) expectNoCanary(text, value, where);
    expect(Object.keys(edge.refusals.snapshot()).filter((reason) => reason.startsWith('event-'))).toEqual([]);
  },
);

describe.each([
  { logs: 'general', patterns: ['**'] },
  { logs: 'private', patterns: [] },
])('findings about $logs logs', ({ patterns }) => {
  it.each(Object.entries(canaries))('let no %s out', (kind, value) => {
    using edge = startEdge();
    edge.setGeneralLogSources(patterns);
    const source = `/var/log/${kind === 'ip' ? 'a' : carried(kind, value)}.log`;
    for (let i = 0; i < 12; i++) edge.write(source, []);
    edge.write(source, [`refused ${carried(kind, value)}`, `gone: ${carried(kind, value)}`, 'lost it', 'broken pipe']);
    edge.write(
      source,
      Array.from({ length: 60 }, (_, i) => `failed for ${carried(kind, value)} ${'ab'.repeat(i)}`),
    );
    const findings = edge.left().filter(({ where }) => where === 'finding');
    expect(findings.map(({ text }) => /"trouble":"(log-[a-z]+)"/.exec(text)?.[1])).toEqual(['log-new', 'log-errors']);
    expect(edge.refusals.snapshot()).toEqual({});
    for (const { where, text } of findings) expectNoCanary(text, value, where);
    if (patterns.length === 0) for (const { text } of findings) expect(text).not.toMatch(/refused|broken pipe/);
  });
});

describe.each(receivers.map(({ name }) => ({ name })))('lines of the receiver $name', ({ name }) => {
  it.each(Object.entries(canaries))('let no %s out', (kind, value) => {
    using edge = startEdge();
    for (let i = 0; i < 30; i++) {
      const text = `failed for ${carried(kind, value)} ${'ab'.repeat(i)}`;
      edge.logPath.accept({
        source: `${name}:${kind === 'ip' ? 'a device' : carried(kind, value)}`,
        timeUnixMs: 1,
        severity: 17,
        text,
      });
    }
    const left = edge.left();
    expect(left.map(({ where }) => where)).toEqual(expect.arrayContaining(['log', 'template']));
    for (const { where, text } of left) expectNoCanary(text, value, where);
  });
});
