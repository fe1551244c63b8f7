import { type VariationalSizes, variationalLoss, variationalShapes } from '../graph/variational.ts';
import { type Trained, train } from './train.ts';
import { cutWindows } from './training-windows.ts';

export interface VariationalPlan {
  readonly sizes: VariationalSizes;
  readonly seed: number;
  readonly maxEpochs: number;
  readonly batchRows?: number;
  readonly signal?: AbortSignal;
}

const BATCH_ROWS = 64;
const RATE = 0.002;
const PATIENCE = 4;

/**
 * Trains a variational autoencoder on windows in the order of time; the last ones validate.
 *
 * @param windows - row-major, `sizes.width` numbers each, scaled to about unit deviation
 * @throws ModelsError FIT_DATA for too few windows, or numbers that are not finite
 */
export async function trainVariational(plan: VariationalPlan, windows: Float32Array): Promise<Trained> {
  const { sizes, seed, maxEpochs, batchRows = BATCH_ROWS, signal } = plan;
  const { teaching, validating } = cutWindows(windows, sizes.width, batchRows);
  return train(
    {
      shapes: variationalShapes(sizes),
      lossOf: (graph, x, parameters) => variationalLoss(graph, x, parameters, sizes),
      width: sizes.width,
      noise: sizes.code,
      seed,
      batchRows,
      rate: RATE,
      maxEpochs,
      patience: PATIENCE,
      ...(signal === undefined ? {} : { signal }),
    },
    teaching,
    validating,
  );
}

/** The same model in plain TypeScript: mean squared error of one row written from the middle of its code. */
export function variationalScore(sizes: VariationalSizes, flat: Float32Array, row: Float32Array): number {
  let offset = 0;
  const next = (size: number): Float32Array => {
    offset += size;
    return flat.subarray(offset - size, offset);
  };
  const layer = (input: Float64Array, outputs: number): Float64Array => {
    const weights = next(input.length * outputs);
    const result = Float64Array.from(next(outputs));
    input.forEach((one, i) => {
      for (let j = 0; j < outputs; j++) result[j]! += one * weights[i * outputs + j]!;
    });
    return result;
  };
  const rectified = (values: Float64Array): Float64Array => values.map((one) => Math.max(0, one));
  const { width, between, code } = sizes;
  const middle = layer(rectified(layer(Float64Array.from(row), between)), 2 * code).subarray(0, code);
  const written = layer(rectified(layer(middle, between)), width);
  return written.reduce((sum, one, i) => sum + (one - row[i]!) ** 2, 0) / width;
}
