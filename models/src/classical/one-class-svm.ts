import { checkedRowCount, drawRows, type FitRows } from './fit-rows.ts';

export interface OneClassSvmOptions {
  readonly seed: number;
  /** Share of the fit rows that may lie outside, 0..1. */
  readonly nu?: number;
  /** Of the kernel `exp(-gamma |x - y|²)`; 1 / (columns × variance of all numbers) where it is not given. */
  readonly gamma?: number;
}

/** What stays of the fit rows: those on the boundary and outside, with weights that sum to 1. */
export interface OneClassSvm {
  readonly width: number;
  readonly gamma: number;
  /** Row-major, one row a weight. */
  readonly supports: Float32Array;
  readonly weights: Float32Array;
  /** Score of the boundary: rows above it lie outside. */
  readonly boundary: number;
}

const NU = 0.05;
/** More rows are drawn from by the seed: the kernel matrix takes 4 MB, a fit well below a second. */
const MOST_ROWS = 1_000;
/** Of wide rows fewer are drawn: if all of them support the boundary, they still fit into an ONNX file of 500 KB. */
const MOST_NUMBERS = 120_000;
const TOLERANCE = 1e-3;
const MOST_STEPS = 100_000;

/**
 * The smallest region of feature space (RBF kernel) that holds all but a share `nu` of the rows, by sequential minimal
 * optimisation with second-order working sets. Columns should be of like scale. Same rows and seed, same model.
 *
 * @see Schölkopf et al. 2001, "Estimating the Support of a High-Dimensional Distribution"
 * @see Fan, Chen and Lin 2005, "Working Set Selection Using Second Order Information"
 */
export function fitOneClassSvm(rows: FitRows, options: OneClassSvmOptions): OneClassSvm {
  const count = checkedRowCount(rows, 2);
  const size = Math.max(2, Math.min(MOST_ROWS, Math.floor(MOST_NUMBERS / rows.width)));
  const drawn = drawRows(count, size, options.seed).toSorted();
  const sample = new Float32Array(drawn.length * rows.width);
  drawn.forEach((row, i) => {
    sample.set(rows.values.subarray(row * rows.width, (row + 1) * rows.width), i * rows.width);
  });
  const gamma = options.gamma ?? usualGamma(sample, rows.width);
  const kernel = kernelMatrix(sample, rows.width, gamma);
  const budget = Math.max(1, (options.nu ?? NU) * drawn.length);
  const { alphas, slopes } = minimise(kernel, drawn.length, budget);
  const kept = Array.from(alphas.keys()).filter((i) => alphas[i]! > 0);
  const supports = new Float32Array(kept.length * rows.width);
  kept.forEach((i, k) => {
    supports.set(sample.subarray(i * rows.width, (i + 1) * rows.width), k * rows.width);
  });
  const weights = Float32Array.from(kept, (i) => alphas[i]! / budget);
  return { width: rows.width, gamma, supports, weights, boundary: 1 - offset(alphas, slopes) / budget };
}

/** How unlike the support vectors one row is: 1 minus the weighted mean of the kernel, 0..1. 1 is far from all of them. */
export function svmScore({ width, gamma, supports, weights }: OneClassSvm, values: Float32Array, at = 0): number {
  let likeness = 0;
  for (let k = 0; k < weights.length; k++) {
    likeness += weights[k]! * Math.exp(-gamma * squaredDistance(supports, k * width, values, at, width));
  }
  return 1 - likeness;
}

function usualGamma(sample: Float32Array, width: number): number {
  let sum = 0;
  for (const value of sample) sum += value;
  const mean = sum / sample.length;
  let squares = 0;
  for (const value of sample) squares += (value - mean) ** 2;
  const variance = squares / sample.length;
  return Math.fround(1 / (width * (variance > 0 ? variance : 1)));
}

function kernelMatrix(sample: Float32Array, width: number, gamma: number): Float32Array {
  const count = sample.length / width;
  const kernel = new Float32Array(count * count);
  for (let i = 0; i < count; i++) {
    kernel[i * count + i] = 1;
    for (let j = 0; j < i; j++) {
      const value = Math.exp(-gamma * squaredDistance(sample, i * width, sample, j * width, width));
      kernel[i * count + j] = value;
      kernel[j * count + i] = value;
    }
  }
  return kernel;
}

function squaredDistance(a: Float32Array, aAt: number, b: Float32Array, bAt: number, width: number): number {
  let sum = 0;
  for (let i = 0; i < width; i++) {
    const difference = a[aAt + i]! - b[bAt + i]!;
    sum += difference * difference;
  }
  return sum;
}

interface Dual {
  /** 0..1 each, `budget` in all. */
  readonly alphas: Float64Array;
  /** Gradient of the objective: the kernel times the alphas. */
  readonly slopes: Float64Array;
}

/** min ½ α'Kα with 0 <= α <= 1 and Σα = `budget`: pairs exchange weight until no exchange gains more than the tolerance. */
function minimise(kernel: Float32Array, count: number, budget: number): Dual {
  const alphas = new Float64Array(count);
  const slopes = new Float64Array(count);
  for (let i = 0, left = budget; left > 0; i++, left -= 1) {
    alphas[i] = Math.min(1, left);
    for (let k = 0; k < count; k++) slopes[k]! += alphas[i]! * kernel[i * count + k]!;
  }
  for (let step = 0; step < MOST_STEPS; step++) {
    const pair = workingPair(kernel, alphas, slopes);
    if (pair === null) break;
    const { gains, gives } = pair;
    const moved = Math.min(
      (slopes[gives]! - slopes[gains]!) / curvature(kernel, count, gains, gives),
      1 - alphas[gains]!,
      alphas[gives]!,
    );
    alphas[gains] = snapped(alphas[gains]! + moved);
    alphas[gives] = snapped(alphas[gives]! - moved);
    for (let k = 0; k < count; k++) slopes[k]! += moved * (kernel[gains * count + k]! - kernel[gives * count + k]!);
  }
  return { alphas, slopes };
}

/** Who should gain weight (lowest slope), and who gives it so that the objective falls most; `null` when it is settled. */
function workingPair(kernel: Float32Array, alphas: Float64Array, slopes: Float64Array) {
  let gains = -1;
  let lowest = Number.POSITIVE_INFINITY;
  for (let k = 0; k < alphas.length; k++) {
    if (alphas[k]! >= 1 || slopes[k]! >= lowest) continue;
    lowest = slopes[k]!;
    gains = k;
  }
  if (gains < 0) return null;
  let gives = -1;
  let most = 0;
  let highest = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < alphas.length; k++) {
    if (alphas[k]! <= 0) continue;
    const fall = slopes[k]! - lowest;
    highest = Math.max(highest, fall);
    const gain = fall <= 0 ? 0 : (fall * fall) / curvature(kernel, alphas.length, gains, k);
    if (gain <= most) continue;
    most = gain;
    gives = k;
  }
  return gives < 0 || highest < TOLERANCE ? null : { gains, gives };
}

/** Rounding must not make a bound look free. */
const snapped = (alpha: number): number => (alpha < 1e-12 ? 0 : alpha > 1 - 1e-12 ? 1 : alpha);

const curvature = (kernel: Float32Array, count: number, i: number, j: number): number =>
  Math.max(2 - 2 * kernel[i * count + j]!, 1e-12);

/** The slope on the boundary: mean of the rows that lie on it, or between the nearest of both sides. */
function offset(alphas: Float64Array, slopes: Float64Array): number {
  let sum = 0;
  let free = 0;
  let outside = Number.NEGATIVE_INFINITY;
  let inside = Number.POSITIVE_INFINITY;
  alphas.forEach((alpha, k) => {
    if (alpha <= 0) inside = Math.min(inside, slopes[k]!);
    else if (alpha >= 1) outside = Math.max(outside, slopes[k]!);
    else {
      sum += slopes[k]!;
      free += 1;
    }
  });
  if (free > 0) return sum / free;
  if (!Number.isFinite(inside)) return outside;
  return Number.isFinite(outside) ? (outside + inside) / 2 : inside;
}
