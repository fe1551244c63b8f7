import { ModelsError } from '../errors.ts';
import { createRandom } from '../random.ts';

/** Rows to fit a model on: row-major, `width` numbers a row, all finite. */
export interface FitRows {
  readonly values: Float32Array;
  readonly width: number;
}

interface AnyRows {
  readonly values: Float32Array | Float64Array;
  readonly width: number;
}

/** @returns how many rows there are; refuses what no model can be fitted on */
export function checkedRowCount({ values, width }: AnyRows, fewest: number): number {
  const count = values.length / width;
  if (!Number.isInteger(width) || width < 1 || !Number.isInteger(count)) {
    throw new ModelsError('FIT_DATA', `${values.length} numbers are no rows of ${width}`, 'give whole rows');
  }
  if (count < fewest) {
    throw new ModelsError('FIT_DATA', `${count} rows, at least ${fewest} are needed`, 'wait until more is known');
  }
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at >= 0) {
    const text = `row ${Math.floor(at / width)} holds ${values[at]} in column ${at % width}`;
    throw new ModelsError('FIT_DATA', text, 'fill gaps first');
  }
  return count;
}

/** `size` different numbers below `count`, the first of a shuffle (Fisher and Yates) that is broken off; all of them where there are no more. */
export function drawRows(count: number, size: number, seed: number): Int32Array {
  const uniform = createRandom(seed);
  const all = Int32Array.from({ length: count }, (_, i) => i);
  const drawn = Math.min(size, count);
  for (let i = 0; i < drawn; i++) swap(all, i, i + Math.floor(uniform() * (count - i)));
  return all.subarray(0, drawn);
}

export function swap(values: Int32Array, i: number, j: number): void {
  const kept = values[i]!;
  values[i] = values[j]!;
  values[j] = kept;
}
