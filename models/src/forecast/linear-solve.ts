/** Solves `a x = b` for symmetric positive definite `a` (n × n, row by row; overwritten) and `columns` right sides (n × columns; overwritten with x). */
export function solveSymmetric(a: Float64Array, b: Float64Array, n: number, columns: number): void {
  // Cholesky: the lower triangle becomes the factor.
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let sum = a[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= a[i * n + k]! * a[j * n + k]!;
      a[i * n + j] = i === j ? Math.sqrt(Math.max(sum, 1e-12)) : sum / a[j * n + j]!;
    }
  }
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) addRow(b, i, k, -a[i * n + k]!, columns);
    scaleRow(b, i, 1 / a[i * n + i]!, columns);
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) addRow(b, i, k, -a[k * n + i]!, columns);
    scaleRow(b, i, 1 / a[i * n + i]!, columns);
  }
}

function addRow(b: Float64Array, to: number, from: number, factor: number, columns: number): void {
  for (let c = 0; c < columns; c++) b[to * columns + c]! += factor * b[from * columns + c]!;
}

function scaleRow(b: Float64Array, row: number, factor: number, columns: number): void {
  for (let c = 0; c < columns; c++) b[row * columns + c]! *= factor;
}
