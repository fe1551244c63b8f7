import { shapeError, sizeOf, type Tensor, type TensorGraph } from './tensor-graph.ts';

/** a + b, broadcast as numpy does. */
export function add(graph: TensorGraph, a: Tensor, b: Tensor): Tensor {
  return elementwise(graph, 'Add', a, b, (gradient) => [gradient, gradient]);
}

export function subtract(graph: TensorGraph, a: Tensor, b: Tensor): Tensor {
  return elementwise(graph, 'Sub', a, b, (gradient) => [gradient, multiply(graph, gradient, graph.constant(-1))]);
}

export function multiply(graph: TensorGraph, a: Tensor, b: Tensor): Tensor {
  return elementwise(graph, 'Mul', a, b, (gradient) => [multiply(graph, gradient, b), multiply(graph, gradient, a)]);
}

export function divide(graph: TensorGraph, a: Tensor, b: Tensor): Tensor {
  return elementwise(graph, 'Div', a, b, (gradient, quotient) => {
    const byB = divide(graph, gradient, b);
    return [byB, multiply(graph, multiply(graph, byB, quotient), graph.constant(-1))];
  });
}

export function squareRoot(graph: TensorGraph, a: Tensor): Tensor {
  return unary(graph, 'Sqrt', a, (gradient, root) =>
    divide(graph, multiply(graph, gradient, graph.constant(0.5)), root),
  );
}

export function tanh(graph: TensorGraph, a: Tensor): Tensor {
  return unary(graph, 'Tanh', a, (gradient, y) =>
    multiply(graph, gradient, subtract(graph, graph.constant(1), multiply(graph, y, y))),
  );
}

export function sigmoid(graph: TensorGraph, a: Tensor): Tensor {
  return unary(graph, 'Sigmoid', a, (gradient, y) =>
    multiply(graph, gradient, multiply(graph, y, subtract(graph, graph.constant(1), y))),
  );
}

export function exponential(graph: TensorGraph, a: Tensor): Tensor {
  return unary(graph, 'Exp', a, (gradient, y) => multiply(graph, gradient, y));
}

/** max(a, 0); its gradient at 0 is 0. */
export function relu(graph: TensorGraph, a: Tensor): Tensor {
  return unary(graph, 'Relu', a, (gradient, y) => multiply(graph, gradient, graph.node('Sign', [y], [y.shape])[0]!));
}

export function reshape(graph: TensorGraph, a: Tensor, shape: readonly number[]): Tensor {
  if (sizeOf(a.shape) !== sizeOf(shape)) throw shapeError('reshape', a.shape, shape);
  const [result] = graph.node('Reshape', [a, graph.integers(shape)], [shape]);
  graph.record([a], [result!], ([gradient]) => [gradient == null ? null : reshape(graph, gradient, a.shape)]);
  return result!;
}

/** Axes in another order: axis `i` of the result is axis `order[i]` of `a`. */
export function transpose(graph: TensorGraph, a: Tensor, order: readonly number[]): Tensor {
  const shape = order.map((axis) => a.shape[axis]!);
  const [result] = graph.node('Transpose', [a], [shape], { perm: { kind: 'ints', value: order } });
  const back = order.map((_, axis) => order.indexOf(axis));
  graph.record([a], [result!], ([gradient]) => [gradient == null ? null : transpose(graph, gradient, back)]);
  return result!;
}

/** Cuts a tensor along one axis into pieces of the given lengths. */
export function split(graph: TensorGraph, a: Tensor, axis: number, lengths: readonly number[]): Tensor[] {
  if (lengths.reduce((total, length) => total + length, 0) !== a.shape[axis])
    throw shapeError('split', a.shape, lengths);
  const shapes = lengths.map((length) => a.shape.with(axis, length));
  const parts = graph.node('Split', [a, graph.integers(lengths)], shapes, { axis: { kind: 'int', value: axis } });
  graph.record([a], parts, (gradients) => [
    concat(
      graph,
      gradients.map((gradient, i) => gradient ?? graph.constant(0, shapes[i]!)),
      axis,
    ),
  ]);
  return parts;
}

/** Joins tensors along one axis; along the others they are alike. */
export function concat(graph: TensorGraph, parts: readonly Tensor[], axis: number): Tensor {
  const lengths = parts.map((part) => part.shape[axis]!);
  const shape = parts[0]!.shape.with(
    axis,
    lengths.reduce((total, length) => total + length, 0),
  );
  const [whole] = graph.node('Concat', parts, [shape], { axis: { kind: 'int', value: axis } });
  graph.record(parts, [whole!], ([gradient]) =>
    gradient == null ? parts.map(() => null) : split(graph, gradient, axis, lengths),
  );
  return whole!;
}

/** Sum over some axes, which disappear. */
export function sum(graph: TensorGraph, a: Tensor, axes: readonly number[]): Tensor {
  const kept = a.shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
  const left = a.shape.filter((_, axis) => !axes.includes(axis));
  const [result] = graph.node('ReduceSum', [a, graph.integers(axes)], [left], { keepdims: { kind: 'int', value: 0 } });
  graph.record([a], [result!], ([gradient]) => [
    gradient == null ? null : expand(graph, reshape(graph, gradient, kept), a.shape),
  ]);
  return result!;
}

export function mean(graph: TensorGraph, a: Tensor, axes: readonly number[] = a.shape.map((_, axis) => axis)): Tensor {
  const count = axes.reduce((product, axis) => product * a.shape[axis]!, 1);
  return multiply(graph, sum(graph, a, axes), graph.constant(1 / count));
}

export function expand(graph: TensorGraph, a: Tensor, shape: readonly number[]): Tensor {
  const [result] = graph.node('Expand', [a, graph.integers(shape)], [shape]);
  graph.record([a], [result!], ([gradient]) => [gradient == null ? null : reduceTo(graph, gradient, a.shape)]);
  return result!;
}

function unary(graph: TensorGraph, op: string, a: Tensor, pull: (gradient: Tensor, y: Tensor) => Tensor): Tensor {
  const [y] = graph.node(op, [a], [a.shape]);
  graph.record([a], [y!], ([gradient]) => [gradient == null ? null : pull(gradient, y!)]);
  return y!;
}

function elementwise(
  graph: TensorGraph,
  op: string,
  a: Tensor,
  b: Tensor,
  pull: (gradient: Tensor, y: Tensor) => readonly [Tensor, Tensor],
): Tensor {
  const [y] = graph.node(op, [a, b], [broadcast(a.shape, b.shape)]);
  graph.record([a, b], [y!], ([gradient]) => {
    if (gradient == null) return [null, null];
    const [toA, toB] = pull(gradient, y!);
    return [reduceTo(graph, toA, a.shape), reduceTo(graph, toB, b.shape)];
  });
  return y!;
}

/** The shape of what two shapes are repeated to, as numpy does. */
export function broadcast(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const x = a[a.length - rank + i] ?? 1;
    const y = b[b.length - rank + i] ?? 1;
    if (x !== y && x !== 1 && y !== 1) throw shapeError('broadcast', a, b);
    return Math.max(x, y);
  });
}

/** Sums a gradient over the axes along which its operand was repeated. */
export function reduceTo(graph: TensorGraph, gradient: Tensor, shape: readonly number[]): Tensor {
  if (String(gradient.shape) === String(shape)) return gradient;
  const rank = gradient.shape.length;
  const axes = gradient.shape.flatMap((dim, i) =>
    (shape[shape.length - rank + i] ?? 1) === 1 && dim !== 1 ? [i] : [],
  );
  const reduced = axes.length === 0 ? gradient : sum(graph, gradient, axes);
  return String(reduced.shape) === String(shape) ? reduced : reshape(graph, reduced, shape);
}
