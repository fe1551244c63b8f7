import { lstmModel } from '../../export/lstm-autoencoder.ts';
import { loadOnnxRuntime, sessionOptions } from '../../runtime/onnx-runtime.ts';
import { trainLstmAutoencoder } from '../../train/lstm-autoencoder.ts';
import type { Table } from './table.ts';

/** Rows of a window, and how many numbers each is remembered by. */
const STEPS = 30;
const HIDDEN = 16;
/** More windows of the fit rows teach no more in the time there is. */
const TRAINING_WINDOWS = 6_000;
const EPOCHS = 15;
const BATCH_ROWS = 64;
/** Windows scored at once. Always as many: fewer would be added up in another order. */
const SCORED_AT_ONCE = 256;

/** How badly an LSTM autoencoder that learnt from the fit rows writes the last thirty rows again. All 0 where too few rows are there to learn from. */
export async function lstmReconstruction(table: Table, fitRows: number, seed: number): Promise<Float64Array> {
  const { count, width } = table;
  const result = new Float64Array(count);
  const sizes = { steps: STEPS, channels: width, hidden: HIDDEN };
  const starts = Math.max(0, fitRows - STEPS + 1);
  if (starts < 3 * BATCH_ROWS) return result;
  const stride = Math.max(1, Math.ceil(starts / TRAINING_WINDOWS));
  const training = windowsOf(
    table,
    Array.from({ length: Math.floor((starts - 1) / stride) + 1 }, (_, i) => i * stride),
  );
  const { parameters } = await trainLstmAutoencoder(
    { sizes, seed, maxEpochs: EPOCHS, batchRows: BATCH_ROWS },
    training,
  );
  const ort = await loadOnnxRuntime();
  const session = await ort.InferenceSession.create(lstmModel(sizes, parameters), sessionOptions);
  try {
    for (let from = 0; from + STEPS <= count; from += SCORED_AT_ONCE) {
      const at = Array.from({ length: SCORED_AT_ONCE }, (_, i) => Math.min(from + i, count - STEPS));
      const input = new ort.Tensor('float32', windowsOf(table, at), [SCORED_AT_ONCE, STEPS * width]);
      const { score } = await session.run({ window: input });
      at.forEach((start, i) => {
        result[start + STEPS - 1] = Math.sqrt(Number(score!.data[i]));
      });
    }
  } finally {
    await session.release();
  }
  return result.fill(result[STEPS - 1] ?? 0, 0, STEPS - 1);
}

/** Windows that begin at these rows, one after the other. */
function windowsOf({ rows, width }: Table, starts: readonly number[]): Float32Array {
  const windows = new Float32Array(starts.length * STEPS * width);
  starts.forEach((start, i) => {
    windows.set(rows.subarray(start * width, (start + STEPS) * width), i * STEPS * width);
  });
  return windows;
}
