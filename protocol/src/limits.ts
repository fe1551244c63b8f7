/** Bounds that both sides of the wire agree on. Beyond them a batch is refused with a reason, never truncated in silence. */
export const MAX_BATCH_COMPRESSED_BYTES = 4 * 1024 * 1024;
export const MAX_BATCH_RAW_BYTES = 16 * 1024 * 1024;
export const MAX_BATCH_ROWS = 50_000;
export const MAX_EVENT_BYTES = 64 * 1024;
/** Longest list (values a row) in a series block: one hour at one second. */
export const MAX_BLOCK_VALUES = 3_600;
/** Longest step of a block: a day. */
export const MAX_STEP_MS = 24 * 3_600_000;
/** Longest UTF-8 text in one cell. */
export const MAX_TEXT_BYTES = 64 * 1024;
/** How far a row's time may lie ahead of, or behind, the hub's clock. */
export const MAX_CLOCK_AHEAD_MS = 10 * 60_000;
export const MAX_CLOCK_BEHIND_MS = 14 * 24 * 3_600_000;
/** Series one agent may announce; further ones are refused as a label explosion and counted. */
export const MAX_SERIES_PER_AGENT = 20_000;
/** Length of an attribute's key and value. */
export const MAX_ATTRIBUTE_KEY_LENGTH = 128;
export const MAX_ATTRIBUTE_VALUE_LENGTH = 512;
export const MAX_ATTRIBUTES_PER_SERIES = 24;
export const MAX_METRIC_LENGTH = 200;
export const MAX_UNIT_LENGTH = 32;
