import { describe, expect, it } from 'vitest';
import { networks } from '../forecast/networks.ts';
import { createNormal, createRandom } from '../random.ts';
import { loadOnnxRuntime, sessionOptions } from '../runtime/onnx-runtime.ts';
import { type LossOf, lossModel } from '../train/adam.ts';
import {
  denseForward,
  denseShapes,
  initialParameters,
  type ParameterShapes,
  parameterCount,
  rowErrors,
} from './layers.ts';
import { lstmLoss, lstmShapes } from './lstm-autoencoder.ts';
import { flipped, matmul } from './matmul.ts';
import {
  add,
  concat,
  divide,
  expand,
  exponential,
  mean,
  multiply,
  relu,
  reshape,
  sigmoid,
  split,
  squareRoot,
  subtract,
  sum,
  tanh,
  transpose,
} from './operations.ts';
import { TensorGraph } from './tensor-graph.ts';
import { variationalLoss, variationalShapes } from './variational.ts';

const ROWS = 5;
const WIDTH = 6;
/** Of large models every so-manieth is tried, in all their matrices. */
const PARAMETERS_TRIED = 400;

const cases: readonly { name: string; shapes: ParameterShapes; lossOf: LossOf }[] = [
  {
    name: 'a dense autoencoder',
    shapes: denseShapes([WIDTH, 5, 3, 5, WIDTH]),
    lossOf: (graph, x, parameters) => mean(graph, rowErrors(graph, x, denseForward(graph, x, parameters))),
  },
  {
    name: 'every operation, with broadcasting both ways',
    shapes: { a: [WIDTH, 4], b: [4], c: [ROWS, 1], d: [1] },
    lossOf: (graph, x, p) => {
      const h = tanh(graph, add(graph, matmul(graph, x, p.get('a')!), p.get('b')!));
      const scale = squareRoot(graph, add(graph, multiply(graph, p.get('c')!, p.get('c')!), graph.constant(1)));
      const q = divide(graph, subtract(graph, h, p.get('c')!), scale);
      const wide = multiply(graph, relu(graph, q), expand(graph, p.get('d')!, [ROWS, 4]));
      return mean(graph, sum(graph, multiply(graph, wide, q), [1]));
    },
  },
  {
    name: 'batches of matrices, pieces and orders of axes',
    shapes: { a: [2, 3, 4], b: [4, 2] },
    lossOf: (graph, x, p) => {
      const [left, right] = split(graph, x, 1, [2, 4]);
      const joined = concat(graph, [sigmoid(graph, right!), exponential(graph, left!)], 1);
      const cube = transpose(graph, reshape(graph, joined, [ROWS, 2, 3]), [1, 2, 0]);
      const product = matmul(graph, flipped(graph, cube), matmul(graph, p.get('a')!, p.get('b')!));
      return mean(graph, multiply(graph, product, product));
    },
  },
  ...networks.map(({ name, shapes, forward }) => ({
    name: `the ${name} forecaster`,
    shapes: shapes({ lookback: WIDTH, patches: 3, horizon: 2 }),
    lossOf: ((graph, x, p) => {
      const out = forward(graph, x, p, { lookback: WIDTH, patches: 3, horizon: 2 });
      return mean(graph, multiply(graph, out, out));
    }) satisfies LossOf,
  })),
  {
    name: 'a variational autoencoder',
    shapes: variationalShapes({ width: 4, between: 5, code: 2 }),
    lossOf: (graph, x, parameters) => variationalLoss(graph, x, parameters, { width: 4, between: 5, code: 2 }),
  },
  {
    name: 'an LSTM autoencoder',
    shapes: lstmShapes({ steps: 3, channels: 2, hidden: 4 }),
    lossOf: (graph, x, parameters) => lstmLoss(graph, x, parameters, { steps: 3, channels: 2, hidden: 4 }),
  },
];

describe('gradients', () => {
  it.each(cases)('of $name agree with central differences within 1e-6 in float64', async ({ shapes, lossOf }) => {
    const ort = await loadOnnxRuntime();
    const session = await ort.InferenceSession.create(
      lossModel(shapes, [ROWS, WIDTH], lossOf, 'float64'),
      sessionOptions,
    );
    const normal = createNormal(createRandom(11));
    const x = Float64Array.from({ length: ROWS * WIDTH }, normal);
    const at = Float64Array.from(initialParameters(shapes, 3), (value) => value + 0.2 * normal());
    const run = async (parameters: Float64Array) => {
      const out = await session.run({
        parameters: new ort.Tensor('float64', parameters, [parameters.length]),
        x: new ort.Tensor('float64', x, [ROWS, WIDTH]),
      });
      return { loss: Number(out.loss!.data[0]), gradient: Array.from(out.gradient!.data, Number) };
    };
    const { gradient } = await run(at);
    let squares = 0;
    let differences = 0;
    const every = Math.ceil(parameterCount(shapes) / PARAMETERS_TRIED);
    for (let i = 0; i < parameterCount(shapes); i += every) {
      const beside = (step: number) => run(at.map((value, k) => (k === i ? value + step : value)));
      const slope = ((await beside(1e-6)).loss - (await beside(-1e-6)).loss) / 2e-6;
      squares += slope ** 2;
      differences += (slope - gradient[i]!) ** 2;
    }
    expect(Math.sqrt(differences / squares)).toBeLessThan(1e-6);
    await session.release();
  });

  it('refuses shapes that do not fit', () => {
    const graph = new TensorGraph();
    expect(() => matmul(graph, graph.input('a', [2, 3]), graph.input('b', [2, 3]))).toThrow(/matmul cannot take/);
    expect(() => add(graph, graph.input('c', [2, 3]), graph.input('d', [2, 4]))).toThrow(/broadcast cannot take/);
  });
});
