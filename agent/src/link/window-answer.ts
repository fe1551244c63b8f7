import type { TraceAsk, WindowAsk } from '@airis/protocol';
import { BlockBatch } from '../block-batch.ts';
import type { Gate } from '../gate/gate.ts';
import { encodeLines } from '../log-path.ts';
import type { RecordingRow } from '../rum/recordings.ts';
import type { StoredMinute } from '../store/local-store.ts';
import type { LogRow } from '../store/log-row.ts';
import { STEP_MS } from '../store/minute-buffer.ts';
import type { Frame, SegmentKind } from '../store/segment-store.ts';
import { requestSpans } from '../traces/request-spans.ts';
import { encodeSpans, type SpanRow } from '../traces/trace-span.ts';
import type { AnswerWriter } from './answer-writer.ts';
import type { ThreadSource } from './threads-answer.ts';

/** What this host still holds, and the gate that all of it passes. */
export interface HeldHere {
  readonly localStore: { window(metric: string, fromUnixMs: number, toUnixMs: number): Iterable<StoredMinute> };
  readonly metricPath: { recent(metric: string): Iterable<StoredMinute> };
  readonly segments: { frames(kind: SegmentKind, fromUnixMs: number, toUnixMs: number): Iterable<Frame> };
  readonly lines: Rows<LogRow>;
  readonly spans: Rows<SpanRow>;
  readonly recordings: Rows<RecordingRow>;
  readonly threads: ThreadSource;
  readonly gate: Pick<Gate, 'admitSource' | 'admitProgramLine'>;
  readonly nowMs: () => number;
}

interface Rows<Row> {
  frames(fromUnixMs: number, toUnixMs: number, containing?: string): Iterable<readonly Row[]>;
}

/** A chunk carries about so many values or rows: well below the broker's largest message, in Base64 too. */
const CHUNK_VALUES = 100_000;
const CHUNK_ROWS = 5_000;
/** Ids of one trace that are remembered while it is answered; a request beyond may be told by its program and its log. */
const MAX_TOLD = 100_000;
/** Bytes of log text in a chunk before compression. */
const CHUNK_TEXT = 1024 * 1024;
/** Minutes read between two looks at the deadline and at other work. */
const MINUTES_A_TURN = 30;

/** Answers with what the window holds, oldest first. */
export async function answerWindow(wanted: WindowAsk, out: AnswerWriter, held: HeldHere): Promise<void> {
  if (wanted.kind === 'metric') return answerValues(wanted, out, held);
  if (wanted.kind === 'transaction') return answerDots(wanted, out, held);
  if (wanted.kind === 'span')
    return answerSpans(wanted, out, held, held.spans.frames(wanted.fromUnixMs, wanted.toUnixMs));
  return answerLines(wanted, out, held);
}

/** Answers with the spans of one trace, and with those that its requests in access logs are. */
export const answerTrace = (wanted: TraceAsk, out: AnswerWriter, held: HeldHere): Promise<void> =>
  answerSpans(wanted, out, held, spansOfTrace(wanted, held));

function* spansOfTrace({ traceId, fromUnixMs, toUnixMs }: TraceAsk, held: HeldHere): Generator<readonly SpanRow[]> {
  const told = new Set<string>();
  for (const rows of held.spans.frames(fromUnixMs, toUnixMs, traceId)) {
    const own = rows.filter((row) => row[6] === traceId);
    for (const row of own) if (told.size < MAX_TOLD) told.add(row[7]);
    yield own;
  }
  for (const frame of held.segments.frames('transaction', fromUnixMs, toUnixMs)) {
    const spans = requestSpans(frame, traceId, told, held.nowMs());
    yield spans.filter(([endUnixMs]) => endUnixMs >= fromUnixMs && endUnixMs <= toUnixMs);
  }
}

type Times = Pick<WindowAsk, 'fromUnixMs' | 'toUnixMs' | 'deadlineUnixMs'>;

async function answerValues(wanted: WindowAsk, out: AnswerWriter, held: HeldHere): Promise<void> {
  const batch = new BlockBatch();
  let values = 0;
  let minutes = 0;
  for (const { id, t0Ms, values: minute } of allMinutes(wanted, held)) {
    const from = Math.max(0, Math.ceil((wanted.fromUnixMs - t0Ms) / STEP_MS));
    const to = Math.min(minute.length, Math.floor((wanted.toUnixMs - t0Ms) / STEP_MS) + 1);
    const cut = from < to ? minute.subarray(from, to) : null;
    if (cut !== null && !cut.every(Number.isNaN)) {
      batch.addValues(id, t0Ms + from * STEP_MS, STEP_MS, cut);
      values += cut.length;
    }
    if (values >= CHUNK_VALUES) {
      values = 0;
      if (!out.send(batch.take()?.payload ?? new Uint8Array())) return out.failTooLarge();
    }
    if (++minutes % MINUTES_A_TURN === 0 && !(await hasTime(wanted, held))) return failLate(out);
  }
  out.end(batch.take()?.payload);
}

function* allMinutes(wanted: WindowAsk, { localStore, metricPath }: HeldHere) {
  yield* localStore.window(wanted.metric, wanted.fromUnixMs, wanted.toUnixMs);
  yield* metricPath.recent(wanted.metric);
}

/** Dots are kept as they were sent, some seconds together, so that a few beside the window come with them. */
async function answerDots(wanted: Times, out: AnswerWriter, held: HeldHere): Promise<void> {
  for (const { payload } of held.segments.frames('transaction', wanted.fromUnixMs, wanted.toUnixMs)) {
    if (!out.send(payload)) return out.failTooLarge();
    if (!(await hasTime(wanted, held))) return failLate(out);
  }
  out.end();
}

async function answerSpans(
  wanted: Times,
  out: AnswerWriter,
  held: HeldHere,
  frames: Iterable<readonly SpanRow[]>,
): Promise<void> {
  let chosen: SpanRow[] = [];
  const take = () => {
    const batch =
      chosen.length === 0
        ? new Uint8Array()
        : encodeSpans(
            chosen,
            chosen.map(() => ''),
          );
    chosen = [];
    return batch;
  };
  for (const rows of frames) {
    for (const row of rows) chosen.push(row);
    if (chosen.length >= CHUNK_ROWS && !out.send(take())) return out.failTooLarge();
    if (!(await hasTime(wanted, held))) return failLate(out);
  }
  out.end(take());
}

/** Lines were masked before they were kept; whether they may leave is asked now, by the class of their source now. */
async function answerLines(wanted: Times, out: AnswerWriter, held: HeldHere): Promise<void> {
  let lines: Parameters<typeof encodeLines>[0][number][] = [];
  let textBytes = 0;
  const take = () => {
    const batch = lines.length === 0 ? new Uint8Array() : encodeLines(lines);
    lines = [];
    textBytes = 0;
    return batch;
  };
  for (const rows of held.lines.frames(wanted.fromUnixMs, wanted.toUnixMs)) {
    for (const [timeUnixMs, severity, keptSource, templateId, body] of rows) {
      const source = held.gate.admitSource(keptSource);
      if (source === null) {
        out.withhold(1);
        continue;
      }
      lines.push({ timeUnixMs, severity, source, templateId: BigInt(templateId), body });
      textBytes += body.length;
      if ((lines.length >= CHUNK_ROWS || textBytes >= CHUNK_TEXT) && !out.send(take())) return out.failTooLarge();
    }
    if (!(await hasTime(wanted, held))) return failLate(out);
  }
  out.end(take());
}

/** Lets other work come first; whether anybody still waits. */
async function hasTime({ deadlineUnixMs }: Times, { nowMs }: HeldHere): Promise<boolean> {
  await new Promise((resolve) => setImmediate(resolve));
  return deadlineUnixMs > nowMs();
}

const failLate = (out: AnswerWriter): void => out.fail('deadline', 'not read in time');
