import type { FitRows } from '../../classical/fit-rows.ts';
import type { Table } from './table.ts';

const WINDOW = 10;
const PER_CHANNEL = 3;

/** What a row looks like with the nine before it: each channel's value, and its mean and deviation in that window. Causal. */
export function windowFeatures({ rows, count, width }: Table): FitRows {
  const values = new Float32Array(count * width * PER_CHANNEL);
  for (let t = 0; t < count; t++) {
    const from = Math.max(0, t - WINDOW + 1);
    for (let c = 0; c < width; c++) {
      let sum = 0;
      let squares = 0;
      for (let s = from; s <= t; s++) {
        const value = rows[s * width + c]!;
        sum += value;
        squares += value * value;
      }
      const mean = sum / (t + 1 - from);
      const at = (t * width + c) * PER_CHANNEL;
      values[at] = rows[t * width + c]!;
      values[at + 1] = mean;
      values[at + 2] = Math.sqrt(Math.max(0, squares / (t + 1 - from) - mean * mean));
    }
  }
  return { values, width: width * PER_CHANNEL };
}

/** The first `fitRows` rows of features. */
export function firstRows({ values, width }: FitRows, fitRows: number): FitRows {
  return { values: values.subarray(0, fitRows * width), width };
}
