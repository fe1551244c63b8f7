import { constantParameters } from '../graph/layers.ts';
import { matmul } from '../graph/matmul.ts';
import { add, mean, multiply, split, squareRoot, subtract } from '../graph/operations.ts';
import { type Tensor, TensorGraph } from '../graph/tensor-graph.ts';
import { loadOnnxRuntime, sessionOptions } from '../runtime/onnx-runtime.ts';
import { train } from '../train/train.ts';
import { entriesOf, type Forecast, type ForecastRequest, forecastSeries, type Prepared, prepare } from './forecast.ts';
import type { Forecaster } from './forecaster.ts';
import { type Network, type NetworkSize, networks } from './networks.ts';
import { meanOf } from './steps.ts';

const LOOKBACK_LIMIT = 336;
const PATCHES = 12;
const HORIZON_LIMIT = 200;
const BATCH = 32;
const MAX_WINDOWS = 1_600;
const MAX_EPOCHS = 20;
const PATIENCE = 4;
const RATE = 2e-3;
const SEED = 1;
const VALIDATION_SHARE = 0.2;

/**
 * As `forecastSeries`, with small networks trained on the series itself among the forecasters: seconds of one core instead
 * of milliseconds, so only where it is asked for. Deterministic on one processor.
 *
 * @throws ModelsError as `forecastSeries`; TELEMETRY_NOT_OFF where ONNX Runtime must not be loaded
 */
export async function forecastWithNetworks(request: ForecastRequest): Promise<Forecast> {
  const prepared = prepare(request);
  const trained: Forecaster[] = [];
  for (const network of networks) trained.push(await trainedForecaster(network, prepared));
  return forecastSeries(request, trained);
}

/** Trained for each history that the comparison fits on, and run from each origin that it asks for. */
async function trainedForecaster(network: Network, { input, origins }: Prepared): Promise<Forecaster> {
  const { values, periods, horizon } = input;
  const size = sizeOf(periods, horizon);
  const forecasts = new Map<number, ReadonlyMap<number, Float64Array>>();
  const fitOn = async (length: number, from: readonly number[]): Promise<boolean> => {
    const known = await forecastsOf(network, size, values, length, from);
    if (known !== null) forecasts.set(length, known);
    return known !== null;
  };
  await fitOn(values.length, [values.length]);
  for (const at of entriesOf(origins)) if (await fitOn(origins[at]!, origins.slice(at))) break;
  return {
    name: network.name,
    fit({ values: history }) {
      const known = forecasts.get(history.length);
      // What was not asked for above is told apart by the comparison, which leaves out what is not finite.
      return known === undefined
        ? null
        : (seen) => known.get(seen.length) ?? new Float64Array(horizon).fill(Number.NaN);
    },
  };
}

function sizeOf(periods: readonly number[], horizon: number): NetworkSize & { readonly cycle: number } {
  const cycle = periods.findLast((period) => period <= LOOKBACK_LIMIT) ?? 1;
  const lookback = PATCHES * Math.ceil(Math.max(cycle, 48) / PATCHES);
  return { lookback, patches: PATCHES, horizon, cycle };
}

/** By history length; `null`: too short. */
async function forecastsOf(
  network: Network,
  size: ReturnType<typeof sizeOf>,
  values: Float64Array,
  length: number,
  from: readonly number[],
): Promise<ReadonlyMap<number, Float64Array> | null> {
  const { lookback, horizon } = size;
  const known = values.subarray(0, length);
  const windows = length - lookback - horizon + 1;
  const taken = Math.min(windows, MAX_WINDOWS);
  const training = Math.floor((1 - VALIDATION_SHARE) * taken);
  if (horizon > HORIZON_LIMIT || taken - training < BATCH) return null;
  const scale = deviationOf(known);
  if (!(scale > 0 && Number.isFinite(scale))) return null;
  const width = lookback + horizon;
  const flat = new Float32Array(taken * width);
  for (let i = 0; i < taken; i++) {
    const start = Math.floor((i * windows) / taken);
    flat.set(standardised(known, start, start + width, meanOf(known, start, start + lookback), scale), i * width);
  }
  const shapes = network.shapes(size);
  const predict = (graph: TensorGraph, x: Tensor, parameters: ReadonlyMap<string, Tensor>) =>
    add(graph, repeated(graph, x, size), network.forward(graph, x, parameters, size));
  const { parameters } = await train(
    {
      shapes,
      width,
      seed: SEED,
      batchRows: BATCH,
      rate: RATE,
      maxEpochs: MAX_EPOCHS,
      patience: PATIENCE,
      lossOf(graph, x, p) {
        const [past, future] = split(graph, x, 1, [lookback, horizon]);
        const missed = subtract(graph, predict(graph, past!, p), future!);
        // Absolute, made smooth round zero: what the forecasters are compared by.
        return mean(graph, squareRoot(graph, add(graph, multiply(graph, missed, missed), graph.constant(1e-4))));
      },
    },
    flat.subarray(0, training * width),
    flat.subarray(training * width),
  );
  const graph = new TensorGraph();
  const past = graph.input('past', [from.length, lookback]);
  const future = predict(graph, past, constantParameters(graph, parameters, shapes));
  const answers = await run(
    graph.encode(network.name, [{ name: 'future', tensor: future }]),
    values,
    from,
    lookback,
    scale,
  );
  return new Map(
    from.map((origin, i) => {
      const level = meanOf(values, origin - lookback, origin);
      const own = Float64Array.from(answers.subarray(i * horizon, (i + 1) * horizon), (one) => level + scale * one);
      return [origin, own];
    }),
  );
}

async function run(
  model: Uint8Array,
  values: Float64Array,
  from: readonly number[],
  lookback: number,
  scale: number,
): Promise<Float32Array> {
  const flat = new Float32Array(from.length * lookback);
  from.forEach((origin, i) => {
    const start = origin - lookback;
    flat.set(standardised(values, start, origin, meanOf(values, start, origin), scale), i * lookback);
  });
  const ort = await loadOnnxRuntime();
  const session = await ort.InferenceSession.create(model, sessionOptions);
  try {
    const out = await session.run({ past: new ort.Tensor('float32', flat, [from.length, lookback]) });
    return Float32Array.from(out.future!.data, Number);
  } finally {
    await session.release();
  }
}

/** The last cycle again and again: what the network corrects. */
function repeated(graph: TensorGraph, x: Tensor, { lookback, horizon, cycle }: ReturnType<typeof sizeOf>): Tensor {
  const places = new Float32Array(lookback * horizon);
  for (let ahead = 0; ahead < horizon; ahead++) places[(lookback - cycle + (ahead % cycle)) * horizon + ahead] = 1;
  return matmul(graph, x, graph.constant(places, [lookback, horizon]));
}

const standardised = (values: Float64Array, from: number, to: number, level: number, scale: number): Float64Array =>
  values.subarray(from, to).map((value) => (value - level) / scale);

function deviationOf(values: Float64Array): number {
  const level = meanOf(values, 0, values.length);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - level) ** 2, 0) / values.length);
}
