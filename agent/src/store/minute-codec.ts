import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { MINUTE_STEPS } from './minute-buffer.ts';

/** One series in one minute. */
export interface SeriesMinute {
  readonly id: bigint;
  /** 60 values, NaN for gaps. */
  readonly values: Float64Array;
}

/** A record is at most this long unpacked: all series an agent may have, under one metric. */
const MAX_RAW_BYTES = 16 * 1024 * 1024;

/**
 * Packs the series of one metric: ids, then values with the bytes of equal weight together (neighbouring values share
 * sign, exponent and high digits, which zstd then finds), compressed at level 1.
 */
export function packMinute(series: readonly SeriesMinute[]): Uint8Array {
  const count = series.length;
  const raw = new Uint8Array(count * 8 * (1 + MINUTE_STEPS));
  new BigUint64Array(raw.buffer, 0, count).set(series.map((one) => one.id));
  const planes = raw.subarray(count * 8);
  const total = count * MINUTE_STEPS;
  for (const [row, { values }] of series.entries()) {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, MINUTE_STEPS * 8);
    const at = row * MINUTE_STEPS;
    for (let i = 0; i < MINUTE_STEPS; i++) {
      for (let plane = 0; plane < 8; plane++) planes[plane * total + at + i] = bytes[i * 8 + plane]!;
    }
  }
  return zstdCompressSync(raw, { params: { [constants.ZSTD_c_compressionLevel]: 1 } });
}

/** The series of a record; throws where it is damaged. */
export function unpackMinute(packed: Uint8Array): SeriesMinute[] {
  const raw = zstdDecompressSync(packed, { maxOutputLength: MAX_RAW_BYTES });
  const count = Math.floor(raw.length / (8 * (1 + MINUTE_STEPS)));
  const total = count * MINUTE_STEPS;
  const planes = raw.subarray(count * 8);
  const values = new Float64Array(total);
  const bytes = new Uint8Array(values.buffer);
  for (let i = 0; i < total; i++) {
    for (let plane = 0; plane < 8; plane++) bytes[i * 8 + plane] = planes[plane * total + i]!;
  }
  return Array.from({ length: count }, (_, row) => ({
    id: raw.readBigUInt64LE(row * 8),
    values: values.subarray(row * MINUTE_STEPS, (row + 1) * MINUTE_STEPS),
  }));
}
