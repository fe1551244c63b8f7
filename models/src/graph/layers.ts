import { createRandom } from '../random.ts';
import { matmul } from './matmul.ts';
import { add, mean, multiply, relu, reshape, split, subtract } from './operations.ts';
import { sizeOf, type Tensor, type TensorGraph } from './tensor-graph.ts';

/** Shapes of a model's parameters in the order in which one flat vector holds them. */
export type ParameterShapes = Readonly<Record<string, readonly number[]>>;

export const parameterCount = (shapes: ParameterShapes): number =>
  Object.values(shapes).reduce((count, shape) => count + sizeOf(shape), 0);

/** Glorot-uniform matrices, zero biases (Glorot and Bengio 2010). */
export function initialParameters(shapes: ParameterShapes, seed: number): Float32Array {
  const uniform = createRandom(seed);
  const flat = new Float32Array(parameterCount(shapes));
  let offset = 0;
  for (const shape of Object.values(shapes)) {
    const size = sizeOf(shape);
    const limit = shape.length === 2 ? Math.sqrt(6 / (shape[0]! + shape[1]!)) : 0;
    for (let i = 0; i < size; i++) flat[offset + i] = (2 * uniform() - 1) * limit;
    offset += size;
  }
  return flat;
}

/** The parameters as tensors, cut from the flat vector inside the graph, so that a step moves one vector and not dozens. */
export function unpackParameters(graph: TensorGraph, flat: Tensor, shapes: ParameterShapes): Map<string, Tensor> {
  const sizes = Object.values(shapes).map(sizeOf);
  const parts = split(graph, flat, 0, sizes);
  return new Map(Object.entries(shapes).map(([name, shape], i) => [name, reshape(graph, parts[i]!, shape)]));
}

/** The parameters as constants, for a model that is done. */
export function constantParameters(
  graph: TensorGraph,
  flat: Float32Array,
  shapes: ParameterShapes,
): Map<string, Tensor> {
  let offset = 0;
  return new Map(
    Object.entries(shapes).map(([name, shape]) => {
      const values = flat.subarray(offset, offset + sizeOf(shape));
      offset += values.length;
      return [name, graph.constant(values, shape)];
    }),
  );
}

/** Layer widths of an autoencoder from input to input, e.g. `[48, 32, 10, 32, 48]`. */
export function denseShapes(widths: readonly number[]): ParameterShapes {
  return Object.fromEntries(
    widths.slice(1).flatMap((width, i) => [
      [`weight${i}`, [widths[i]!, width]],
      [`bias${i}`, [width]],
    ]),
  );
}

/** Dense layers with ReLU between them; the last one is linear. x: [rows, widths[0]]. */
export function denseForward(graph: TensorGraph, x: Tensor, parameters: ReadonlyMap<string, Tensor>): Tensor {
  const layers = parameters.size / 2;
  let value = x;
  for (let i = 0; i < layers; i++) {
    value = add(graph, matmul(graph, value, parameters.get(`weight${i}`)!), parameters.get(`bias${i}`)!);
    if (i < layers - 1) value = relu(graph, value);
  }
  return value;
}

/** Mean squared difference of each row: how badly it was reconstructed. Shape [rows]. */
export function rowErrors(graph: TensorGraph, x: Tensor, reconstruction: Tensor): Tensor {
  const difference = subtract(graph, reconstruction, x);
  return mean(graph, multiply(graph, difference, difference), [1]);
}
