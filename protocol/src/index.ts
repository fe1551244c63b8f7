export * from './arrow/column.ts';
export * from './arrow/signal.ts';
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
