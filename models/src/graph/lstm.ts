import { matmul } from './matmul.ts';
import { add, concat, multiply, sigmoid, split, tanh } from './operations.ts';
import type { Tensor, TensorGraph } from './tensor-graph.ts';

/** Weights of one layer; gates stand in ONNX's order: input, output, forget, cell. */
export interface LstmWeights {
  /** [inputs, 4 hidden] */
  readonly input: Tensor;
  /** [hidden, 4 hidden] */
  readonly recurrent: Tensor;
  /** [4 hidden]; 1 is added for the forget gate, so that an untrained layer remembers. */
  readonly bias: Tensor;
}

/** What `bias` is held against: 1 at the forget gate (Jozefowicz et al. 2015). */
export const forgetOffset = (hidden: number): Float32Array =>
  Float32Array.from({ length: 4 * hidden }, (_, i) => (Math.floor(i / hidden) === 2 ? 1 : 0));

/**
 * An LSTM layer (Hochreiter and Schmidhuber 1997, with forget gates) unrolled into single operations, so that gradients
 * flow; for models that are done, `lstmOperator` computes the same in one.
 *
 * @param inputs - one a step, [rows, inputs]
 * @returns the hidden state after each step, [rows, hidden]
 */
export function unrolledLstm(graph: TensorGraph, inputs: readonly Tensor[], weights: LstmWeights): Tensor[] {
  const hidden = weights.recurrent.shape[0]!;
  const rows = inputs[0]!.shape[0]!;
  const bias = add(graph, weights.bias, graph.constant(forgetOffset(hidden), [4 * hidden]));
  // One product for all steps: the recurrent part is the only one that must wait for the step before.
  const all = add(graph, matmul(graph, concat(graph, inputs, 0), weights.input), bias);
  const given =
    inputs.length === 1
      ? [all]
      : split(
          graph,
          all,
          0,
          inputs.map(() => rows),
        );
  const states: Tensor[] = [];
  let cell: Tensor | null = null;
  for (const own of given) {
    const before = states.at(-1);
    const sums = before === undefined ? own : add(graph, own, matmul(graph, before, weights.recurrent));
    const [gates, candidate] = split(graph, sums, 1, [3 * hidden, hidden]);
    const [enter, leave, keep] = split(graph, sigmoid(graph, gates!), 1, [hidden, hidden, hidden]);
    const entering: Tensor = multiply(graph, enter!, tanh(graph, candidate!));
    cell = cell === null ? entering : add(graph, multiply(graph, keep!, cell), entering);
    states.push(multiply(graph, leave!, tanh(graph, cell)));
  }
  return states;
}

/** Weights of a layer as they were trained, flat row-major in the shapes of `LstmWeights`. */
export interface TrainedLstm {
  readonly input: Float32Array;
  readonly recurrent: Float32Array;
  readonly bias: Float32Array;
}

/**
 * The same layer as ONNX's own LSTM operator, which takes its matrices transposed and any number of rows.
 *
 * @param x - [steps, rows, inputs]
 * @returns all states [steps, rows, hidden] and the last one [1, rows, hidden]
 */
export function lstmOperator(graph: TensorGraph, x: Tensor, weights: TrainedLstm): { all: Tensor; last: Tensor } {
  const [steps, rows, inputs] = x.shape;
  const gates = weights.bias.length;
  const hidden = gates / 4;
  const both = new Float32Array(2 * gates);
  const offset = forgetOffset(hidden);
  for (let i = 0; i < gates; i++) both[i] = weights.bias[i]! + offset[i]!;
  const [states, last] = graph.node(
    'LSTM',
    [
      x,
      graph.constant(transposed(weights.input, inputs!, gates), [1, gates, inputs!]),
      graph.constant(transposed(weights.recurrent, hidden, gates), [1, gates, hidden]),
      graph.constant(both, [1, 2 * gates]),
    ],
    [
      [steps!, 1, rows!, hidden],
      [1, rows!, hidden],
    ],
    { hidden_size: { kind: 'int', value: hidden } },
  );
  const [all] = graph.node('Squeeze', [states!, graph.integers([1])], [[steps!, rows!, hidden]]);
  return { all: all!, last: last! };
}

function transposed(values: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(values.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) result[j * rows + i] = values[i * columns + j]!;
  return result;
}
