import { MAX_CLOCK_AHEAD_MS, MAX_CLOCK_BEHIND_MS } from '@airis/protocol';
import type { LogLine, LogSink } from '../receivers/log-line.ts';
import type { OtlpLog } from './otlp-data.ts';

/** Lines that wait for the sink; beyond, senders are told to try again. */
const QUEUE_LIMIT = 10_000;
const MAX_LINE = 16 * 1024;

/** Log records as lines of the source `otlp:<service>`; the gate treats them as every other line. */
export class OtlpLines {
  #queue: LogLine[] = [];

  hasRoomFor(count: number): boolean {
    return this.#queue.length + count <= QUEUE_LIMIT || this.#queue.length === 0;
  }

  /** @returns whether the line had to be cut */
  add(service: string, log: OtlpLog, nowMs: number): boolean {
    const said = lineOf(log)
      .replaceAll(/[^\P{Cc}\n\t]|\p{Cf}/gu, ' ')
      .trimEnd();
    if (said === '') return false;
    const { timeMs, severity } = log;
    const isBelievable = timeMs > 0 && timeMs - nowMs < MAX_CLOCK_AHEAD_MS && nowMs - timeMs < MAX_CLOCK_BEHIND_MS;
    this.#queue.push({
      source: `otlp:${service === '' ? 'unknown' : service}`,
      timeUnixMs: isBelievable ? timeMs : nowMs,
      severity: Number.isInteger(severity) && severity >= 1 && severity <= 24 ? severity : 0,
      text: said.slice(0, MAX_LINE),
    });
    return said.length > MAX_LINE;
  }

  deliver(sink: LogSink): void {
    let done = 0;
    while (done < this.#queue.length && sink.accept(this.#queue[done]!)) done++;
    this.#queue = this.#queue.slice(done);
  }
}

/** The body, and the exception where one is beside it: as a stack trace in a log file. */
function lineOf({ text, attributes }: OtlpLog): string {
  const trace = attributes.get('exception.stacktrace');
  const kind = attributes.get('exception.type');
  const message = attributes.get('exception.message');
  const exception = trace ?? (kind === undefined ? undefined : `${kind}: ${message ?? ''}`);
  return exception === undefined ? text : `${text}\n${exception}`;
}
