import { forgetOffset } from '../graph/lstm.ts';
import { type LstmSizes, lstmLoss, lstmShapes } from '../graph/lstm-autoencoder.ts';
import { type Trained, train } from './train.ts';
import { cutWindows } from './training-windows.ts';

export interface LstmPlan {
  readonly sizes: LstmSizes;
  readonly seed: number;
  readonly maxEpochs: number;
  readonly patience?: number;
  readonly batchRows?: number;
  readonly rate?: number;
  readonly signal?: AbortSignal;
  readonly onEpoch?: (epoch: number, trainLoss: number, validationLoss: number) => void;
}

const BATCH_ROWS = 64;
const RATE = 0.01;
const PATIENCE = 4;

/**
 * Trains an LSTM autoencoder on windows in the order of time; the last ones validate.
 *
 * @param windows - row-major, `steps × channels` numbers each, scaled to about unit deviation
 * @throws ModelsError FIT_DATA for too few windows, or numbers that are not finite
 */
export async function trainLstmAutoencoder(plan: LstmPlan, windows: Float32Array): Promise<Trained> {
  const { sizes, seed, batchRows = BATCH_ROWS } = plan;
  const width = sizes.steps * sizes.channels;
  const { teaching, validating } = cutWindows(windows, width, batchRows);
  return train(
    {
      shapes: lstmShapes(sizes),
      lossOf: (graph, x, parameters) => lstmLoss(graph, x, parameters, sizes),
      width,
      seed,
      batchRows,
      rate: plan.rate ?? RATE,
      maxEpochs: plan.maxEpochs,
      patience: plan.patience ?? PATIENCE,
      ...(plan.signal === undefined ? {} : { signal: plan.signal }),
      ...(plan.onEpoch === undefined ? {} : { onEpoch: plan.onEpoch }),
    },
    teaching,
    validating,
  );
}

/** The same model in plain TypeScript: what the exported file must compute. Mean squared error of one window. */
export function lstmScore(sizes: LstmSizes, flat: Float32Array, window: Float32Array): number {
  const { steps, channels, hidden } = sizes;
  const at = new Map<string, { readonly values: Float32Array; readonly columns: number }>();
  let begin = 0;
  for (const [name, shape] of Object.entries(lstmShapes(sizes))) {
    const size = shape.reduce((product, dim) => product * dim, 1);
    at.set(name, { values: flat.subarray(begin, begin + size), columns: shape.at(-1)! });
    begin += size;
  }
  const times = (vector: Float64Array, name: string): Float64Array => {
    const { values, columns } = at.get(name)!;
    const result = new Float64Array(columns);
    vector.forEach((one, i) => {
      for (let j = 0; j < columns; j++) result[j]! += one * values[i * columns + j]!;
    });
    return result;
  };
  const plus = (vector: Float64Array, name: string): Float64Array =>
    vector.map((one, j) => one + at.get(name)!.values[j]!);
  const offset = forgetOffset(hidden);
  const walk = (given: (t: number) => Float64Array, name: 'read' | 'write'): Float64Array[] => {
    let [state, cell] = [new Float64Array(hidden), new Float64Array(hidden)];
    return Array.from({ length: steps }, (_, t) => {
      const recurrent = times(state, `${name}Recurrent`);
      const own = plus(times(given(t), `${name}Input`), `${name}Bias`);
      const gates = own.map((one, j) => one + recurrent[j]! + offset[j]!);
      const gate = (k: number, j: number): number => gates[k * hidden + j]!;
      cell = cell.map((one, j) => logistic(gate(2, j)) * one + logistic(gate(0, j)) * Math.tanh(gate(3, j)));
      state = cell.map((one, j) => logistic(gate(1, j)) * Math.tanh(one));
      return state;
    });
  };
  const step = (t: number) => Float64Array.from(window.subarray(t * channels, (t + 1) * channels));
  const code = walk(step, 'read').at(-1)!;
  const written = walk(() => code, 'write').map((state) => plus(times(state, 'outWeight'), 'outBias'));
  let sum = 0;
  written.forEach((row, t) => {
    row.forEach((one, c) => {
      sum += (one - window[t * channels + c]!) ** 2;
    });
  });
  return sum / (steps * channels);
}

const logistic = (x: number): number => 1 / (1 + Math.exp(-x));
