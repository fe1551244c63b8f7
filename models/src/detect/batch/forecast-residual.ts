import { gram, solveSymmetric } from '../../matrix.ts';
import type { Table } from './table.ts';

const LAGS = 3;
/** Rows after which the averages among the inputs have halved: the level a channel comes from. */
const LEVEL_HALF_LIVES = [8, 50] as const;
/** Relative to the number of fit rows: the prior of no relation weighs as much as one row in a hundred. */
const RIDGE = 0.01;

/**
 * How badly each row is foretold from the three before it and from the levels before it: one ridge regression of all channels
 * on all channels. The rms over channels of residual / residual usual in the fit rows.
 *
 * @see Hoerl and Kennard 1970, "Ridge Regression"
 */
export function forecastResidual(table: Table, fitRows: number): Float64Array {
  return energy(residualsOf(table, fitRows), table.count, table.width, LAGS, fitRows);
}

/** How far each channel was from its forecast on average over some rows, in residuals usual in the fit rows; signed. */
export function channelDeviations(table: Table, fitRows: number, fromRow: number, toRow: number): Float64Array {
  const { width } = table;
  const residuals = residualsOf(table, fitRows);
  const usual = usualResiduals(residuals, width, LAGS, fitRows);
  const deviations = new Float64Array(width);
  for (let t = fromRow; t < toRow; t++) {
    for (let c = 0; c < width; c++) deviations[c]! += residuals[t * width + c]! / usual[c]! / (toRow - fromRow);
  }
  return deviations;
}

function residualsOf(table: Table, fitRows: number): Float64Array {
  const { rows, count, width } = table;
  const inputs = (LAGS + LEVEL_HALF_LIVES.length) * width + 1;
  const known = inputRows(table, inputs);
  const weights = fitted(table, known, inputs, Math.min(fitRows, count));
  const residuals = new Float64Array(count * width);
  for (let t = LAGS; t < count; t++) {
    const at = t * width;
    for (let c = 0; c < width; c++) residuals[at + c] = rows[at + c]!;
    for (let i = 0; i < inputs; i++) {
      const value = known[t * inputs + i]!;
      if (value === 0) continue;
      for (let c = 0; c < width; c++) residuals[at + c]! -= weights[i * width + c]! * value;
    }
  }
  return residuals;
}

/** What is known before each row: the last rows, the levels, and a constant. */
function inputRows({ rows, count, width }: Table, inputs: number): Float64Array {
  const known = new Float64Array(count * inputs);
  const levels = LEVEL_HALF_LIVES.map(() => rows.slice(0, width));
  for (let t = 1; t < count; t++) {
    const at = t * inputs;
    for (let lag = 1; lag <= Math.min(LAGS, t); lag++) {
      known.set(rows.subarray((t - lag) * width, (t - lag + 1) * width), at + (lag - 1) * width);
    }
    levels.forEach((level, i) => {
      const weight = 1 - 0.5 ** (1 / LEVEL_HALF_LIVES[i]!);
      for (let c = 0; c < width; c++) level[c]! += weight * (rows[(t - 1) * width + c]! - level[c]!);
      known.set(level, at + (LAGS + i) * width);
    });
    known[at + inputs - 1] = 1;
  }
  return known;
}

/** Weights of the inputs, one row of channels an input. */
function fitted({ rows, width }: Table, known: Float64Array, inputs: number, fitRows: number): Float64Array {
  const joined = inputs + width;
  const design = new Float64Array(Math.max(0, fitRows - LAGS) * joined);
  for (let t = LAGS; t < fitRows; t++) {
    const at = (t - LAGS) * joined;
    design.set(known.subarray(t * inputs, (t + 1) * inputs), at);
    design.set(rows.subarray(t * width, (t + 1) * width), at + inputs);
  }
  const moments = gram(design, joined, 0, design.length / joined);
  const a = new Float64Array(inputs * inputs);
  const b = new Float64Array(inputs * width);
  for (let i = 0; i < inputs; i++) {
    for (let j = 0; j < inputs; j++) a[i * inputs + j] = moments[i * joined + j]!;
    for (let c = 0; c < width; c++) b[i * width + c] = moments[i * joined + inputs + c]!;
    a[i * inputs + i]! += RIDGE * Math.max(1, fitRows);
  }
  return solveSymmetric(a, inputs, b, width);
}

/** rms over channels of residual / its rms in the fit rows (at least 0.01: a perfectly foretold channel is no amplifier). */
export function energy(
  residuals: Float64Array,
  count: number,
  width: number,
  firstRow: number,
  fitRows: number,
): Float64Array {
  const usual = usualResiduals(residuals, width, firstRow, fitRows);
  const result = new Float64Array(count);
  for (let t = firstRow; t < count; t++) {
    let sum = 0;
    for (let c = 0; c < width; c++) sum += Math.min(900, (residuals[t * width + c]! / usual[c]!) ** 2);
    result[t] = Math.sqrt(sum / width);
  }
  return result;
}

function usualResiduals(residuals: Float64Array, width: number, firstRow: number, fitRows: number): Float64Array {
  const usual = new Float64Array(width);
  for (let t = firstRow; t < fitRows; t++) for (let c = 0; c < width; c++) usual[c]! += residuals[t * width + c]! ** 2;
  for (let c = 0; c < width; c++) usual[c] = Math.max(0.01, Math.sqrt(usual[c]! / Math.max(1, fitRows - firstRow)));
  return usual;
}
