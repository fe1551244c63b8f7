import type { InferenceSession } from 'onnxruntime-node';
import { ModelsError } from '../errors.ts';
import { initialParameters, type ParameterShapes } from '../graph/layers.ts';
import { createNormal, createRandom } from '../random.ts';
import { loadOnnxRuntime, type OnnxRuntime, sessionOptions } from '../runtime/onnx-runtime.ts';
import { adam, adamStepModel, type LossOf, lossModel } from './adam.ts';

export interface TrainingPlan {
  readonly shapes: ParameterShapes;
  readonly lossOf: LossOf;
  /** Numbers a row of the data. */
  readonly width: number;
  /** Numbers of the standard normal distribution that follow each row, drawn anew for every batch; of validation rows they are 0. */
  readonly noise?: number;
  readonly seed: number;
  readonly batchRows: number;
  readonly rate: number;
  readonly maxEpochs: number;
  /** Stop after so many epochs without a better validation loss. */
  readonly patience: number;
  readonly signal?: AbortSignal;
  readonly onEpoch?: (epoch: number, trainLoss: number, validationLoss: number) => void;
}

export interface Trained {
  /** Of the best epoch by validation loss. */
  readonly parameters: Float32Array;
  readonly trainLoss: number;
  readonly validationLoss: number;
  readonly epochs: number;
  readonly cancelled: boolean;
}

/**
 * Trains on ONNX Runtime: one session runs the Adam step, another the validation loss. Rows are flat row-major. The same
 * seed and data give the same model on the same processor. Cancelling returns the best so far.
 */
export async function train(plan: TrainingPlan, rows: Float32Array, validationRows: Float32Array): Promise<Trained> {
  const ort = await loadOnnxRuntime();
  const batchShape = [plan.batchRows, plan.width + (plan.noise ?? 0)];
  const step = await ort.InferenceSession.create(adamStepModel(plan.shapes, batchShape, plan.lossOf), sessionOptions);
  const loss = await ort.InferenceSession.create(lossModel(plan.shapes, batchShape, plan.lossOf), sessionOptions);
  try {
    return await run(plan, { ort, step, loss }, rows, validationRows);
  } finally {
    await step.release();
    await loss.release();
  }
}

interface Sessions {
  readonly ort: OnnxRuntime;
  readonly step: InferenceSession;
  readonly loss: InferenceSession;
}

async function run(
  plan: TrainingPlan,
  sessions: Sessions,
  rows: Float32Array,
  validation: Float32Array,
): Promise<Trained> {
  const uniform = createRandom(plan.seed ^ 0x5eed);
  const order = Uint32Array.from({ length: rows.length / plan.width }, (_, i) => i);
  const state = createState(sessions, plan);
  let best: Trained | null = null;
  let waited = 0;
  for (let epoch = 1; epoch <= plan.maxEpochs && waited < plan.patience && !plan.signal?.aborted; epoch++) {
    shuffle(order, uniform);
    const trainLoss = await state.epoch(rows, order, plan.signal);
    const validationLoss = await state.validate(validation);
    if (!Number.isFinite(trainLoss + validationLoss)) {
      throw new ModelsError('TRAINING_DIVERGED', `loss is ${trainLoss} in epoch ${epoch}`, 'lower the learning rate');
    }
    plan.onEpoch?.(epoch, trainLoss, validationLoss);
    waited += 1;
    if (best !== null && validationLoss >= best.validationLoss) continue;
    waited = 0;
    best = { parameters: state.parameters(), trainLoss, validationLoss, epochs: epoch, cancelled: false };
  }
  const parameters = best?.parameters ?? initialParameters(plan.shapes, plan.seed);
  const none = { trainLoss: Number.NaN, validationLoss: Number.NaN, epochs: 0 };
  return { ...none, ...best, parameters, cancelled: plan.signal?.aborted ?? false };
}

function createState({ ort, step, loss }: Sessions, plan: TrainingPlan) {
  let parameters = initialParameters(plan.shapes, plan.seed);
  let first = new Float32Array(parameters.length);
  let second = new Float32Array(parameters.length);
  let steps = 0;
  const { batchRows, width, noise = 0 } = plan;
  const normal = createNormal(createRandom(plan.seed ^ 0x401e));
  const vector = (values: Float32Array) => new ort.Tensor('float32', values, [values.length]);
  const scalar = (value: number) => new ort.Tensor('float32', Float32Array.of(value), []);
  const batchOf = (values: Float32Array) => new ort.Tensor('float32', values, [batchRows, width + noise]);

  async function oneStep(batch: Float32Array): Promise<number> {
    steps += 1;
    const out = await step.run({
      parameters: vector(parameters),
      first: vector(first),
      second: vector(second),
      rate: scalar(plan.rate / (1 - adam.beta1 ** steps)),
      correction: scalar(1 / (1 - adam.beta2 ** steps)),
      x: batchOf(batch),
    });
    parameters = floats(out.next_parameters);
    first = floats(out.next_first);
    second = floats(out.next_second);
    return floats(out.loss)[0]!;
  }

  return {
    parameters: () => parameters.slice(),

    /** Mean loss of the epoch's full batches; rows left over wait for the next shuffle. */
    async epoch(rows: Float32Array, order: Uint32Array, signal: AbortSignal | undefined): Promise<number> {
      let sum = 0;
      let batches = 0;
      for (let from = 0; from + batchRows <= order.length && !signal?.aborted; from += batchRows) {
        const batch = new Float32Array(batchRows * (width + noise));
        for (let i = 0; i < batchRows; i++) {
          const row = order[from + i]! * width;
          const at = i * (width + noise);
          batch.set(rows.subarray(row, row + width), at);
          for (let n = 0; n < noise; n++) batch[at + width + n] = normal();
        }
        sum += await oneStep(batch);
        batches += 1;
      }
      return sum / Math.max(1, batches);
    },

    async validate(rows: Float32Array): Promise<number> {
      let sum = 0;
      const batches = Math.floor(rows.length / (batchRows * width));
      for (let i = 0; i < batches; i++) {
        const batch = new Float32Array(batchRows * (width + noise));
        for (let row = 0; row < batchRows; row++) {
          const at = (i * batchRows + row) * width;
          batch.set(rows.subarray(at, at + width), row * (width + noise));
        }
        sum += floats((await loss.run({ parameters: vector(parameters), x: batchOf(batch) })).loss)[0]!;
      }
      return sum / Math.max(1, batches);
    },
  };
}

/** Outputs of these graphs are float32 by construction. */
function floats(tensor: { readonly data: unknown } | undefined): Float32Array<ArrayBuffer> {
  if (!(tensor?.data instanceof Float32Array)) throw new TypeError('a float32 output is expected');
  return new Float32Array(tensor.data);
}

/** Fisher and Yates, with numbers that the seed fixes. */
function shuffle(order: Uint32Array, uniform: () => number): void {
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(uniform() * (i + 1));
    const held = order[i]!;
    order[i] = order[j]!;
    order[j] = held;
  }
}
