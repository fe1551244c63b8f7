import { upstreamAddress } from '../discover/apache-facts.ts';
import { type LoggedTransaction, numberOf, statusOf, transactionOf } from './access-line.ts';
import { logTime } from './tomcat-access-line.ts';

interface Field {
  /** `>s`, `D`, `{ms}T`, `{traceparent}i`; `time` for fields of `%t` that stand together. */
  readonly name: string;
  /** Text that follows it in the format; empty at the end of the line. */
  readonly until: string;
}

const DIRECTIVE = /%(?:![\d,]+|[\d,]+)?([<>]?)(\{[^}]*\})?(\^\w\w|[A-Za-z])/g;
const FIELD_LIMIT = 100;

/**
 * A reader for lines of Apache's `LogFormat` (common, combined, JSON or any other), or `null` for one that does not say
 * the status. Each field reaches to the next text of the format; what a client sent has its quotes escaped.
 */
export function compileApacheLog(format: string): ((line: string) => LoggedTransaction | null) | null {
  const { start, fields } = piecesOf(format);
  if (!fields.some(({ name }) => name === 's' || name === '>s') || fields.length > FIELD_LIMIT) return null;
  return (line) => {
    if (!line.startsWith(start)) return null;
    const values = new Map<string, string>();
    let at = start.length;
    for (const { name, until } of fields) {
      const end = until === '' ? line.length : endOf(line, until, at);
      if (end < 0) return null;
      values.set(name, line.slice(at, end));
      at = end + until.length;
    }
    return requestFrom(values);
  };
}

function piecesOf(format: string): { readonly start: string; readonly fields: readonly Field[] } {
  const text = format.replaceAll('%%', '\u0000');
  const found = [...text.matchAll(DIRECTIVE)];
  const literal = (from: number, to: number) =>
    text
      .slice(from, to)
      .replaceAll('\u0000', '%')
      .replace(/\\([nt])/g, (_, c) => (c === 'n' ? '\n' : '\t'));
  const fields: { name: string; until: string }[] = [];
  found.forEach((match, i) => {
    const [whole, chosen = '', argument = '', letter = ''] = match;
    const until = literal(match.index + whole.length, found[i + 1]?.index ?? text.length);
    const isTime = letter === 't';
    const before = fields.at(-1);
    // `%{sec}t.%{msec_frac}t` is one time, and `%U%q` one target: nothing tells where the first ends.
    const joins = before?.until === '' || (isTime && before?.name === 'time' && /^[.,:TZ ]$/.test(before.until));
    if (before !== undefined && joins) before.until = until;
    else fields.push({ name: nameOf(chosen, argument, letter), until });
  });
  return { start: literal(0, found[0]?.index ?? text.length), fields };
}

function nameOf(chosen: string, argument: string, letter: string): string {
  if (letter === 't') return argument.startsWith('{end:') ? 'end' : 'time';
  return letter === 's' ? `${chosen === '>' ? '>' : ''}s` : `${argument.toLowerCase()}${letter}`;
}

/** Apache writes a client's `"` as `\"`, so that only a bare quote ends a quoted field. */
function endOf(line: string, until: string, from: number): number {
  let at = line.indexOf(until, from);
  if (!until.startsWith('"')) return at;
  while (at >= 0 && isEscaped(line, at)) at = line.indexOf(until, at + 1);
  return at;
}

function isEscaped(line: string, at: number): boolean {
  let slashes = 0;
  while (line[at - 1 - slashes] === '\\') slashes++;
  return slashes % 2 === 1;
}

const NUMBER = /^\d+$/;

function requestFrom(values: ReadonlyMap<string, string>): LoggedTransaction | null {
  const said = (name: string): string | null => values.get(name) ?? null;
  const status = statusOf(said('>s') ?? said('s'));
  if (status === null) return null;
  const [method = null, target = null] = said('r')?.split(' ') ?? [];
  const seconds = secondsOf(said);
  const begunMs = unixMsOf(said('time'));
  const bytes = said('O') ?? said('B') ?? said('b');
  const [, trace, parent] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-/.exec(said('{traceparent}i') ?? '') ?? [];
  return transactionOf({
    status,
    target: said('U') ?? target,
    seconds,
    bytes: bytes === '-' ? 0 : numberOf(bytes),
    // The time of the log is that at which the request came.
    endUnixMs: unixMsOf(said('end')) ?? (begunMs === null ? null : begunMs + (seconds ?? 0) * 1_000),
    method: said('m') ?? method,
    trace: trace ?? null,
    span: null,
    parent: parent ?? null,
    peer: upstreamAddress(said('{balancer_worker_name}e') ?? ''),
    peerSeconds: null,
    peerStatus: null,
  });
}

const TIMES = [
  ['D', 1e6],
  ['{us}T', 1e6],
  ['{ms}T', 1e3],
  ['{s}T', 1],
  ['T', 1],
] as const;

function secondsOf(said: (name: string) => string | null): number | null {
  for (const [name, perSecond] of TIMES) {
    const text = said(name);
    if (text !== null && NUMBER.test(text)) return Number(text) / perSecond;
  }
  return null;
}

const FIRST_UNIX_MS = Date.UTC(2001, 0);
const LAST_UNIX_MS = Date.UTC(2100, 0);

/** `[23/Nov/2026:09:00:00 +0900]`, ISO 8601 from strftime, or seconds, ms or µs since 1970. */
function unixMsOf(text: string | null): number | null {
  if (text === null || text.length > 64) return null;
  const unixMs = /^\d+(?:\.\d+)?$/.test(text)
    ? Number(text) * (text.length >= 16 && !text.includes('.') ? 1e-3 : text.length === 13 ? 1 : 1e3)
    : (logTime(text.replace(/^\[|\]$/g, '')) ?? Date.parse(text));
  return unixMs >= FIRST_UNIX_MS && unixMs <= LAST_UNIX_MS ? unixMs : null;
}
