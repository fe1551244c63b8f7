/** The values with gaps bridged by straight lines, and held at both ends. */
export function bridged(values: ArrayLike<number>): Float64Array {
  const filled = Float64Array.from(values);
  let before = -1;
  for (let i = 0; i <= filled.length; i++) {
    if (i < filled.length && !Number.isFinite(filled[i]!)) continue;
    for (let gap = before + 1; gap < i; gap++) {
      if (before < 0) filled[gap] = filled[i]!;
      else if (i === filled.length) filled[gap] = filled[before]!;
      else filled[gap] = filled[before]! + ((filled[i]! - filled[before]!) * (gap - before)) / (i - before);
    }
    before = i;
  }
  return filled;
}
