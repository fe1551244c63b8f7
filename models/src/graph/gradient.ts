import assert from 'node:assert';
import type { Tensor, TensorGraph } from './tensor-graph.ts';

/**
 * Appends the backward pass of `loss` (a scalar) and returns its gradient with respect to each tensor of `of`. Reverse mode:
 * one pass over the recorded operations, newest first (Griewank and Walther 2008, chapter 3).
 */
export function gradient(graph: TensorGraph, loss: Tensor, of: readonly Tensor[]): Tensor[] {
  // Pullbacks append operations themselves; only what led to the loss is walked.
  const forward = graph.recorded.slice();
  const depends = new Set<Tensor>(of);
  for (const { inputs, outputs } of forward) {
    if (inputs.some((input) => depends.has(input))) for (const output of outputs) depends.add(output);
  }
  const flowing = new Map<Tensor, Tensor[]>([[loss, [graph.constant(1, loss.shape)]]]);
  for (const { inputs, outputs, pullback } of forward.toReversed()) {
    if (!inputs.some((input) => depends.has(input))) continue;
    const arriving = outputs.map((output) => total(graph, flowing, output));
    if (arriving.every((one) => one === null)) continue;
    pullback(arriving).forEach((leaving, i) => {
      const input = inputs[i]!;
      if (leaving === null || !depends.has(input)) return;
      const known = flowing.get(input);
      if (known === undefined) flowing.set(input, [leaving]);
      else known.push(leaving);
    });
  }
  return of.map((tensor) => {
    const found = total(graph, flowing, tensor);
    assert(found !== null, `the loss must depend on ${tensor.name}`);
    return found;
  });
}

function total(graph: TensorGraph, flowing: Map<Tensor, Tensor[]>, tensor: Tensor): Tensor | null {
  const parts = flowing.get(tensor);
  if (parts === undefined) return null;
  if (parts.length === 1) return parts[0]!;
  const [summed] = graph.node('Sum', parts, [tensor.shape]);
  flowing.set(tensor, [summed!]);
  return summed!;
}
