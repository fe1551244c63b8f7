import { MAX_CLOCK_AHEAD_MS, MAX_CLOCK_BEHIND_MS } from '@airis/protocol';

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const iso = /(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?\s?(Z|[+-]\d\d:?\d\d)?/;
const common = /\[(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-]\d{4})\]/;
const syslog = /^(?:<\d+>)?([A-Z][a-z]{2}) +(\d{1,2}) (\d\d):(\d\d):(\d\d)\b/;

/**
 * When a line says it happened, as Unix ms: ISO 8601 and `2026/11/22 10:00:00`, web server logs, syslog. A time without
 * zone is the host's own. `nowMs` when it says none, or one that the hub would refuse.
 */
export function timeOfLine(text: string, nowMs: number): number {
  const head = text.slice(0, 200);
  const said = isoTime(head) ?? commonTime(head) ?? syslogTime(head, nowMs);
  const isBelievable = said !== null && said - nowMs < MAX_CLOCK_AHEAD_MS && nowMs - said < MAX_CLOCK_BEHIND_MS;
  return isBelievable ? said : nowMs;
}

function isoTime(text: string): number | null {
  const m = iso.exec(text);
  if (m === null) return null;
  const fraction = `.${(m[7] ?? '0').slice(0, 3)}`;
  return valid(Date.parse(`${m[1]}-${m[2]}-${m[3]}T${m[4]}:${m[5]}:${m[6]}${fraction}${zone(m[8] ?? '')}`));
}

function commonTime(text: string): number | null {
  const m = common.exec(text);
  if (m === null) return null;
  const month = String(months.indexOf(m[2]!) + 1).padStart(2, '0');
  return valid(Date.parse(`${m[3]}-${month}-${m[1]}T${m[4]}:${m[5]}:${m[6]}${zone(m[7]!)}`));
}

/** Syslog says no year: the latest one in which the line would not lie in the future. */
function syslogTime(text: string, nowMs: number): number | null {
  const m = syslog.exec(text);
  const month = months.indexOf(m?.[1] ?? '');
  if (m === null || month < 0) return null;
  const year = new Date(nowMs).getFullYear();
  const at = (y: number) => new Date(y, month, Number(m[2]), Number(m[3]), Number(m[4]), Number(m[5])).getTime();
  return valid(at(year) - nowMs > MAX_CLOCK_AHEAD_MS ? at(year - 1) : at(year));
}

const zone = (text: string) => (/^[+-]\d{4}$/.test(text) ? `${text.slice(0, 3)}:${text.slice(3)}` : text);
const valid = (ms: number) => (Number.isFinite(ms) ? ms : null);
