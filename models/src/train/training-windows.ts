import { ModelsError } from '../errors.ts';

/** Windows at the end that only validate. */
const VALIDATION_SHARE = 0.15;

/**
 * Cuts windows in the order of time into those that teach and those that validate.
 *
 * @throws ModelsError FIT_DATA for fewer than a batch of each, or numbers that are not finite
 */
export function cutWindows(
  windows: Float32Array,
  width: number,
  batchRows: number,
): { readonly teaching: Float32Array; readonly validating: Float32Array } {
  const count = Math.floor(windows.length / width);
  const validation = Math.max(batchRows, Math.floor(count * VALIDATION_SHARE));
  if (count < validation + batchRows) {
    const text = `${count} windows are fewer than the ${validation + batchRows} that training and validation need`;
    throw new ModelsError('FIT_DATA', text, 'give it a longer past');
  }
  if (windows.some((value) => !Number.isFinite(value))) {
    throw new ModelsError('FIT_DATA', 'windows hold numbers that are not finite', 'fill gaps before');
  }
  const cut = (count - validation) * width;
  return { teaching: windows.subarray(0, cut), validating: windows.subarray(cut, count * width) };
}
