/**
 * The time a page shows. A relative range stays relative in a link ("the last 30 minutes" tomorrow means tomorrow's);
 * an absolute one is written with the zone's offset so that a reader sees which clock it was.
 */
export type TimeRange =
  | { readonly kind: 'relative'; readonly lastMs: number }
  | { readonly kind: 'absolute'; readonly fromMs: number; readonly toMs: number };

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const defaultRange: TimeRange = { kind: 'relative', lastMs: 30 * MINUTE };

/** Lengths offered by the picker, in milliseconds: 5 minutes to 30 days. */
export const presetLengthsMs: readonly number[] = [
  5 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
  7 * DAY,
  30 * DAY,
];

/** Nothing longer is asked for: the hub keeps raw telemetry for less. */
export const MAX_RANGE_MS = 366 * DAY;

/** Korea has had no daylight saving since 1988, so its offset is a constant. */
export const SEOUL_OFFSET_MS = 9 * HOUR;

export const isLive = (range: TimeRange): boolean => range.kind === 'relative';

/** The instants a range covers now, unix milliseconds. */
export function resolveRange(range: TimeRange, nowMs: number): { fromMs: number; toMs: number } {
  return range.kind === 'relative' ? { fromMs: nowMs - range.lastMs, toMs: nowMs } : range;
}

/** The range made absolute: what "copy fixed link" writes. */
export function fixRange(range: TimeRange, nowMs: number): TimeRange {
  const { fromMs, toMs } = resolveRange(range, nowMs);
  return { kind: 'absolute', fromMs: Math.round(fromMs), toMs: Math.round(toMs) };
}

/** `{ from, to }` as the URL and the API write them: `-30m`/`now`, or RFC 3339 with +09:00. */
export function printRange(range: TimeRange): { from: string; to: string } {
  if (range.kind === 'relative') return { from: `-${printLength(range.lastMs)}`, to: 'now' };
  return { from: printInstant(range.fromMs), to: printInstant(range.toMs) };
}

/** Reads what `printRange` wrote; `null` for anything else, an empty range, or one beyond `MAX_RANGE_MS`. */
export function parseRange(from: string, to: string): TimeRange | null {
  if (to === 'now') {
    const lastMs = from.startsWith('-') ? parseLength(from.slice(1)) : null;
    return lastMs === null ? null : { kind: 'relative', lastMs };
  }
  return absolute(parseInstant(from), parseInstant(to));
}

/** RFC 3339 with milliseconds only when there are any, in Asia/Seoul. */
export function printInstant(unixMs: number): string {
  const text = new Date(unixMs + SEOUL_OFFSET_MS).toISOString().slice(0, -1);
  return `${text.endsWith('.000') ? text.slice(0, -4) : text}+09:00`;
}

const instantPattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/;

function parseInstant(text: string): number | null {
  if (!instantPattern.test(text)) return null;
  const unixMs = Date.parse(text);
  return Number.isFinite(unixMs) ? unixMs : null;
}

const units: readonly (readonly [string, number])[] = [
  ['d', DAY],
  ['h', HOUR],
  ['m', MINUTE],
  ['s', 1000],
];

/** `90000` → `90s`, `1800000` → `30m`: the largest unit that divides it. */
export function printLength(lengthMs: number): string {
  const [unit, size] = units.find(([, ms]) => lengthMs % ms === 0) ?? ['s', 1000];
  return `${Math.round(lengthMs / size)}${unit}`;
}

export function parseLength(text: string): number | null {
  const match = /^(\d{1,6})(s|m|h|d)$/.exec(text);
  const size = units.find(([unit]) => unit === match?.[2])?.[1];
  const lengthMs = Number(match?.[1]) * (size ?? Number.NaN);
  return lengthMs > 0 && lengthMs <= MAX_RANGE_MS ? lengthMs : null;
}

function absolute(fromMs: number | null, toMs: number | null): TimeRange | null {
  if (fromMs === null || toMs === null || toMs <= fromMs || toMs - fromMs > MAX_RANGE_MS) return null;
  return { kind: 'absolute', fromMs, toMs };
}
