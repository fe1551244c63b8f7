import { gram, identity, solveSymmetric } from '../../matrix.ts';
import { energy } from './forecast-residual.ts';
import type { Table } from './table.ts';

const RIDGE = 0.05;

/** How badly each channel follows from the others at the same instant: rows of the precision matrix of the fit rows. */
export function crossResidual({ rows, count, width }: Table, fitRows: number): Float64Array {
  const covariance = gram(rows, width, 0, fitRows).map((value) => value / Math.max(1, fitRows));
  for (let i = 0; i < width; i++) covariance[i * width + i]! += RIDGE;
  const precision = solveSymmetric(covariance, width, identity(width), width);
  const residuals = new Float64Array(count * width);
  for (let t = 0; t < count; t++) {
    for (let i = 0; i < width; i++) {
      let sum = 0;
      for (let j = 0; j < width; j++) sum += precision[i * width + j]! * rows[t * width + j]!;
      residuals[t * width + i] = sum / precision[i * width + i]!;
    }
  }
  return energy(residuals, count, width, 0, fitRows);
}
