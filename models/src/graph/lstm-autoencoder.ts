import type { ParameterShapes } from './layers.ts';
import { type LstmWeights, unrolledLstm } from './lstm.ts';
import { matmul } from './matmul.ts';
import { add, concat, mean, multiply, reshape, split, subtract } from './operations.ts';
import type { Tensor, TensorGraph } from './tensor-graph.ts';

/** Windows of so many steps and channels, and how many numbers a step is remembered by. */
export interface LstmSizes {
  readonly steps: number;
  readonly channels: number;
  readonly hidden: number;
}

/**
 * Parameters of an LSTM autoencoder: one layer reads the window, its last state is the code, and another that is given the code
 * at each step writes the window again (Malhotra et al. 2016, "LSTM-based Encoder-Decoder for Multi-sensor Anomaly Detection").
 */
export function lstmShapes({ channels, hidden }: LstmSizes): ParameterShapes {
  const gates = 4 * hidden;
  return {
    readInput: [channels, gates],
    readRecurrent: [hidden, gates],
    readBias: [gates],
    writeInput: [hidden, gates],
    writeRecurrent: [hidden, gates],
    writeBias: [gates],
    outWeight: [hidden, channels],
    outBias: [channels],
  };
}

/** Mean squared error of windows when written from their codes. x: [rows, steps × channels], step by step. */
export function lstmLoss(
  graph: TensorGraph,
  x: Tensor,
  parameters: ReadonlyMap<string, Tensor>,
  { steps, channels, hidden }: LstmSizes,
): Tensor {
  const rows = x.shape[0]!;
  const parameter = (name: string): Tensor => parameters.get(name)!; // `lstmShapes` names them all
  const layer = (name: 'read' | 'write'): LstmWeights => ({
    input: parameter(`${name}Input`),
    recurrent: parameter(`${name}Recurrent`),
    bias: parameter(`${name}Bias`),
  });
  const read = split(graph, x, 1, Array<number>(steps).fill(channels));
  const code = unrolledLstm(graph, read, layer('read')).at(-1)!;
  const states = unrolledLstm(graph, Array<Tensor>(steps).fill(code), layer('write'));
  const flat = reshape(graph, concat(graph, states, 1), [rows * steps, hidden]);
  const written = add(graph, matmul(graph, flat, parameter('outWeight')), parameter('outBias'));
  const difference = subtract(graph, reshape(graph, written, x.shape), x);
  return mean(graph, multiply(graph, difference, difference));
}
