import { parseLength, parseRange, SEOUL_OFFSET_MS, type TimeRange } from './time-range.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/**
 * Reads a range as a person types it, in either language, against Asia/Seoul:
 * `14:10-14:38`, `어제 9시`, `yesterday 9:00-10:30`, `11-20 14:00~15:00`, `30m`, `최근 2시간`, `오늘`, or two RFC 3339 instants.
 *
 * A single time means the hour that starts there. A range that would end in the future on "today" is taken from yesterday.
 *
 * @returns `null` when it cannot be read with certainty; the picker then says so and keeps the old range
 */
export function parseTypedRange(text: string, nowMs: number): TimeRange | null {
  const trimmed = text.trim().toLowerCase();
  return readLength(trimmed) ?? readDayWord(trimmed, nowMs) ?? readClock(trimmed, nowMs) ?? readInstants(text.trim());
}

function readLength(text: string): TimeRange | null {
  const match = /^(?:최근|지난|last)?\s*(\d{1,4})\s*(초|분|시간|일|s|m|min|h|d)$/.exec(text);
  if (match === null) return null;
  const unit = { 초: 's', 분: 'm', 시간: 'h', 일: 'd', min: 'm' }[match[2] ?? ''] ?? match[2];
  const lastMs = parseLength(`${match[1]}${unit}`);
  return lastMs === null ? null : { kind: 'relative', lastMs };
}

function readDayWord(text: string, nowMs: number): TimeRange | null {
  const back = daysBack(text);
  if (back === null) return null;
  const fromMs = startOfDay(nowMs) - back * DAY;
  return { kind: 'absolute', fromMs, toMs: back === 0 ? nowMs : fromMs + DAY };
}

const clock = '(\\d{1,2})(?::(\\d{2})(?::(\\d{2}))?|시(?:\\s*(\\d{1,2})분)?)';
const clockPattern = new RegExp(`^(?:(.+?)\\s+)??${clock}(?:\\s*(?:-|~|–|부터|to)\\s*${clock}(?:까지)?)?$`);

function readClock(text: string, nowMs: number): TimeRange | null {
  const match = clockPattern.exec(text);
  if (match === null) return null;
  const dayMs = match[1] === undefined ? startOfDay(nowMs) : readDay(match[1], nowMs);
  const start = readTime(match.slice(2, 6));
  if (dayMs === null || start === null) return null;
  const end = match[6] === undefined ? start + HOUR : readTime(match.slice(6, 10));
  if (end === null || end === start) return null;
  const lengthMs = end > start ? end - start : end + DAY - start;
  const isAhead = dayMs + start > nowMs && match[1] === undefined;
  const fromMs = dayMs + start - (isAhead ? DAY : 0);
  return { kind: 'absolute', fromMs, toMs: fromMs + lengthMs };
}

/** `[hour, minute, second, minute after 시]` to milliseconds after midnight. */
function readTime(groups: readonly (string | undefined)[]): number | null {
  const hour = Number(groups[0]);
  const minute = Number(groups[1] ?? groups[3] ?? 0);
  const second = Number(groups[2] ?? 0);
  return hour < 24 && minute < 60 && second < 60 ? ((hour * 60 + minute) * 60 + second) * 1000 : null;
}

function readDay(text: string, nowMs: number): number | null {
  const back = daysBack(text);
  if (back !== null) return startOfDay(nowMs) - back * DAY;
  const match = /^(?:(\d{4})[-./])?(\d{1,2})(?:[-./]|월\s*)(\d{1,2})일?$/.exec(text);
  if (match === null) return null;
  const year = match[1] === undefined ? new Date(nowMs + SEOUL_OFFSET_MS).getUTCFullYear() : Number(match[1]);
  const [month, day] = [Number(match[2]), Number(match[3])];
  const utc = new Date(Date.UTC(year, month - 1, day));
  if (utc.getUTCMonth() !== month - 1 || utc.getUTCDate() !== day) return null;
  const startMs = utc.getTime() - SEOUL_OFFSET_MS;
  return match[1] === undefined && startMs > nowMs ? Date.UTC(year - 1, month - 1, day) - SEOUL_OFFSET_MS : startMs;
}

function daysBack(text: string): number | null {
  if (/^(오늘|today)$/.test(text)) return 0;
  if (/^(어제|yesterday)$/.test(text)) return 1;
  if (/^(그제|그저께)$/.test(text)) return 2;
  return null;
}

function readInstants(text: string): TimeRange | null {
  const [from, to, ...rest] = text.split(/\s*(?:~|–|,|\s-\s)\s*|\s+/);
  return from !== undefined && to !== undefined && rest.length === 0 ? parseRange(from, to) : null;
}

/** Midnight in Asia/Seoul of the day that holds `unixMs`. */
export function startOfDay(unixMs: number): number {
  return Math.floor((unixMs + SEOUL_OFFSET_MS) / DAY) * DAY - SEOUL_OFFSET_MS;
}
