/** Tops of the elapsed-time scale that `+` and `-` step through, ms. */
export const topsMs: readonly number[] = [
  50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 30_000, 60_000, 120_000, 300_000,
];
const LOWEST_AUTOMATIC_MS = 1000;
/** So many of the dots have to fit when nobody chose a scale. */
const SHARE_BELOW_TOP = 0.995;

/** `by` 1 shows less and finer (`+`), -1 more (`-`). */
export function stepTop(topMs: number, by: 1 | -1): number {
  return by === 1
    ? (topsMs.findLast((top) => top < topMs) ?? topsMs[0] ?? topMs)
    : (topsMs.find((top) => top > topMs) ?? topsMs.at(-1) ?? topMs);
}

/** The lowest scale, but not below 1 s, that nearly every dot fits below. The rest is marked at the top. */
export function automaticTop(lengthOf: (aboveMs: number) => number, total: number): number {
  const allowed = total * (1 - SHARE_BELOW_TOP);
  return topsMs.find((top) => top >= LOWEST_AUTOMATIC_MS && lengthOf(top) <= allowed) ?? topsMs.at(-1) ?? 0;
}

/** Round values from 0 to the top, in 3 to 5 steps. */
export function elapsedTicks(topMs: number): readonly number[] {
  const leading = Number(String(topMs)[0]);
  const count = leading === 5 || leading === 1 ? 5 : leading === 2 ? 4 : 3;
  return Array.from({ length: count + 1 }, (_, step) => (topMs / count) * step);
}

/** What a plot shows, and where on it: CSS pixels, top left is 0, 0. */
export interface Plot {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly topMs: number;
}

export const xOf = (plot: Plot, timeMs: number): number =>
  plot.left + ((timeMs - plot.fromMs) / (plot.toMs - plot.fromMs)) * plot.width;
export const yOf = (plot: Plot, elapsedMs: number): number => plot.top + (1 - elapsedMs / plot.topMs) * plot.height;
export const timeAt = (plot: Plot, x: number): number =>
  plot.fromMs + ((x - plot.left) / plot.width) * (plot.toMs - plot.fromMs);
export const elapsedAt = (plot: Plot, y: number): number => (1 - (y - plot.top) / plot.height) * plot.topMs;
