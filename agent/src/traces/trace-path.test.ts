import { openBatch, signals, textAt } from '@airis/protocol';
import { expect, it } from 'vitest';
import { Refusals } from '../refusals.ts';
import type { KeptRows } from '../store/kept-rows.ts';
import type { Spool } from '../store/spool.ts';
import { TracePath } from './trace-path.ts';
import { madeSpanId, SERVER_SPAN, type SpanRow, type TraceSpan } from './trace-span.ts';

const nowMs = 1_800_000_000_000;
const span = (of: Partial<TraceSpan>): TraceSpan => ({
  endUnixMs: nowMs,
  elapsedMs: 900,
  kind: SERVER_SPAN,
  isError: true,
  service: '',
  name: 'SELECT ?',
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: madeSpanId('x'),
  parentSpanId: 'b7ad6b7169203331',
  peer: '',
  ...of,
});

it('keeps and sends a span under the name of who spent the time, and none that belongs to no trace', () => {
  const kept: SpanRow[] = [];
  const payloads: Uint8Array[] = [];
  const refusals = new Refusals();
  // Of both only these are used.
  const rows = { add: (row: SpanRow) => kept.push(row), step: () => undefined, flush: () => undefined };
  const spool = { append: ({ payload }: { payload: Uint8Array }) => payloads.push(payload) };
  const path = new TracePath({
    gate: { admitName: (name) => name },
    spool: spool as unknown as Spool,
    kept: rows as unknown as KeptRows<SpanRow>,
    refusals,
    spokenFor: (role) => `service:${role}@db-1`,
  });
  path.finish(nowMs, [
    span({ role: 'postgresql' }),
    span({ spanId: madeSpanId('y') }),
    span({ service: 'service:shop', role: 'mysql', spanId: madeSpanId('z') }),
    span({ traceId: '' }),
  ]);
  const names = ['service:postgresql@db-1', 'service:otlp@db-1', 'service:shop'];
  expect(kept.map((row) => row[4])).toEqual(names);
  const sent = payloads.flatMap((payload) => {
    const opened = openBatch(signals.span, payload, nowMs);
    if (!opened.ok) throw new Error(opened.reason);
    const services = opened.value.column('service', 'utf8');
    return Array.from({ length: opened.value.rows }, (_, row) => textAt(services, row));
  });
  expect(sent).toEqual(names);
  expect(refusals.snapshot()).toEqual({ 'span-without-trace': 1 });
});

it('ids that are made are such as may leave, whatever they are made of', () => {
  const ids = Array.from({ length: 5_000 }, (_, i) => madeSpanId(`${i}`));
  expect(ids.every((id) => /^a[0-9a-f]{15}$/.test(id))).toBe(true);
  expect(new Set(ids).size).toBe(ids.length);
});
