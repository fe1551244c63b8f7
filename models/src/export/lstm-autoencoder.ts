import { lstmOperator, type TrainedLstm } from '../graph/lstm.ts';
import { type LstmSizes, lstmShapes } from '../graph/lstm-autoencoder.ts';
import { type Tensor, TensorGraph } from '../graph/tensor-graph.ts';
import { lstmScore } from '../train/lstm-autoencoder.ts';
import type { Trained } from '../train/train.ts';
import type { AutoencoderDescription } from './autoencoder.ts';
import { type ExportedModel, packModel } from './pack-model.ts';

/** The inference graph by ONNX's own LSTM, several times faster than the steps one by one. Windows of any number in, one score each out. */
export function lstmModel(sizes: LstmSizes, parameters: Float32Array): Uint8Array {
  const { steps, channels, hidden } = sizes;
  const graph = new TensorGraph();
  const width = steps * channels;
  const window = graph.input('window', [1, width], ['N', width]);
  const of = namedParameters(sizes, parameters);
  const one = (op: string, inputs: readonly Tensor[], shape: readonly number[], attributes = {}): Tensor =>
    graph.node(op, inputs, [shape], attributes)[0]!;

  const rows = one('Reshape', [window, graph.integers([-1, steps, channels])], [1, steps, channels]);
  const x = one('Transpose', [rows], [steps, 1, channels], { perm: { kind: 'ints', value: [1, 0, 2] } });
  const layer = (name: 'read' | 'write'): TrainedLstm => ({
    input: of(`${name}Input`),
    recurrent: of(`${name}Recurrent`),
    bias: of(`${name}Bias`),
  });
  const { last: code } = lstmOperator(graph, x, layer('read'));
  const given = one('Expand', [code, graph.integers([steps, 1, 1])], [steps, 1, hidden]);
  const { all: flat } = lstmOperator(graph, given, layer('write'));
  const product = one('MatMul', [flat, graph.constant(of('outWeight'), [hidden, channels])], [steps, 1, channels]);
  const written = one('Add', [product, graph.constant(of('outBias'), [channels])], [steps, 1, channels]);
  const difference = one('Sub', [written, x], [steps, 1, channels]);
  const squares = one('Mul', [difference, difference], [steps, 1, channels]);
  const sum = one('ReduceSum', [squares, graph.integers([0, 2])], [1], { keepdims: { kind: 'int', value: 0 } });
  const score = one('Mul', [sum, graph.constant(1 / width)], [1]);
  return graph.encode('lstm-autoencoder', [{ name: 'score', tensor: score, dims: ['N'] }]);
}

/** Model file and manifest. Same input, same bytes. */
export function exportLstmAutoencoder(
  sizes: LstmSizes,
  { parameters, epochs, trainLoss, validationLoss }: Trained,
  about: AutoencoderDescription,
): ExportedModel {
  const kind = {
    kind: 'lstm-autoencoder',
    domains: ['ai.onnx'],
    about: 'mean squared reconstruction error over steps and channels, unitless',
    goldenTolerance: 1e-4,
    score: (row: Float32Array) => lstmScore(sizes, parameters, row),
  } as const;
  return packModel(lstmModel(sizes, parameters), kind, {
    ...about,
    training: { ...about.training, epochs, trainLoss, validationLoss },
  });
}

function namedParameters(sizes: LstmSizes, flat: Float32Array): (name: string) => Float32Array {
  const found = new Map<string, Float32Array>();
  let offset = 0;
  for (const [name, shape] of Object.entries(lstmShapes(sizes))) {
    const size = shape.reduce((product, dim) => product * dim, 1);
    found.set(name, flat.slice(offset, offset + size));
    offset += size;
  }
  return (name) => found.get(name)!; // `lstmShapes` names them all
}
