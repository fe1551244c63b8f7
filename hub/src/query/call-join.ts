/** The callee's row may say that it ended this long before its caller did, or after by another clock. */
const CALLEE_EARLIER_MS = 30_000;
const CALLEE_LATER_MS = 2_000;

/** Rows that may answer a caller's of the window (`in-window.ts`), joined by trace: `child.parentSpanId = parent.spanId`. */
export const answersInWindow = `t >= fromUnixTimestamp64Milli({from:Int64} - ${CALLEE_EARLIER_MS})
  AND t < fromUnixTimestamp64Milli({to:Int64} + ${CALLEE_LATER_MS}) AND parentSpanId != ''`;
