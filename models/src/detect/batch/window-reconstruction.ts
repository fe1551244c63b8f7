import { lstmModel } from '../../export/lstm-autoencoder.ts';
import { variationalModel } from '../../export/variational-autoencoder.ts';
import { loadOnnxRuntime, sessionOptions } from '../../runtime/onnx-runtime.ts';
import { trainLstmAutoencoder } from '../../train/lstm-autoencoder.ts';
import { trainVariational } from '../../train/variational-autoencoder.ts';
import type { Table } from './table.ts';

/** Rows of a window. */
const STEPS = 30;
/** More windows of the fit rows teach no more in the time there is. */
const TRAINING_WINDOWS = 6_000;
const EPOCHS = 15;
const BATCH_ROWS = 64;
/** Windows scored at once. Always as many: fewer would be added up in another order. */
const SCORED_AT_ONCE = 256;

/** How badly an LSTM autoencoder that learnt from the fit rows writes the last thirty rows again. */
export const lstmReconstruction = (table: Table, fitRows: number, seed: number): Promise<Float64Array> => {
  const sizes = { steps: STEPS, channels: table.width, hidden: 16 };
  return reconstruction(table, fitRows, async (windows) => {
    const { parameters } = await trainLstmAutoencoder(
      { sizes, seed, maxEpochs: EPOCHS, batchRows: BATCH_ROWS },
      windows,
    );
    return lstmModel(sizes, parameters);
  });
};

/** The same with a variational autoencoder. */
export const variationalReconstruction = (table: Table, fitRows: number, seed: number): Promise<Float64Array> => {
  const sizes = { width: STEPS * table.width, between: 64, code: 8 };
  return reconstruction(table, fitRows, async (windows) => {
    const { parameters } = await trainVariational({ sizes, seed, maxEpochs: EPOCHS, batchRows: BATCH_ROWS }, windows);
    return variationalModel(sizes, parameters);
  });
};

/** All 0 where too few rows are there to learn from. */
async function reconstruction(
  table: Table,
  fitRows: number,
  learn: (windows: Float32Array) => Promise<Uint8Array>,
): Promise<Float64Array> {
  const { count, width } = table;
  const result = new Float64Array(count);
  const starts = Math.max(0, fitRows - STEPS + 1);
  if (starts < 3 * BATCH_ROWS) return result;
  const stride = Math.max(1, Math.ceil(starts / TRAINING_WINDOWS));
  const from = Array.from({ length: Math.floor((starts - 1) / stride) + 1 }, (_, i) => i * stride);
  const model = await learn(windowsOf(table, from));
  const ort = await loadOnnxRuntime();
  const session = await ort.InferenceSession.create(model, sessionOptions);
  try {
    for (let first = 0; first + STEPS <= count; first += SCORED_AT_ONCE) {
      const at = Array.from({ length: SCORED_AT_ONCE }, (_, i) => Math.min(first + i, count - STEPS));
      const window = new ort.Tensor('float32', windowsOf(table, at), [SCORED_AT_ONCE, STEPS * width]);
      const { score } = await session.run({ window });
      // The last ones only fill the batch.
      for (let i = 0; i < SCORED_AT_ONCE && first + i + STEPS <= count; i++) {
        result[first + i + STEPS - 1] = Math.sqrt(Number(score!.data[i]));
      }
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
