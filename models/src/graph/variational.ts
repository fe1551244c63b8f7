import { type ParameterShapes, rowErrors } from './layers.ts';
import { matmul } from './matmul.ts';
import { add, exponential, mean, multiply, relu, split, subtract, sum } from './operations.ts';
import type { Tensor, TensorGraph } from './tensor-graph.ts';

/** Numbers of a row, of the layer between, and of the code. */
export interface VariationalSizes {
  readonly width: number;
  readonly between: number;
  readonly code: number;
}

/** How much it costs a code to differ from the standard normal distribution, against the error of one number of the row. */
const CODE_COST = 0.1;

export function variationalShapes({ width, between, code }: VariationalSizes): ParameterShapes {
  return {
    readWeight: [width, between],
    readBias: [between],
    codeWeight: [between, 2 * code],
    codeBias: [2 * code],
    writeWeight: [code, between],
    writeBias: [between],
    outWeight: [between, width],
    outBias: [width],
  };
}

/**
 * What a variational autoencoder is trained by: the mean squared error of a row written from a code that noise has moved, and
 * the divergence of the code's distribution from the standard normal one (Kingma and Welling 2014).
 *
 * @param x - [rows, width + code]: each row, then numbers of the standard normal distribution
 */
export function variationalLoss(
  graph: TensorGraph,
  x: Tensor,
  parameters: ReadonlyMap<string, Tensor>,
  { width, code }: VariationalSizes,
): Tensor {
  const [row, noise] = split(graph, x, 1, [width, code]);
  const [middle, logVariance] = codeOf(graph, row!, parameters, code);
  const deviation = exponential(graph, multiply(graph, logVariance, graph.constant(0.5)));
  const moved = add(graph, middle, multiply(graph, deviation, noise!));
  const error = mean(graph, rowErrors(graph, row!, written(graph, moved, parameters)));
  const square = multiply(graph, middle, middle);
  const spread = subtract(graph, exponential(graph, logVariance), logVariance);
  const divergence = subtract(graph, add(graph, square, spread), graph.constant(1));
  const perRow = multiply(graph, mean(graph, sum(graph, divergence, [1])), graph.constant(0.5 / width));
  return add(graph, error, multiply(graph, perRow, graph.constant(CODE_COST)));
}

/** Mean squared error of each row when written from the middle of its code. x: [rows, width], shape [rows]. */
export function variationalErrors(
  graph: TensorGraph,
  x: Tensor,
  parameters: ReadonlyMap<string, Tensor>,
  code: number,
): Tensor {
  const [middle] = codeOf(graph, x, parameters, code);
  return rowErrors(graph, x, written(graph, middle, parameters));
}

function codeOf(
  graph: TensorGraph,
  row: Tensor,
  parameters: ReadonlyMap<string, Tensor>,
  code: number,
): readonly [middle: Tensor, logVariance: Tensor] {
  const hidden = relu(graph, layer(graph, row, 'read', parameters));
  const [middle, logVariance] = split(graph, layer(graph, hidden, 'code', parameters), 1, [code, code]);
  return [middle!, logVariance!];
}

const written = (graph: TensorGraph, code: Tensor, parameters: ReadonlyMap<string, Tensor>): Tensor =>
  layer(graph, relu(graph, layer(graph, code, 'write', parameters)), 'out', parameters);

function layer(graph: TensorGraph, x: Tensor, name: string, parameters: ReadonlyMap<string, Tensor>): Tensor {
  return add(graph, matmul(graph, x, parameters.get(`${name}Weight`)!), parameters.get(`${name}Bias`)!);
}
