import { entityId, openBatch, signals, textAt } from '@airis/protocol';
import type { TraceRequest, TraceSpanRow } from '../api/ports.ts';
import { AskFailure } from './ask-agent.ts';

/** Spans of one host's answer that are read; a trace of more is cut, and its host said to have cut it. */
export const MAX_HELD_SPANS = 2_000;
const LONGEST_SPAN_MS = 24 * 3_600_000;
/** As long as what agents send may be; what is longer no agent of ours has written. */
const MAX_TEXT = 300;
const SPAN_ID = /^[0-9a-f]{16}$/;

export interface HeldSpans {
  readonly spans: readonly TraceSpanRow[];
  /** Of another trace or time, or without a shape that a span has. */
  readonly leftOut: number;
  /** Beyond the bound. */
  readonly isCut: boolean;
}

/**
 * Spans that one agent has answered, as far as they are what was asked for. An answer may hold anything: texts are bounded,
 * ids and times are checked, and which agent said it stands at each span.
 *
 * @throws AskFailure ANSWER_INVALID for a batch that cannot be read
 */
export function readHeldSpans(
  bodies: readonly Uint8Array[],
  agent: string,
  wanted: TraceRequest,
  nowMs: number,
): HeldSpans {
  const spans: TraceSpanRow[] = [];
  let leftOut = 0;
  for (const body of bodies) {
    for (const span of rowsOf(body, agent, nowMs)) {
      if (!isWanted(span, wanted)) leftOut++;
      else if (spans.length >= MAX_HELD_SPANS) return { spans, leftOut, isCut: true };
      else spans.push(span);
    }
  }
  return { spans, leftOut, isCut: false };
}

function* rowsOf(body: Uint8Array, agent: string, nowMs: number): Generator<TraceSpanRow> {
  const opened = openBatch(signals.span, body, nowMs);
  if (!opened.ok) {
    throw new AskFailure('ANSWER_INVALID', opened.reason, `the agent's spans cannot be read: ${opened.detail}`);
  }
  const batch = opened.value;
  const times = batch.column('t', 'timestampMs');
  const elapsed = batch.column('elapsedMs', 'float64');
  const kinds = batch.column('kind', 'uint8');
  const flags = batch.column('flags', 'uint8');
  const [services, names, traceIds, spanIds, parents, peers] = (
    ['service', 'name', 'traceId', 'spanId', 'parentSpanId', 'peer'] as const
  ).map((name) => batch.column(name, 'utf8'));
  for (let row = 0; row < batch.rows; row++) {
    const peer = textAt(peers!, row);
    yield {
      endUnixMs: Number(times[row]),
      elapsedMs: elapsed[row]!,
      kind: kinds[row]!,
      flags: flags[row]!,
      service: textAt(services!, row),
      name: textAt(names!, row).slice(0, MAX_TEXT),
      traceId: textAt(traceIds!, row),
      spanId: textAt(spanIds!, row),
      parentSpanId: textAt(parents!, row),
      peer: peer === '' ? null : peer.slice(0, MAX_TEXT),
      agent,
    };
  }
}

const isWanted = (
  { traceId, endUnixMs, elapsedMs, kind, service, spanId, parentSpanId }: TraceSpanRow,
  wanted: TraceRequest,
): boolean =>
  traceId === wanted.traceId &&
  endUnixMs >= wanted.fromUnixMs &&
  endUnixMs <= wanted.toUnixMs &&
  elapsedMs >= 0 &&
  elapsedMs <= LONGEST_SPAN_MS &&
  kind <= 5 &&
  entityId.safeParse(service).success &&
  SPAN_ID.test(spanId) &&
  (parentSpanId === '' || SPAN_ID.test(parentSpanId));
