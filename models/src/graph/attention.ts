import { flipped, matmul } from './matmul.ts';
import { add, divide, mean, multiply, reshape, squareRoot, subtract, sum, transpose } from './operations.ts';
import type { Tensor, TensorGraph } from './tensor-graph.ts';

/** Shares along the last axis. */
export function softmax(graph: TensorGraph, a: Tensor): Tensor {
  const [shares] = graph.node('Softmax', [a], [a.shape], { axis: { kind: 'int', value: -1 } });
  graph.record([a], [shares!], ([gradient]) => {
    if (gradient == null) return [null];
    const weighted = multiply(graph, gradient, shares!);
    const whole = multiply(graph, shares!, kept(graph, sum(graph, weighted, [a.shape.length - 1]), a));
    return [subtract(graph, weighted, whole)];
  });
  return shares!;
}

/** Mean 0 and deviation 1 along the last axis (Ba et al. 2016), then times 1 + `gain` and plus `bias`. */
export function layerNorm(graph: TensorGraph, a: Tensor, gain: Tensor, bias: Tensor): Tensor {
  const last = [a.shape.length - 1];
  const centred = subtract(graph, a, kept(graph, mean(graph, a, last), a));
  const variance = kept(graph, mean(graph, multiply(graph, centred, centred), last), a);
  const scaled = divide(graph, centred, squareRoot(graph, add(graph, variance, graph.constant(1e-5))));
  return add(graph, multiply(graph, scaled, add(graph, gain, graph.constant(1))), bias);
}

/** Matrices [size, size] of one attention layer. */
export interface AttentionWeights {
  readonly query: Tensor;
  readonly key: Tensor;
  readonly value: Tensor;
  readonly output: Tensor;
}

/** Each place looks at all places, with several heads (Vaswani et al. 2017). x: [rows, places, size]. */
export function attention(graph: TensorGraph, x: Tensor, heads: number, weights: AttentionWeights): Tensor {
  const [rows, places, size] = x.shape;
  const each = size! / heads;
  const headsOf = (weight: Tensor) =>
    transpose(graph, reshape(graph, matmul(graph, x, weight), [rows!, places!, heads, each]), [0, 2, 1, 3]);
  const likeness = matmul(graph, headsOf(weights.query), flipped(graph, headsOf(weights.key)));
  const shares = softmax(graph, multiply(graph, likeness, graph.constant(1 / Math.sqrt(each))));
  const seen = transpose(graph, matmul(graph, shares, headsOf(weights.value)), [0, 2, 1, 3]);
  return matmul(graph, reshape(graph, seen, [rows!, places!, size!]), weights.output);
}

/** Gives what lost its last axis that axis back, with length 1. */
const kept = (graph: TensorGraph, reduced: Tensor, like: Tensor): Tensor =>
  reshape(graph, reduced, like.shape.with(-1, 1));
