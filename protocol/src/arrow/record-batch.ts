import { ok, type Result, refused } from '../result.ts';
import { MetadataReader } from './metadata-reader.ts';

const METADATA_V5 = 4;
const HEADER_RECORD_BATCH = 3;
/** A field node or buffer: two 64-bit numbers. */
export const STRUCT_BYTES = 16;

/** Where the numbers of a record batch's metadata lie, in bytes from the first byte of the flatbuffer. */
export interface RecordBatchFields {
  readonly bodyLengthAt: number;
  readonly rowsAt: number;
  /** Field nodes: length, null count. */
  readonly nodesAt: number;
  readonly nodes: number;
  /** Buffers: offset in the body, length. */
  readonly buffersAt: number;
  readonly buffers: number;
}

/**
 * Finds those numbers in metadata from anywhere, never reading outside of it. Body compression, variadic buffers and
 * absent fields are refused: our writers send none of them.
 */
export function locateRecordBatch(metadata: Uint8Array): Result<RecordBatchFields, 'malformed'> {
  const reader = new MetadataReader(metadata);
  const message = reader.follow(0);
  const versionAt = reader.field(message, 0);
  const headerTypeAt = reader.field(message, 1);
  const headerAt = reader.field(message, 2);
  const bodyLengthAt = reader.field(message, 3);
  if (versionAt === 0 || headerTypeAt === 0 || headerAt === 0 || bodyLengthAt === 0)
    return malformed('message without its fields');
  if (reader.i16(versionAt) !== METADATA_V5) return malformed('metadata version is not 5');
  if (reader.u8(headerTypeAt) !== HEADER_RECORD_BATCH) return malformed('message is not a record batch');
  const batch = reader.follow(headerAt);
  const rowsAt = reader.field(batch, 0);
  const nodesField = reader.field(batch, 1);
  const buffersField = reader.field(batch, 2);
  if (rowsAt === 0 || nodesField === 0 || buffersField === 0) return malformed('record batch without its fields');
  if (reader.field(batch, 3) !== 0 || reader.field(batch, 4) !== 0) return malformed('compressed or variadic body');
  const nodesAt = reader.follow(nodesField);
  const buffersAt = reader.follow(buffersField);
  const fields: RecordBatchFields = {
    bodyLengthAt,
    rowsAt,
    nodesAt: nodesAt + 4,
    nodes: reader.u32(nodesAt),
    buffersAt: buffersAt + 4,
    buffers: reader.u32(buffersAt),
  };
  reader.need(fields.nodesAt, fields.nodes * STRUCT_BYTES);
  reader.need(fields.buffersAt, fields.buffers * STRUCT_BYTES);
  return reader.broken ? malformed('metadata points outside itself') : ok(fields);
}

const malformed = (detail: string) => refused('malformed', detail);
