/**
 * Agents send 10 s summaries, and every second only while a host is watched; some collectors are slower still. So a step without a
 * value is not yet a gap: what counts is how often this series speaks.
 */

/** Two and a half 10 s summaries: one may be late, two missing are a gap. */
const SHORTEST_GAP_MS = 25_000;
const MISSED_SAMPLES = 2.5;

/** Distance between two values beyond which nothing is known between them. */
export function gapLimitMs(times: readonly number[], isKnown: (index: number) => boolean): number {
  const spacings: number[] = [];
  let last: number | null = null;
  for (const [index, timeMs] of times.entries()) {
    if (!isKnown(index)) continue;
    if (last !== null) spacings.push(timeMs - last);
    last = timeMs;
  }
  // The lower quartile: gaps make a few spacings long and must not hide themselves.
  const usual = spacings.toSorted((a, b) => a - b)[Math.floor(spacings.length / 4)] ?? 0;
  return Math.max(SHORTEST_GAP_MS, MISSED_SAMPLES * usual);
}

type Values = readonly (number | null)[];

/** For drawing: `undefined` between two samples of the usual distance (the line goes on), `null` in a gap (it breaks). */
export function betweenSamples(times: readonly number[], values: Values): (number | null | undefined)[] {
  const limitMs = gapLimitMs(times, (index) => values[index] !== null);
  const drawn: (number | null | undefined)[] = [...values];
  let last = -1;
  for (const [index, value] of values.entries()) {
    if (value === null) continue;
    const isNear = last !== -1 && times[index]! - times[last]! <= limitMs;
    if (isNear) drawn.fill(undefined, last + 1, index);
    last = index;
  }
  return drawn;
}

/** The newest value, or `null` when it is too old at `untilMs` to say how things are. */
export function currentValue(times: readonly number[], values: Values, stepMs: number, untilMs: number): number | null {
  const at = values.findLastIndex((value) => value !== null);
  if (at === -1) return null;
  const limitMs = gapLimitMs(times, (index) => values[index] !== null) + 2 * stepMs;
  return untilMs - times[at]! > limitMs ? null : (values[at] ?? null);
}

/** Known values without a neighbour to draw a line to. */
export function isolatedIndexes(drawn: readonly (number | null | undefined)[]): number[] {
  const nextKnown = (from: number, step: 1 | -1): boolean => {
    let index = from + step;
    while (index >= 0 && index < drawn.length && drawn[index] === undefined) index += step;
    return typeof drawn[index] === 'number';
  };
  return [...drawn.keys()].filter(
    (index) => typeof drawn[index] === 'number' && !nextKnown(index, 1) && !nextKnown(index, -1),
  );
}
