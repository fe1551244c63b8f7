import { eigenSymmetric, gram } from '../../matrix.ts';
import type { Table } from './table.ts';

const EXPLAINED = 0.9;

/**
 * Distance of each row from the principal subspace that explains 90 % of the fit rows.
 *
 * @see Jackson and Mudholkar 1979, "Control Procedures for Residuals Associated with Principal Component Analysis"
 */
export function componentResidual({ rows, count, width }: Table, fitRows: number): Float64Array {
  const { values, vectors } = eigenSymmetric(gram(rows, width, 0, fitRows), width);
  const whole = values.reduce((sum, value) => sum + Math.max(0, value), 0);
  const kept: Float64Array[] = [];
  for (let explained = 0; kept.length < width - 1 && explained < EXPLAINED * whole; ) {
    explained += Math.max(0, values[kept.length]!);
    kept.push(vectors[kept.length]!);
  }
  const result = new Float64Array(count);
  for (let t = 0; t < count; t++) {
    const row = rows.subarray(t * width, (t + 1) * width);
    let rest = dot(row, row);
    for (const vector of kept) rest -= dot(row, vector) ** 2;
    result[t] = Math.sqrt(Math.max(0, rest) / width);
  }
  return result;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
