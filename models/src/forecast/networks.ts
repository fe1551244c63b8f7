import { attention, layerNorm } from '../graph/attention.ts';
import type { ParameterShapes } from '../graph/layers.ts';
import { unrolledLstm } from '../graph/lstm.ts';
import { matmul } from '../graph/matmul.ts';
import { add, relu, reshape, split } from '../graph/operations.ts';
import type { Tensor, TensorGraph } from '../graph/tensor-graph.ts';

/** What a network is built for. The last values are cut into `patches` of even length. */
export interface NetworkSize {
  readonly lookback: number;
  readonly patches: number;
  readonly horizon: number;
}

/** A network that corrects the last cycle's repetition; a new one is a function beside these and a line in `networks`. */
export interface Network {
  readonly name: string;
  shapes(size: NetworkSize): ParameterShapes;
  /** x: [rows, lookback], mean 0; gives [rows, horizon]. */
  forward(graph: TensorGraph, x: Tensor, parameters: ReadonlyMap<string, Tensor>, size: NetworkSize): Tensor;
}

const HIDDEN = 24;
const HEADS = 4;

const mlp: Network = {
  name: 'mlp',
  shapes: ({ lookback, horizon }) => ({
    inWeight: [lookback, 2 * HIDDEN],
    inBias: [2 * HIDDEN],
    outWeight: [2 * HIDDEN, horizon],
    outBias: [horizon],
  }),
  forward: (graph, x, parameters) => dense(graph, relu(graph, dense(graph, x, parameters, 'in')), parameters, 'out'),
};

/** Reads one patch a step. */
const lstm: Network = {
  name: 'lstm',
  shapes: ({ lookback, patches, horizon }) => ({
    input: [lookback / patches, 4 * HIDDEN],
    recurrent: [HIDDEN, 4 * HIDDEN],
    bias: [4 * HIDDEN],
    outWeight: [HIDDEN, horizon],
    outBias: [horizon],
  }),
  forward(graph, x, p, { patches }) {
    const length = x.shape[1]! / patches;
    const steps = split(
      graph,
      x,
      1,
      Array.from({ length: patches }, () => length),
    );
    const weights = { input: p.get('input')!, recurrent: p.get('recurrent')!, bias: p.get('bias')! };
    return dense(graph, unrolledLstm(graph, steps, weights).at(-1)!, p, 'out');
  },
};

/** One layer over patches (Nie et al. 2023), normalised before each part. */
const transformer: Network = {
  name: 'transformer',
  shapes: ({ lookback, patches, horizon }) => ({
    inWeight: [lookback / patches, HIDDEN],
    inBias: [HIDDEN],
    place: [patches, HIDDEN],
    gain1: [HIDDEN],
    bias1: [HIDDEN],
    query: [HIDDEN, HIDDEN],
    key: [HIDDEN, HIDDEN],
    value: [HIDDEN, HIDDEN],
    output: [HIDDEN, HIDDEN],
    gain2: [HIDDEN],
    bias2: [HIDDEN],
    wideWeight: [HIDDEN, 2 * HIDDEN],
    wideBias: [2 * HIDDEN],
    narrowWeight: [2 * HIDDEN, HIDDEN],
    narrowBias: [HIDDEN],
    outWeight: [patches * HIDDEN, horizon],
    outBias: [horizon],
  }),
  forward(graph, x, p, { patches }) {
    const rows = x.shape[0]!;
    const cut = reshape(graph, x, [rows, patches, x.shape[1]! / patches]);
    const placed = add(graph, dense(graph, cut, p, 'in'), p.get('place')!);
    const weights = { query: p.get('query')!, key: p.get('key')!, value: p.get('value')!, output: p.get('output')! };
    const normal = layerNorm(graph, placed, p.get('gain1')!, p.get('bias1')!);
    const seen = add(graph, placed, attention(graph, normal, HEADS, weights));
    const again = layerNorm(graph, seen, p.get('gain2')!, p.get('bias2')!);
    const wide = relu(graph, dense(graph, again, p, 'wide'));
    const whole = add(graph, seen, dense(graph, wide, p, 'narrow'));
    return dense(graph, reshape(graph, whole, [rows, patches * HIDDEN]), p, 'out');
  },
};

export const networks: readonly Network[] = [mlp, lstm, transformer];

function dense(graph: TensorGraph, x: Tensor, parameters: ReadonlyMap<string, Tensor>, name: string): Tensor {
  return add(graph, matmul(graph, x, parameters.get(`${name}Weight`)!), parameters.get(`${name}Bias`)!);
}
