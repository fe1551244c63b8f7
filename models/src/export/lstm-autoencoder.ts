import { GATES, type LstmSizes, lstmShapes } from '../graph/lstm.ts';
import { type Tensor, TensorGraph } from '../graph/tensor-graph.ts';
import { lstmScore } from '../train/lstm-autoencoder.ts';
import type { Trained } from '../train/train.ts';
import type { AutoencoderDescription } from './autoencoder.ts';
import { type ExportedModel, packModel } from './pack-model.ts';

/** Where ONNX's LSTM has the gates (input, output, forget, candidate) among ours. */
const ONNX_GATES = [0, 3, 1, 2] as const;

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
  const lstm = (input: Tensor, name: 'read' | 'write', inputs: number): readonly Tensor[] =>
    graph.node(
      'LSTM',
      [
        input,
        graph.constant(transposed(of(`${name}Input`), inputs, hidden), [1, GATES * hidden, inputs]),
        graph.constant(transposed(of(`${name}State`), hidden, hidden), [1, GATES * hidden, hidden]),
        graph.constant(biases(of(`${name}Bias`), hidden), [1, 2 * GATES * hidden]),
      ],
      [
        [steps, 1, 1, hidden],
        [1, 1, hidden],
      ],
      { hidden_size: { kind: 'int', value: hidden } },
    );
  const [, code] = lstm(x, 'read', channels);
  const given = one('Expand', [code!, graph.integers([steps, 1, 1])], [steps, 1, hidden]);
  const [states] = lstm(given, 'write', hidden);
  const flat = one('Squeeze', [states!, graph.integers([1])], [steps, 1, hidden]);
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

/** From `[inputs, gates × hidden]` to `[gates × hidden, inputs]` in ONNX's order of gates. */
function transposed(matrix: Float32Array, inputs: number, hidden: number): Float32Array {
  const result = new Float32Array(matrix.length);
  ONNX_GATES.forEach((ours, theirs) => {
    for (let j = 0; j < hidden; j++) {
      for (let i = 0; i < inputs; i++) {
        result[(theirs * hidden + j) * inputs + i] = matrix[i * GATES * hidden + ours * hidden + j]!;
      }
    }
  });
  return result;
}

/** ONNX adds two biases, of the input and of the state: the second is zero. */
function biases(bias: Float32Array, hidden: number): Float32Array {
  const result = new Float32Array(2 * bias.length);
  ONNX_GATES.forEach((ours, theirs) => {
    result.set(bias.subarray(ours * hidden, (ours + 1) * hidden), theirs * hidden);
  });
  return result;
}
