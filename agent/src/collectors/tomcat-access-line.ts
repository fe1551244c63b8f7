import { type LoggedTransaction, statusOf, transactionOf } from './access-line.ts';

/**
 * Lines of Tomcat's AccessLogValve in its `common` and `combined` patterns, with what may stand after them: the time
 * (`%D`, microseconds since Tomcat 10, `%F`, `%{ms}T` or `%T`), then the caller's trace (`%{traceparent}i`). Quotes in
 * what a client sent are written as `\"`.
 */
const LINE =
  /^\S+ \S+ \S+ \[(?<time>[^\]]{20,30})\] "(?<method>[A-Z]{3,7}) (?<target>\S{1,4000}) HTTP\/[\d.]+" (?<status>\d{3}) (?<bytes>\d+|-)(?: "(?:[^"\\]|\\.)*" "(?:[^"\\]|\\.)*")?(?: (?<taken>\d+(?:\.\d+)?))?(?: "?(?:-|(?<trace>00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}))"?)?$/;

/** What the number behind the line counts. */
export type TomcatTime = 'us' | 'ms' | 's';
const PER_SECOND: Readonly<Record<TomcatTime, number>> = { us: 1e6, ms: 1e3, s: 1 };

export function readTomcatLine(line: string, unit: TomcatTime): LoggedTransaction | null {
  const fields = LINE.exec(line)?.groups;
  if (fields === undefined) return null;
  const status = statusOf(fields.status);
  if (status === null) return null;
  const [, trace = null, parent = null] = fields.trace?.split('-') ?? [];
  return transactionOf({
    status,
    target: fields.target ?? null,
    seconds: fields.taken === undefined ? null : Number(fields.taken) / PER_SECOND[unit],
    bytes: fields.bytes === '-' ? 0 : Number(fields.bytes),
    endUnixMs: logTime(fields.time ?? ''),
    method: fields.method ?? null,
    trace,
    span: null,
    parent,
    peer: null,
    peerSeconds: null,
    peerStatus: null,
  });
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `23/Nov/2026:09:00:00 +0900`. */
export function logTime(text: string): number | null {
  const parts = /^(\d\d)\/(\w{3})\/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)$/.exec(text);
  if (parts === null) return null;
  const [day, name, year, hour, minute, second, sign, hours, minutes] = parts.slice(1);
  const month = months.indexOf(name ?? '');
  if (month < 0) return null;
  const offsetMinutes = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1);
  return (
    Date.UTC(Number(year), month, Number(day), Number(hour), Number(minute), Number(second)) - offsetMinutes * 60_000
  );
}
