import { gram, solveSymmetric } from './matrix.ts';
import type { Table } from './table.ts';

const LAGS = 3;
/** Relative to the number of fit rows: the prior of no relation weighs as much as one row in a hundred. */
const RIDGE = 0.01;

/**
 * How badly each row is foretold from the three before it: one ridge regression of all channels on all channels. The rms over
 * channels of residual / residual usual in the fit rows.
 *
 * @see Hoerl and Kennard 1970, "Ridge Regression"
 */
export function forecastResidual(table: Table, fitRows: number): Float64Array {
  const { rows, count, width } = table;
  const inputs = LAGS * width + 1;
  const joined = inputs + width;
  const design = designRows(table, Math.min(fitRows, count));
  const moments = gram(design, joined, 0, design.length / joined);
  const a = new Float64Array(inputs * inputs);
  const b = new Float64Array(inputs * width);
  for (let i = 0; i < inputs; i++) {
    for (let j = 0; j < inputs; j++) a[i * inputs + j] = moments[i * joined + j]!;
    for (let c = 0; c < width; c++) b[i * width + c] = moments[i * joined + inputs + c]!;
    a[i * inputs + i]! += RIDGE * Math.max(1, fitRows);
  }
  const weights = solveSymmetric(a, inputs, b, width);
  const residuals = new Float64Array(count * width);
  for (let t = LAGS; t < count; t++) {
    const at = t * width;
    for (let c = 0; c < width; c++) residuals[at + c] = rows[at + c]! - weights[(inputs - 1) * width + c]!;
    for (let i = 0; i < LAGS * width; i++) {
      const value = rows[(t - 1 - Math.floor(i / width)) * width + (i % width)]!;
      if (value === 0) continue;
      for (let c = 0; c < width; c++) residuals[at + c]! -= weights[i * width + c]! * value;
    }
  }
  return energy(residuals, count, width, LAGS, fitRows);
}

/** Lagged inputs, a constant, and the targets, row by row. */
function designRows({ rows, width }: Table, fitRows: number): Float64Array {
  const inputs = LAGS * width + 1;
  const joined = inputs + width;
  const design = new Float64Array(Math.max(0, fitRows - LAGS) * joined);
  for (let t = LAGS; t < fitRows; t++) {
    const at = (t - LAGS) * joined;
    for (let lag = 1; lag <= LAGS; lag++) {
      design.set(rows.subarray((t - lag) * width, (t - lag + 1) * width), at + (lag - 1) * width);
    }
    design[at + inputs - 1] = 1;
    design.set(rows.subarray(t * width, (t + 1) * width), at + inputs);
  }
  return design;
}

/** rms over channels of residual / its rms in the fit rows (at least 0.01: a perfectly foretold channel is no amplifier). */
export function energy(
  residuals: Float64Array,
  count: number,
  width: number,
  firstRow: number,
  fitRows: number,
): Float64Array {
  const usual = new Float64Array(width);
  for (let t = firstRow; t < fitRows; t++) for (let c = 0; c < width; c++) usual[c]! += residuals[t * width + c]! ** 2;
  for (let c = 0; c < width; c++) usual[c] = Math.max(0.01, Math.sqrt(usual[c]! / Math.max(1, fitRows - firstRow)));
  const result = new Float64Array(count);
  for (let t = firstRow; t < count; t++) {
    let sum = 0;
    for (let c = 0; c < width; c++) sum += Math.min(900, (residuals[t * width + c]! / usual[c]!) ** 2);
    result[t] = Math.sqrt(sum / width);
  }
  return result;
}
