import { initialParameters } from '../graph/layers.ts';
import { GATES, type LstmSizes, lstmLoss, lstmShapes } from '../graph/lstm.ts';
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
      initial: () => withOpenForgetGates(sizes, seed),
      ...(plan.signal === undefined ? {} : { signal: plan.signal }),
      ...(plan.onEpoch === undefined ? {} : { onEpoch: plan.onEpoch }),
    },
    teaching,
    validating,
  );
}

/** A network that begins by remembering learns long spans sooner (Jozefowicz et al. 2015). */
function withOpenForgetGates(sizes: LstmSizes, seed: number): Float32Array {
  const shapes = lstmShapes(sizes);
  const flat = initialParameters(shapes, seed);
  let offset = 0;
  for (const [name, shape] of Object.entries(shapes)) {
    const size = shape.reduce((product, dim) => product * dim, 1);
    if (name.endsWith('Bias') && shape[0] === GATES * sizes.hidden) {
      flat.fill(1, offset + sizes.hidden, offset + 2 * sizes.hidden);
    }
    offset += size;
  }
  return flat;
}

/** The same model in plain TypeScript: what the exported file must compute. Mean squared error of one window. */
export function lstmScore(sizes: LstmSizes, flat: Float32Array, window: Float32Array): number {
  const { steps, channels, hidden } = sizes;
  const at = new Map<string, { readonly values: Float32Array; readonly columns: number }>();
  let offset = 0;
  for (const [name, shape] of Object.entries(lstmShapes(sizes))) {
    const size = shape.reduce((product, dim) => product * dim, 1);
    at.set(name, { values: flat.subarray(offset, offset + size), columns: shape.at(-1)! });
    offset += size;
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
  const walk = (given: (t: number) => Float64Array, stateName: string): Float64Array[] => {
    let [state, cell] = [new Float64Array(hidden), new Float64Array(hidden)];
    return Array.from({ length: steps }, (_, t) => {
      const recurrent = times(state, stateName);
      const gates = given(t).map((one, j) => one + recurrent[j]!);
      const gate = (k: number, j: number): number => gates[k * hidden + j]!;
      cell = cell.map((one, j) => logistic(gate(1, j)) * one + logistic(gate(0, j)) * Math.tanh(gate(2, j)));
      state = cell.map((one, j) => logistic(gate(3, j)) * Math.tanh(one));
      return state;
    });
  };
  const step = (t: number) => Float64Array.from(window.subarray(t * channels, (t + 1) * channels));
  const code = walk((t) => plus(times(step(t), 'readInput'), 'readBias'), 'readState').at(-1)!;
  const given = plus(times(code, 'writeInput'), 'writeBias');
  const written = walk(() => given, 'writeState').map((state) => plus(times(state, 'outWeight'), 'outBias'));
  let sum = 0;
  written.forEach((row, t) => {
    row.forEach((one, c) => {
      sum += (one - window[t * channels + c]!) ** 2;
    });
  });
  return sum / (steps * channels);
}

const logistic = (x: number): number => 1 / (1 + Math.exp(-x));
