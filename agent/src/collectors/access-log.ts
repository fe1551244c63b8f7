import { type LoggedTransaction, lastPart, numberOf, statusOf, transactionOf } from './access-line.ts';
import { logTime } from './tomcat-access-line.ts';

/** What one line of an access log says of a request; `null` where its format has no such field. */
export interface LoggedRequest {
  readonly status: number;
  /** Path without its query. */
  readonly path: string | null;
  readonly durationSeconds: number | null;
  readonly responseBytes: number | null;
}

type ReadLine = (line: string) => LoggedTransaction | null;

interface Field {
  /** Variable without `$`. */
  readonly name: string;
  /** Text that follows it in the format; empty at the end of the line. */
  readonly until: string;
}

/**
 * A reader for lines of an nginx `log_format` (combined, JSON or any other), or `null` for a format that does not say the
 * status. Each variable reaches to the next text of the format: nginx escapes quotes inside values.
 */
export function compileAccessLog(format: string): ReadLine | null {
  const pieces = format.split(/\$\{?(\w+)\}?/);
  const start = pieces[0] ?? '';
  const fields: Field[] = [];
  for (let i = 1; i < pieces.length; i += 2) fields.push({ name: pieces[i]!, until: pieces[i + 1] ?? '' });
  if (!fields.some((field) => field.name === 'status')) return null;
  return (line) => {
    if (!line.startsWith(start)) return null;
    const values = new Map<string, string>();
    let at = start.length;
    for (const { name, until } of fields) {
      const end = until === '' ? line.length : line.indexOf(until, at);
      if (end < 0) return null;
      values.set(name, line.slice(at, end));
      at = end + until.length;
    }
    return requestFrom(values);
  };
}

function requestFrom(values: ReadonlyMap<string, string>): LoggedTransaction | null {
  const status = statusOf(values.get('status'));
  if (status === null) return null;
  const said = (name: string): string | null => values.get(name) ?? null;
  const [method = null, target = null] = said('request')?.split(' ') ?? [];
  const trace = /^00-([0-9a-f]{32})-([0-9a-f]{16})-/.exec(said('http_traceparent') ?? '');
  return transactionOf({
    status,
    target: said('request_uri') ?? said('uri') ?? target,
    seconds: numberOf(values.get('request_time')),
    bytes: numberOf(values.get('bytes_sent')) ?? numberOf(values.get('body_bytes_sent')),
    endUnixMs: endOf(said),
    method: said('request_method') ?? method,
    // Where nginx has a span of its own (ngx_otel_module), whom it asks says that one as its caller.
    trace: said('otel_trace_id') ?? trace?.[1] ?? null,
    span: said('otel_span_id'),
    parent: said('otel_trace_id') === null ? (trace?.[2] ?? null) : said('otel_parent_id'),
    peer: said('upstream_addr'),
    peerSeconds: numberOf(lastPart(said('upstream_response_time') ?? '')),
    peerStatus: statusOf(lastPart(said('upstream_status') ?? '')),
  });
}

function endOf(said: (name: string) => string | null): number | null {
  const seconds = numberOf(said('msec'));
  if (seconds !== null) return seconds * 1_000;
  const unixMs = Date.parse(said('time_iso8601') ?? '');
  return Number.isNaN(unixMs) ? logTime(said('time_local') ?? '') : unixMs;
}
