export * from './arrow/column.ts';
export { compressBatch, encodeBatch, listColumn, utf8Column } from './arrow/encode.ts';
export { type BatchToJoin, joinBatches } from './arrow/join.ts';
export { type BatchRefusal, type OpenBatch, openBatch, openStream } from './arrow/open.ts';
export * from './arrow/signal.ts';
export { schemaMessage, storedColumns } from './arrow/signal-schema.ts';
export * from './ids.ts';
export * from './limits.ts';
export * from './result.ts';
export * from './schema/ask.ts';
export * from './schema/change.ts';
export * from './schema/delivery.ts';
export * from './schema/enrol.ts';
export * from './schema/finding.ts';
export * from './schema/health.ts';
export * from './schema/state.ts';
export * from './series-id.ts';
export * from './subjects.ts';

/** Raised when the meaning of messages changes; the hub speaks this and the one before. */
export const PROTOCOL_VERSION = 1;
