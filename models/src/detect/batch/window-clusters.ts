import { createRandom } from '../../random.ts';
import type { Table } from './table.ts';

const WINDOW = 10;
const CLUSTERS = 20;
const ROUNDS = 12;
const MAX_FIT_WINDOWS = 3_000;

/**
 * Distance of the window of the last 10 rows from the nearest of 20 typical windows of the fit rows (k-means).
 *
 * @see Yairi et al. 2001, "Fault Detection by Mining Association Rules from House-keeping Data" (KMeansAD)
 */
export function clusterDistance({ rows, count, width }: Table, fitRows: number, seed: number): Float64Array {
  const size = WINDOW * width;
  const result = new Float64Array(count);
  const windows = fitRows - WINDOW + 1;
  if (windows < CLUSTERS) return result;
  const windowAt = (last: number) => rows.subarray((last - WINDOW + 1) * width, (last + 1) * width);
  const stride = Math.max(1, windows / MAX_FIT_WINDOWS);
  const sample = Array.from({ length: Math.min(windows, MAX_FIT_WINDOWS) }, (_, i) =>
    windowAt(WINDOW - 1 + Math.floor(i * stride)),
  );
  const centers = kMeans(sample, size, seed);
  for (let t = WINDOW - 1; t < count; t++) result[t] = Math.sqrt(nearest(windowAt(t), centers).distance / size);
  return result;
}

function kMeans(sample: readonly Float64Array[], size: number, seed: number): Float64Array[] {
  const centers = spreadCenters(sample, seed);
  for (let round = 0; round < ROUNDS; round++) {
    const sums = centers.map(() => new Float64Array(size));
    const counts = new Float64Array(centers.length);
    for (const window of sample) {
      const { index } = nearest(window, centers);
      counts[index]! += 1;
      const sum = sums[index]!;
      for (let i = 0; i < size; i++) sum[i]! += window[i]!;
    }
    sums.forEach((sum, k) => {
      if (counts[k]! > 0) centers[k] = sum.map((value) => value / counts[k]!);
    });
  }
  return centers;
}

/** Arthur and Vassilvitskii 2007 (k-means++): the next center is drawn with the squared distance as its weight. */
function spreadCenters(sample: readonly Float64Array[], seed: number): Float64Array[] {
  const uniform = createRandom(seed);
  const centers = [sample[Math.floor(uniform() * sample.length)]!.slice()];
  const distances = new Float64Array(sample.length).fill(Number.POSITIVE_INFINITY);
  while (centers.length < CLUSTERS) {
    let whole = 0;
    sample.forEach((window, i) => {
      distances[i] = Math.min(distances[i]!, squaredDistance(window, centers.at(-1)!, Number.POSITIVE_INFINITY));
      whole += distances[i]!;
    });
    let left = uniform() * whole;
    let drawn = 0;
    while (drawn < sample.length - 1 && left > distances[drawn]!) {
      left -= distances[drawn]!;
      drawn += 1;
    }
    centers.push(sample[drawn]!.slice());
  }
  return centers;
}

function nearest(window: Float64Array, centers: readonly Float64Array[]): { index: number; distance: number } {
  let index = 0;
  let distance = Number.POSITIVE_INFINITY;
  centers.forEach((center, k) => {
    const squared = squaredDistance(window, center, distance);
    if (squared < distance) {
      distance = squared;
      index = k;
    }
  });
  return { index, distance };
}

function squaredDistance(a: Float64Array, b: Float64Array, giveUpAt: number): number {
  let sum = 0;
  for (let i = 0; i < a.length && sum < giveUpAt; i++) {
    const difference = a[i]! - b[i]!;
    sum += difference * difference;
  }
  return sum;
}
