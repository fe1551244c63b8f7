import type { Gate } from '../gate/gate.ts';
import { traceContextId } from '../gate/mask-event.ts';
import type { Refusals } from '../refusals.ts';
import type { KeptRows } from '../store/kept-rows.ts';
import type { Spool } from '../store/spool.ts';
import { priorities } from '../store/spool-item.ts';
import { LONGEST_WAIT_MS, TailSampler } from './tail-sampler.ts';
import { encodeSpans, rowOf, SPAN_SCHEMA, type SpanRow, type TraceSpan } from './trace-span.ts';

export interface TracePathOptions {
  readonly gate: Pick<Gate, 'admitName'>;
  readonly spool: Spool;
  readonly kept: KeptRows<SpanRow>;
  readonly refusals: Refusals;
  /** Entity of spans that name none, by the role that spent the time. */
  readonly spokenFor: (role: string) => string;
}

/** Rows of one batch to the hub. */
const BATCH_ROWS = 5_000;

/** What becomes of spans: all are kept on this host, those of chosen traces go to the hub. */
export class TracePath {
  readonly #options: TracePathOptions;
  readonly #sampler = new TailSampler();

  constructor(options: TracePathOptions) {
    this.#options = options;
  }

  /** Once a second, with what came since. */
  step(nowMs: number, spans: readonly TraceSpan[]): void {
    const { gate, kept, refusals, spokenFor } = this.#options;
    for (const span of spans) {
      const traceId = traceContextId(span.traceId);
      if (traceId === '') {
        refusals.count('span-without-trace');
        continue;
      }
      const admitted = {
        ...span,
        traceId,
        spanId: traceContextId(span.spanId),
        parentSpanId: traceContextId(span.parentSpanId),
        service: gate.admitName(span.service || spokenFor(span.role ?? 'otlp')),
        name: gate.admitName(span.name),
        peer: gate.admitName(span.peer),
      };
      kept.add(rowOf(admitted));
      this.#sampler.add(admitted, nowMs);
    }
    kept.step(nowMs);
    this.#send(
      this.#sampler.step(nowMs).flatMap(({ why, spans: of }) => of.map((span) => ({ why, row: rowOf(span) }))),
    );
    const dropped = this.#sampler.takeDropped();
    if (dropped > 0) refusals.count('trace-too-long', dropped);
  }

  /** Before the agent stops: what was not judged yet is judged by what there is. */
  finish(nowMs: number, spans: readonly TraceSpan[]): void {
    this.step(nowMs, spans);
    this.step(nowMs + LONGEST_WAIT_MS, []);
    this.#options.kept.flush();
  }

  #send(chosen: readonly { readonly why: string; readonly row: SpanRow }[]): void {
    for (let from = 0; from < chosen.length; from += BATCH_ROWS) {
      const part = chosen.slice(from, from + BATCH_ROWS);
      const times = part.map(({ row }) => Math.round(row[0]));
      this.#options.spool.append({
        class: 'data',
        kind: 'span',
        schema: SPAN_SCHEMA,
        priority: priorities.log,
        rows: part.length,
        fromUnixMs: times.reduce((a, b) => Math.min(a, b)),
        toUnixMs: times.reduce((a, b) => Math.max(a, b)),
        payload: encodeSpans(
          part.map(({ row }) => row),
          part.map(({ why }) => why),
        ),
      });
    }
  }
}
