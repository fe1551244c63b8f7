import { type AnswerChunk, parseJson, type WindowAsk, windowAsk } from '@airis/protocol';
import { BlockBatch } from '../block-batch.ts';
import type { MetricPath } from '../metric-path.ts';
import type { LocalStore } from '../store/local-store.ts';
import { STEP_MS } from '../store/minute-buffer.ts';
import type { Ask } from './hub-link.ts';

export interface WindowAnswerParts {
  readonly localStore: Pick<LocalStore, 'window'>;
  readonly metricPath: Pick<MetricPath, 'recent'>;
  readonly nowMs: () => number;
  /** Whether values of this metric may leave the host; the gate decides. */
  readonly mayLeave: (metric: string) => boolean;
}

const MAX_ASK_BYTES = 16 * 1024;
/** A chunk carries about so many values: well below the broker's largest message, in Base64 too. */
const CHUNK_VALUES = 100_000;
/** Minutes read between two looks at the deadline and at other work. */
const MINUTES_A_TURN = 30;

/** Answers with full-resolution values in numbered chunks, the last one marked, within the question's deadline and bytes. */
export async function answerWindow(ask: Ask, parts: WindowAnswerParts): Promise<void> {
  const parsed = parseJson(windowAsk, ask.payload, MAX_ASK_BYTES);
  // Without a readable request id there is nobody to answer.
  if (!parsed.ok) return;
  const wanted = parsed.value;
  const out = new AnswerWriter(ask, wanted);
  if (wanted.deadlineUnixMs <= parts.nowMs()) return out.fail('deadline', 'the deadline has passed');
  if (!parts.mayLeave(wanted.metric)) return out.fail('not-allowed', 'this metric stays on the host');
  let minutes = 0;
  for (const { id, t0Ms, values } of allMinutes(wanted, parts)) {
    const from = Math.max(0, Math.ceil((wanted.fromUnixMs - t0Ms) / STEP_MS));
    const to = Math.min(values.length, Math.floor((wanted.toUnixMs - t0Ms) / STEP_MS) + 1);
    const cut = from < to ? values.subarray(from, to) : null;
    if (cut !== null && !cut.every(Number.isNaN) && !out.add(id, t0Ms + from * STEP_MS, cut)) {
      return out.fail('too-large', `more than ${wanted.maxBytes} bytes`);
    }
    if (++minutes % MINUTES_A_TURN !== 0) continue;
    await new Promise((resolve) => setImmediate(resolve));
    if (wanted.deadlineUnixMs <= parts.nowMs()) return out.fail('deadline', 'not read in time');
  }
  out.end();
}

function* allMinutes(wanted: WindowAsk, { localStore, metricPath }: WindowAnswerParts) {
  yield* localStore.window(wanted.metric, wanted.fromUnixMs, wanted.toUnixMs);
  yield* metricPath.recent(wanted.metric);
}

class AnswerWriter {
  readonly #ask: Ask;
  readonly #wanted: WindowAsk;
  readonly #batch = new BlockBatch();
  #values = 0;
  #chunk = 0;
  #bytes = 0;

  constructor(ask: Ask, wanted: WindowAsk) {
    this.#ask = ask;
    this.#wanted = wanted;
  }

  /** `false` once the question's bytes are used up. */
  add(id: bigint, t0Ms: number, values: Float64Array): boolean {
    this.#batch.addValues(id, t0Ms, STEP_MS, values);
    this.#values += values.length;
    return this.#values < CHUNK_VALUES || this.#flush(false);
  }

  end(): void {
    if (!this.#flush(true)) this.fail('too-large', `more than ${this.#wanted.maxBytes} bytes`);
  }

  fail(code: string, detail: string): void {
    this.#send({ chunk: this.#chunk, last: true, error: { code, detail }, body: '' });
  }

  #flush(last: boolean): boolean {
    this.#values = 0;
    const body = Buffer.from(this.#batch.take()?.payload ?? []).toString('base64');
    if (this.#bytes + body.length > this.#wanted.maxBytes) return false;
    this.#bytes += body.length;
    this.#send({ chunk: this.#chunk++, last, error: null, body });
    return true;
  }

  #send(chunk: AnswerChunk): void {
    this.#ask.answer(this.#wanted.request, Buffer.from(JSON.stringify(chunk)));
  }
}
