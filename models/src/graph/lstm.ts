import type { ParameterShapes } from './layers.ts';
import {
  add,
  concatColumns,
  matmul,
  mean,
  multiply,
  reshape,
  sigmoid,
  splitColumns,
  subtract,
  tanh,
} from './operations.ts';
import type { Tensor, TensorGraph } from './tensor-graph.ts';

/** Windows of so many steps and channels, and how many numbers a step is remembered by. */
export interface LstmSizes {
  readonly steps: number;
  readonly channels: number;
  readonly hidden: number;
}

/** Gates in this order lie side by side: input, forget, candidate, output. */
export const GATES = 4;

/**
 * Parameters of an LSTM autoencoder: one network reads the window, its last state is the code, and another that is given the code
 * at each step writes the window again (Malhotra et al. 2016, "LSTM-based Encoder-Decoder for Multi-sensor Anomaly Detection").
 */
export function lstmShapes({ channels, hidden }: LstmSizes): ParameterShapes {
  const wide = GATES * hidden;
  return {
    readInput: [channels, wide],
    readState: [hidden, wide],
    readBias: [wide],
    writeInput: [hidden, wide],
    writeState: [hidden, wide],
    writeBias: [wide],
    outWeight: [hidden, channels],
    outBias: [channels],
  };
}

/** Squared errors of all numbers of the windows. x: [rows, steps × channels], step by step. Same shape. */
export function lstmErrors(
  graph: TensorGraph,
  x: Tensor,
  parameters: ReadonlyMap<string, Tensor>,
  { steps, channels, hidden }: LstmSizes,
): Tensor {
  const [rows] = x.shape;
  const parameter = (name: string): Tensor => parameters.get(name)!; // `lstmShapes` names them all
  // All steps at once: one large product is faster than many small ones.
  const read = add(
    graph,
    matmul(graph, reshape(graph, x, [rows! * steps, channels]), parameter('readInput')),
    parameter('readBias'),
  );
  const perStep = splitColumns(
    graph,
    reshape(graph, read, [rows!, steps * GATES * hidden]),
    Array<number>(steps).fill(GATES * hidden),
  );
  const code = unrolled(graph, perStep, parameter('readState'), hidden).at(-1)!;
  const given = add(graph, matmul(graph, code, parameter('writeInput')), parameter('writeBias'));
  const states = unrolled(graph, Array<Tensor>(steps).fill(given), parameter('writeState'), hidden);
  const flat = reshape(graph, concatColumns(graph, states), [rows! * steps, hidden]);
  const written = add(graph, matmul(graph, flat, parameter('outWeight')), parameter('outBias'));
  const difference = subtract(graph, reshape(graph, written, x.shape), x);
  return multiply(graph, difference, difference);
}

export const lstmLoss = (graph: TensorGraph, x: Tensor, parameters: ReadonlyMap<string, Tensor>, sizes: LstmSizes) =>
  mean(graph, lstmErrors(graph, x, parameters, sizes));

/** States after each step; `given` is what each step's input adds to the gates. Begins at zero. */
function unrolled(graph: TensorGraph, given: readonly Tensor[], state: Tensor, hidden: number): Tensor[] {
  const widths = Array<number>(GATES).fill(hidden);
  const outputs: Tensor[] = [];
  let cell: Tensor | null = null;
  for (const input of given) {
    const last: Tensor | undefined = outputs.at(-1);
    const gates: Tensor = last === undefined ? input : add(graph, input, matmul(graph, last, state));
    const [i, f, g, o] = splitColumns(graph, gates, widths);
    const fresh: Tensor = multiply(graph, sigmoid(graph, i!), tanh(graph, g!));
    cell = cell === null ? fresh : add(graph, multiply(graph, sigmoid(graph, f!), cell), fresh);
    outputs.push(multiply(graph, sigmoid(graph, o!), tanh(graph, cell)));
  }
  return outputs;
}
