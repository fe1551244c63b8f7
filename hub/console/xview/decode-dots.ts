/** Completed requests as columns; `endUnixMs` ascends. No object per dot: there are up to two million. */
export interface Dots {
  readonly services: readonly string[];
  readonly endUnixMs: Float64Array;
  readonly elapsedMs: Float32Array;
  readonly status: Uint16Array;
  /** 1 = failed. */
  readonly flags: Uint8Array;
  /** Index into `services`. */
  readonly service: Uint8Array;
}

/** The answer of `POST /query/transactions` with single dots: little-endian columns in base64. */
export interface DotsAnswer {
  readonly fromUnixMs: number;
  readonly services: readonly string[];
  readonly count: number;
  readonly timesMs: string;
  readonly elapsedMs: string;
  readonly status: string;
  readonly flags: string;
  readonly service: string;
}

export function decodeDots(answer: DotsAnswer): Dots {
  const { count, fromUnixMs } = answer;
  const offsets = new Float32Array(column(answer.timesMs, count, 4));
  return {
    services: answer.services,
    endUnixMs: Float64Array.from(offsets, (offset) => fromUnixMs + offset),
    elapsedMs: new Float32Array(column(answer.elapsedMs, count, 4)),
    status: new Uint16Array(column(answer.status, count, 2)),
    flags: new Uint8Array(column(answer.flags, count, 1)),
    service: new Uint8Array(column(answer.service, count, 1)),
  };
}

/** A column shorter than the count would draw requests that never were. */
function column(base64: string, count: number, width: number): ArrayBuffer {
  const text = atob(base64);
  if (text.length !== count * width) {
    throw new RangeError(`a column of ${count} dots has ${text.length} bytes instead of ${count * width}`);
  }
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at);
  return bytes.buffer;
}
