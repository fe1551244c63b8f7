/** Quantile of sorted values by linear interpolation; NaN for an empty array. */
export function sortedQuantile(sorted: Float64Array, q: number): number {
  if (sorted.length === 0) return Number.NaN;
  const position = q * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (position - below) * (sorted[above]! - sorted[below]!);
}

/** The `quantile` (0..1) of values, between neighbours; NaN of none. Sorts a copy. */
export const quantileOf = (values: ArrayLike<number>, quantile: number): number =>
  sortedQuantile(Float64Array.from(values).sort(), quantile);

export const medianOf = (values: ArrayLike<number>): number => quantileOf(values, 0.5);
