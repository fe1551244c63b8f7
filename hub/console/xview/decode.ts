import type { TransactionDots, TransactionGrid } from '../api/types.ts';

/** Transactions as columns of one length, ascending by time. One object a dot would be a hundred thousand of them. */
export interface DotColumns {
  readonly length: number;
  /** End of each transaction, unix ms. Doubles: a Float32 of 1.8e12 would be minutes wide. */
  readonly timesMs: Float64Array;
  readonly elapsedMs: Float32Array;
  /** Bit 0: failed. */
  readonly flags: Uint8Array;
  /** Index into the services of the answer. */
  readonly service: Uint8Array;
}

/** Counts by time, elapsed time and service: what the hub answers when there are too many dots. */
export interface GridCells {
  readonly length: number;
  readonly stepMs: number;
  readonly elapsedEdgesMs: readonly number[];
  readonly timesMs: Float64Array;
  readonly bin: Uint16Array;
  readonly service: Uint8Array;
  readonly count: Uint32Array;
  readonly failed: Uint32Array;
}

export function decodeDots(answer: TransactionDots): DotColumns {
  const { count } = answer;
  const offsets = new Float32Array(bytesOf(answer.timesMs, 4 * count));
  return {
    length: count,
    timesMs: absoluteTimes(offsets, answer.fromUnixMs),
    elapsedMs: new Float32Array(bytesOf(answer.elapsedMs, 4 * count)),
    flags: new Uint8Array(bytesOf(answer.flags, count)),
    service: new Uint8Array(bytesOf(answer.service, count)),
  };
}

export function decodeGrid({ cells, fromUnixMs, stepMs, elapsedEdgesMs }: TransactionGrid): GridCells {
  const offsets = new Float32Array(bytesOf(cells.timesMs));
  return {
    length: offsets.length,
    stepMs,
    elapsedEdgesMs,
    timesMs: absoluteTimes(offsets, fromUnixMs),
    bin: new Uint16Array(bytesOf(cells.bin)),
    service: new Uint8Array(bytesOf(cells.service)),
    count: new Uint32Array(bytesOf(cells.count)),
    failed: new Uint32Array(bytesOf(cells.failed)),
  };
}

function absoluteTimes(offsets: Float32Array, fromUnixMs: number): Float64Array {
  const times = new Float64Array(offsets.length);
  for (let at = 0; at < offsets.length; at += 1) times[at] = fromUnixMs + offsets[at]!;
  return times;
}

/**
 * Every browser we know is little-endian, as the answer is.
 *
 * @param size - bytes wanted: a column shorter than the others would draw transactions that never were
 */
function bytesOf(base64: string, size?: number): ArrayBuffer {
  const text = atob(base64);
  if (size !== undefined && text.length !== size) {
    throw new RangeError(`a column has ${text.length} bytes instead of ${size}`);
  }
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at);
  return bytes.buffer;
}
