import { zstdDecompressSync } from 'node:zlib';
import { MAX_BATCH_COMPRESSED_BYTES, MAX_BATCH_RAW_BYTES } from '../limits.ts';
import { ok, type Result, refused } from '../result.ts';

/**
 * The content of one zstd frame of at most MAX_BATCH_RAW_BYTES. The header is read first: a frame that does not say its
 * content's size, or asks for more memory than that, costs nothing. The result is one allocation of the size declared.
 */
export function decompressBatch(compressed: Uint8Array): Result<Uint8Array, 'too-large' | 'bomb' | 'not-zstd'> {
  if (compressed.length > MAX_BATCH_COMPRESSED_BYTES) {
    return refused('too-large', `${compressed.length} bytes compressed, limit ${MAX_BATCH_COMPRESSED_BYTES}`);
  }
  const header = readFrameHeader(compressed);
  if (header === null) return refused('not-zstd', 'no zstd frame that says its size');
  const wanted = Math.max(header.contentBytes, header.windowBytes);
  if (wanted > MAX_BATCH_RAW_BYTES)
    return refused('bomb', `frame asks for ${wanted} bytes, limit ${MAX_BATCH_RAW_BYTES}`);
  try {
    // One byte to spare: a chunk that comes back full makes zlib ask for another.
    const content = zstdDecompressSync(compressed, {
      chunkSize: Math.max(MIN_CHUNK_BYTES, header.contentBytes + 1),
      maxOutputLength: MAX_BATCH_RAW_BYTES,
    });
    return ok(new Uint8Array(content.buffer, content.byteOffset, content.byteLength));
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    return code === 'ERR_BUFFER_TOO_LARGE'
      ? refused('bomb', `more than ${MAX_BATCH_RAW_BYTES} bytes`)
      : refused('not-zstd', code);
  }
}

/** What zlib takes at least. */
const MIN_CHUNK_BYTES = 64;
const MAGIC = 0xfd2fb528;

/** @see RFC 8878, section 3.1.1.1 */
function readFrameHeader(bytes: Uint8Array): { contentBytes: number; windowBytes: number } | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  // Magic, descriptor, window or dictionary and the widest size take at most 18 bytes; no whole frame of ours is that short.
  if (bytes.length < 18 || view.getUint32(0, true) !== MAGIC) return null;
  const descriptor = bytes[4]!;
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]!;
  const sizeFlag = descriptor >> 6;
  if (sizeFlag === 0 && !isSingleSegment) return null;
  const at = 5 + (isSingleSegment ? 0 : 1) + dictionaryBytes;
  const contentBytes = readContentSize(view, at, sizeFlag);
  return { contentBytes, windowBytes: isSingleSegment ? contentBytes : windowSize(bytes[5]!) };
}

function readContentSize(view: DataView, at: number, sizeFlag: number): number {
  switch (sizeFlag) {
    case 0:
      return view.getUint8(at);
    case 1:
      return view.getUint16(at, true) + 256;
    case 2:
      return view.getUint32(at, true);
    default:
      return Number(view.getBigUint64(at, true));
  }
}

function windowSize(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >> 3));
  return base + (base / 8) * (descriptor & 7);
}
