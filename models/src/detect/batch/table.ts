/** Rows of several channels at a fixed step, scaled by what the first rows show. */
export interface Table {
  /** Row-major, `width` a row. */
  readonly rows: Float64Array;
  readonly count: number;
  readonly width: number;
}

/** Beyond this many deviations a value grows with its logarithm only: one wild channel must not drown the others. */
const LINEAR_UP_TO = 10;

/**
 * z-scores per channel with mean and deviation of the first `fitRows`. A gap (NaN) repeats the value before it. A channel
 * that was constant has a tenth of its level as deviation, or 1 at level 0. Row t depends on the fit rows and rows <= t.
 */
export function scaledTable(channels: readonly Float64Array[], fitRows: number): Table {
  const width = channels.length;
  const count = channels[0]?.length ?? 0;
  const rows = new Float64Array(count * width);
  channels.forEach((raw, c) => {
    const channel = withoutGaps(raw);
    const { mean, deviation } = moments(channel, fitRows);
    for (let t = 0; t < count; t++) rows[t * width + c] = compressed((channel[t]! - mean) / deviation);
  });
  return { rows, count, width };
}

/** Larger values are cut: their squares must stay finite. */
const LARGEST = 1e100;

/** Gaps (anything not finite) filled by the last known value; those at the beginning by 0. */
export function withoutGaps(values: Float64Array): Float64Array {
  const filled = values.slice();
  let last = 0;
  for (let t = 0; t < filled.length; t++) {
    if (Number.isFinite(filled[t]!)) last = Math.min(LARGEST, Math.max(-LARGEST, filled[t]!));
    filled[t] = last;
  }
  return filled;
}

function moments(channel: Float64Array, fitRows: number): { mean: number; deviation: number } {
  const fit = channel.subarray(0, Math.max(1, fitRows));
  const mean = fit.reduce((sum, value) => sum + value, 0) / fit.length;
  const variance = fit.reduce((sum, value) => sum + (value - mean) ** 2, 0) / fit.length;
  const deviation = Math.sqrt(variance);
  const level = Math.abs(mean);
  if (deviation > 1e-6 * Math.max(level, 1e-9)) return { mean, deviation };
  return { mean, deviation: level > 0 ? 0.1 * level : 1 };
}

function compressed(z: number): number {
  const size = Math.abs(z);
  return size <= LINEAR_UP_TO ? z : Math.sign(z) * LINEAR_UP_TO * (1 + Math.log(size / LINEAR_UP_TO));
}
