import { eigenSymmetric, gram } from '../matrix.ts';
import { checkedRowCount } from './fit-rows.ts';

/** Orthonormal directions that explain most of the rows they were fitted on; the first explains most. */
export interface Components {
  readonly width: number;
  readonly kept: readonly Float64Array[];
}

const EXPLAINED = 0.9;

/**
 * Principal directions through the origin that explain 90 % of the squares of the first `fitRows` rows, at least one column
 * left out. `rows` is row-major and scaled: means near 0.
 */
export function fitComponents(rows: Float64Array, width: number, fitRows: number): Components {
  checkedRowCount({ values: rows, width }, fitRows);
  const { values, vectors } = eigenSymmetric(gram(rows, width, 0, fitRows), width);
  const whole = values.reduce((sum, value) => sum + Math.max(0, value), 0);
  const kept: Float64Array[] = [];
  for (let explained = 0; kept.length < width - 1 && explained < EXPLAINED * whole; ) {
    explained += Math.max(0, values[kept.length]!);
    kept.push(vectors[kept.length]!);
  }
  return { width, kept };
}

/**
 * Distance of a row from the principal subspace, rms over its numbers.
 *
 * @see Jackson and Mudholkar 1979, "Control Procedures for Residuals Associated with Principal Component Analysis"
 */
export function componentDistance({ width, kept }: Components, row: Float64Array): number {
  let rest = dot(row, row);
  for (const vector of kept) rest -= dot(row, vector) ** 2;
  return Math.sqrt(Math.max(0, rest) / width);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
