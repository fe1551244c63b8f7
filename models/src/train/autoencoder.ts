import { denseForward, type ParameterShapes, rowErrors } from '../graph/layers.ts';
import { mean } from '../graph/operations.ts';
import type { LossOf } from './adam.ts';

/** Mean squared reconstruction error over rows and columns. */
export const autoencoderLoss: LossOf = (graph, x, parameters) =>
  mean(graph, rowErrors(graph, x, denseForward(graph, x, parameters)));

/** The same model in plain TypeScript: what the exported file must compute. Score of one row. */
export function autoencoderScore(shapes: ParameterShapes, flat: Float32Array, row: Float32Array): number {
  const layers = Object.values(shapes).filter((shape) => shape.length === 2);
  let value = Float64Array.from(row);
  let offset = 0;
  layers.forEach(([rows, columns], layer) => {
    const next = Float64Array.from(flat.subarray(offset + rows! * columns!, offset + (rows! + 1) * columns!));
    for (let i = 0; i < rows!; i++) {
      for (let j = 0; j < columns!; j++) next[j]! += value[i]! * flat[offset + i * columns! + j]!;
    }
    value = layer < layers.length - 1 ? next.map((one) => Math.max(0, one)) : next;
    offset += (rows! + 1) * columns!;
  });
  return value.reduce((sum, one, i) => sum + (one - row[i]!) ** 2, 0) / row.length;
}
