/** What one line of an access log says of a request; `null` where its format has no such field. */
export interface LoggedRequest {
  readonly status: number;
  /** Path without its query. */
  readonly path: string | null;
  readonly durationSeconds: number | null;
  readonly responseBytes: number | null;
}

type ReadLine = (line: string) => LoggedRequest | null;

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

function requestFrom(values: ReadonlyMap<string, string>): LoggedRequest | null {
  const status = numberIn(values, 'status');
  if (status === null || status < 100 || status > 599) return null;
  const target = values.get('request_uri') ?? values.get('uri') ?? values.get('request')?.split(' ')[1];
  return {
    status,
    path: target?.startsWith('/') === true ? (target.split('?', 1)[0] ?? null) : null,
    durationSeconds: numberIn(values, 'request_time'),
    responseBytes: numberIn(values, 'bytes_sent') ?? numberIn(values, 'body_bytes_sent'),
  };
}

function numberIn(values: ReadonlyMap<string, string>, name: string): number | null {
  const text = values.get(name);
  const value = text === undefined || text === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) && value >= 0 ? value : null;
}
