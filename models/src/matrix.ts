/** Small dense linear algebra over row-major Float64Array; sizes up to a few hundred. */

/** Gram matrix `X'X` of rows `from..to` of a row-major table, `width` numbers a row. */
export function gram(rows: Float64Array, width: number, from: number, to: number): Float64Array {
  const result = new Float64Array(width * width);
  for (let row = from; row < to; row++) {
    const at = row * width;
    for (let i = 0; i < width; i++) {
      const left = rows[at + i]!;
      if (left === 0) continue;
      for (let j = i; j < width; j++) result[i * width + j]! += left * rows[at + j]!;
    }
  }
  for (let i = 0; i < width; i++) for (let j = 0; j < i; j++) result[i * width + j] = result[j * width + i]!;
  return result;
}

/**
 * Solves `A X = B` for a symmetric positive definite A (n × n) and B (n × m) by Cholesky. A is overwritten by its factor.
 * The caller adds a ridge; a pivot that is still not positive is taken as tiny.
 */
export function solveSymmetric(a: Float64Array, n: number, b: Float64Array, m: number): Float64Array {
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let sum = a[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= a[i * n + k]! * a[j * n + k]!;
      a[i * n + j] = i === j ? Math.sqrt(Math.max(sum, 1e-12)) : sum / a[j * n + j]!;
    }
  }
  const x = b.slice();
  // Whole rows at a time: they lie side by side.
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) takeRow(x, i, k, a[i * n + k]!, m);
    divideRow(x, i, a[i * n + i]!, m);
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) takeRow(x, i, k, a[k * n + i]!, m);
    divideRow(x, i, a[i * n + i]!, m);
  }
  return x;
}

function takeRow(x: Float64Array, from: number, row: number, factor: number, width: number): void {
  for (let c = 0; c < width; c++) x[from * width + c]! -= factor * x[row * width + c]!;
}

function divideRow(x: Float64Array, row: number, divisor: number, width: number): void {
  for (let c = 0; c < width; c++) x[row * width + c]! /= divisor;
}

/** Eigenvalues (largest first) and eigenvectors (rows) of a symmetric matrix, by cyclic Jacobi rotations. */
export function eigenSymmetric(matrix: Float64Array, n: number): { values: Float64Array; vectors: Float64Array[] } {
  const a = matrix.slice();
  const v = identity(n);
  for (let sweep = 0; sweep < 30 && offDiagonal(a, n) > 1e-18 * n * n; sweep++) {
    for (let p = 0; p < n; p++) for (let q = p + 1; q < n; q++) rotate(a, v, n, p, q);
  }
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => a[j * n + j]! - a[i * n + i]!);
  return {
    values: Float64Array.from(order, (i) => a[i * n + i]!),
    vectors: order.map((i) => Float64Array.from({ length: n }, (_, k) => v[k * n + i]!)),
  };
}

export function identity(n: number): Float64Array {
  const result = new Float64Array(n * n);
  for (let i = 0; i < n; i++) result[i * n + i] = 1;
  return result;
}

function offDiagonal(a: Float64Array, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) sum += a[i * n + j]! ** 2;
  return sum;
}

function rotate(a: Float64Array, v: Float64Array, n: number, p: number, q: number): void {
  const apq = a[p * n + q]!;
  if (Math.abs(apq) < 1e-300) return;
  const theta = (a[q * n + q]! - a[p * n + p]!) / (2 * apq);
  const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (let k = 0; k < n; k++) {
    const kp = a[k * n + p]!;
    const kq = a[k * n + q]!;
    a[k * n + p] = c * kp - s * kq;
    a[k * n + q] = s * kp + c * kq;
  }
  for (let k = 0; k < n; k++) {
    const pk = a[p * n + k]!;
    const qk = a[q * n + k]!;
    a[p * n + k] = c * pk - s * qk;
    a[q * n + k] = s * pk + c * qk;
    const vp = v[k * n + p]!;
    const vq = v[k * n + q]!;
    v[k * n + p] = c * vp - s * vq;
    v[k * n + q] = s * vp + c * vq;
  }
}
