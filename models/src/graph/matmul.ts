import { broadcast, reduceTo, transpose } from './operations.ts';
import { shapeError, type Tensor, type TensorGraph } from './tensor-graph.ts';

/** Product of matrices: those of the last two axes, for every place of the axes before them (broadcast as numpy does). */
export function matmul(graph: TensorGraph, a: Tensor, b: Tensor): Tensor {
  const [rows, inner] = a.shape.slice(-2);
  const [innerB, columns] = b.shape.slice(-2);
  if (a.shape.length < 2 || b.shape.length < 2 || inner !== innerB) throw shapeError('matmul', a.shape, b.shape);
  const shape = [...broadcast(a.shape.slice(0, -2), b.shape.slice(0, -2)), rows!, columns!];
  const [product] = graph.node('MatMul', [a, b], [shape]);
  const flat = a.shape.length === 2 && b.shape.length === 2;
  graph.record([a, b], [product!], ([gradient]) => {
    if (gradient == null) return [null, null];
    if (flat) return [gemm(graph, gradient, b, 'transpose b'), gemm(graph, a, gradient, 'transpose a')];
    const toA = matmul(graph, gradient, flipped(graph, b));
    const toB = matmul(graph, flipped(graph, a), gradient);
    return [reduceTo(graph, toA, a.shape), reduceTo(graph, toB, b.shape)];
  });
  return product!;
}

/** The last two axes change places. */
export function flipped(graph: TensorGraph, a: Tensor): Tensor {
  const last = a.shape.length - 1;
  return transpose(
    graph,
    a,
    a.shape.map((_, axis) => (axis < last - 1 ? axis : 2 * last - 1 - axis)),
  );
}

function gemm(graph: TensorGraph, a: Tensor, b: Tensor, how: 'transpose a' | 'transpose b'): Tensor {
  const transposeA = how === 'transpose a' ? 1 : 0;
  const shape = [a.shape[transposeA]!, b.shape[transposeA === 1 ? 1 : 0]!];
  const [product] = graph.node('Gemm', [a, b], [shape], {
    transA: { kind: 'int', value: transposeA },
    transB: { kind: 'int', value: 1 - transposeA },
  });
  return product!;
}
