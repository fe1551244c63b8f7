import { gradient } from '../graph/gradient.ts';
import { type ParameterShapes, parameterCount, unpackParameters } from '../graph/layers.ts';
import { add, divide, multiply, squareRoot, subtract } from '../graph/operations.ts';
import { type Tensor, TensorGraph } from '../graph/tensor-graph.ts';

/** A loss (scalar) of parameters and one batch `x` of a fixed shape. */
export type LossOf = (graph: TensorGraph, x: Tensor, parameters: ReadonlyMap<string, Tensor>) => Tensor;

export const adam = { beta1: 0.9, beta2: 0.999, epsilon: 1e-7 } as const;

/**
 * One step of Adam (Kingma and Ba 2015) as an ONNX file: parameters, both moments and a batch in; the same and the loss out.
 * The caller passes the bias corrections: `rate` = rate / (1 - beta1^t), `correction` = 1 / (1 - beta2^t).
 */
export function adamStepModel(shapes: ParameterShapes, batchShape: readonly number[], lossOf: LossOf): Uint8Array {
  const graph = new TensorGraph();
  const size = [parameterCount(shapes)];
  const [flat, first, second] = [
    graph.input('parameters', size),
    graph.input('first', size),
    graph.input('second', size),
  ];
  const [rate, correction] = [graph.input('rate', []), graph.input('correction', [])];
  const x = graph.input('x', batchShape);

  const loss = lossOf(graph, x, unpackParameters(graph, flat, shapes));
  const slope = gradient(graph, loss, [flat])[0]!;
  const nextFirst = blend(graph, first, slope, adam.beta1);
  const nextSecond = blend(graph, second, multiply(graph, slope, slope), adam.beta2);
  const scale = add(graph, squareRoot(graph, multiply(graph, nextSecond, correction)), graph.constant(adam.epsilon));
  const next = subtract(graph, flat, divide(graph, multiply(graph, nextFirst, rate), scale));

  return graph.encode('adam-step', [
    { name: 'next_parameters', tensor: next },
    { name: 'next_first', tensor: nextFirst },
    { name: 'next_second', tensor: nextSecond },
    { name: 'loss', tensor: loss },
  ]);
}

/** The loss alone, for validation; and in float64 with its gradient, for checking gradients. */
export function lossModel(
  shapes: ParameterShapes,
  batchShape: readonly number[],
  lossOf: LossOf,
  type: 'float32' | 'float64' = 'float32',
): Uint8Array {
  const graph = new TensorGraph(type);
  const flat = graph.input('parameters', [parameterCount(shapes)]);
  const x = graph.input('x', batchShape);
  const loss = lossOf(graph, x, unpackParameters(graph, flat, shapes));
  const outputs = [{ name: 'loss', tensor: loss }];
  if (type === 'float64') outputs.push({ name: 'gradient', tensor: gradient(graph, loss, [flat])[0]! });
  return graph.encode('loss', outputs);
}

function blend(graph: TensorGraph, old: Tensor, now: Tensor, keep: number): Tensor {
  return add(graph, multiply(graph, old, graph.constant(keep)), multiply(graph, now, graph.constant(1 - keep)));
}
