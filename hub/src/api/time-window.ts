import { ApiError } from './api-error.ts';

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
/** Longest window one question may span. */
const MAX_WINDOW_MS = 400 * 86_400_000;

/** A time expression that the schema has admitted, as Unix ms. */
export function timeOf(expression: string, nowUnixMs: number): number {
  if (expression === 'now') return nowUnixMs;
  if (expression.startsWith('-')) {
    return nowUnixMs - Number(expression.slice(1, -1)) * (UNIT_MS[expression.slice(-1)] ?? 0);
  }
  return Date.parse(expression);
}

export function windowOf(
  range: { readonly from: string; readonly to: string },
  nowUnixMs: number,
): { fromUnixMs: number; toUnixMs: number } {
  const fromUnixMs = timeOf(range.from, nowUnixMs);
  const toUnixMs = timeOf(range.to, nowUnixMs);
  if (!(fromUnixMs < toUnixMs)) throw new ApiError(400, 'BAD_REQUEST', 'from must lie before to');
  if (toUnixMs - fromUnixMs > MAX_WINDOW_MS)
    throw new ApiError(400, 'BAD_REQUEST', 'the window is longer than 400 days');
  return { fromUnixMs, toUnixMs };
}
