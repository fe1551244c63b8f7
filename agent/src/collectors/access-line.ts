import { isIPv4, isIPv6 } from 'node:net';
import type { LoggedRequest } from './access-log.ts';

/** A request as an access log tells it, with what the X-View and the service map need; null where the log is silent. */
export interface LoggedTransaction extends LoggedRequest {
  /** When it ended, Unix ms. */
  readonly endUnixMs: number | null;
  readonly method: string | null;
  /** W3C trace context in hex; empty for none. */
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  /** `ip:port` of what it asked last. */
  readonly peer: string | null;
  readonly peerSeconds: number | null;
  /** What the peer answered, where the log tells it apart from the answer to the client. */
  readonly peerStatus: number | null;
}

/**
 * A reader for logs with one JSON object a line: `t` (Unix seconds or RFC 3339), `ms` or `sec`, `status`, `method`,
 * `path`, `trace`, `span`, `parent`, `peer`, `peerMs` or `peerSec`, `peerStatus`, `bytes`. Numbers may stand in quotes; `-` is none.
 */
export function readJsonLine(line: string): LoggedTransaction | null {
  let fields: unknown;
  try {
    fields = JSON.parse(line);
  } catch {
    return null;
  }
  if (typeof fields !== 'object' || fields === null) return null;
  const of = fields as Readonly<Record<string, unknown>>;
  const status = statusOf(of.status);
  if (status === null) return null;
  return transactionOf({
    status,
    target: textOf(of.path),
    seconds: secondsOf(of.sec, of.ms),
    bytes: numberOf(of.bytes),
    endUnixMs: timeOf(of.t),
    method: textOf(of.method),
    trace: textOf(of.trace),
    span: textOf(of.span),
    parent: textOf(of.parent),
    peer: textOf(of.peer),
    peerSeconds: secondsOf(lastOf(of.peerSec), lastOf(of.peerMs)),
    peerStatus: statusOf(lastOf(of.peerStatus)),
  });
}

export interface RawTransaction {
  readonly status: number;
  /** Path, perhaps with a query. */
  readonly target: string | null;
  readonly seconds: number | null;
  readonly bytes: number | null;
  readonly endUnixMs: number | null;
  readonly method: string | null;
  readonly trace: string | null;
  readonly span: string | null;
  readonly parent: string | null;
  readonly peer: string | null;
  readonly peerSeconds: number | null;
  readonly peerStatus: number | null;
}

/** Others are free text of whoever asks. */
const METHOD = /^(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|TRACE|CONNECT)$/;

/** Takes over only what has the shape it should have: log text is hostile. */
export function transactionOf(raw: RawTransaction): LoggedTransaction {
  const trace = hexOf(raw.trace, 32);
  return {
    status: raw.status,
    path: raw.target?.startsWith('/') === true ? (raw.target.split('?', 1)[0] ?? null) : null,
    durationSeconds: withinADay(raw.seconds),
    responseBytes: raw.bytes,
    endUnixMs: raw.endUnixMs,
    method: METHOD.exec(raw.method ?? '')?.[0] ?? null,
    traceId: trace,
    spanId: trace === '' ? '' : hexOf(raw.span, 16),
    parentSpanId: trace === '' ? '' : hexOf(raw.parent, 16),
    peer: peerOf(raw.peer),
    peerSeconds: withinADay(raw.peerSeconds),
    peerStatus: raw.peerStatus,
  };
}

/** What took longer is no time: one absurd number must not make a whole batch unsendable. */
const LONGEST_SECONDS = 86_400;
const withinADay = (seconds: number | null): number | null =>
  seconds !== null && seconds <= LONGEST_SECONDS ? seconds : null;

/** The last of a list as nginx writes it for several tries: `a:1, b:2`, `a:1 : b:2`. */
export const lastPart = (text: string): string =>
  text
    .split(/, | : /)
    .at(-1)
    ?.trim() ?? '';

function peerOf(text: string | null): string | null {
  const peer = lastPart(text ?? '');
  const [, v4, v6, port] = /^(?:([\d.]{7,15})|\[([0-9a-f:.]{2,45})\]):(\d{1,5})$/i.exec(peer) ?? [];
  const isPort = Number(port) >= 1 && Number(port) <= 65_535;
  return isPort && (isIPv4(v4 ?? '') || isIPv6(v6 ?? '')) ? peer : null;
}

const hexOf = (text: string | null, digits: number): string =>
  text !== null && text.length === digits && /^[0-9a-f]+$/.test(text) && !/^0+$/.test(text) ? text : '';

const textOf = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' && value !== '-' ? value : null;
const lastOf = (value: unknown): unknown => (typeof value === 'string' ? lastPart(value) : value);

/** A status of HTTP: an integer from 100 to 599. */
export function statusOf(value: unknown): number | null {
  const status = numberOf(value);
  return status !== null && Number.isInteger(status) && status >= 100 && status <= 599 ? status : null;
}

export function numberOf(value: unknown): number | null {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) && number >= 0 ? number : null;
}

function secondsOf(seconds: unknown, ms: unknown): number | null {
  const direct = numberOf(seconds);
  if (direct !== null) return direct;
  const thousandth = numberOf(ms);
  return thousandth === null ? null : thousandth / 1_000;
}

/** Times outside of this century are no times. */
const FIRST_UNIX_MS = Date.UTC(2001, 0);
const LAST_UNIX_MS = Date.UTC(2100, 0);

function timeOf(value: unknown): number | null {
  const unixMs =
    typeof value === 'string' && value.includes('-') ? Date.parse(value) : (numberOf(value) ?? Number.NaN) * 1_000;
  return unixMs >= FIRST_UNIX_MS && unixMs <= LAST_UNIX_MS ? unixMs : null;
}
