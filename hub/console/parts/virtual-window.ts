/** Rows drawn beyond each edge, so that a wheel step shows no gap. */
const OVERSCAN = 8;

/** Which rows of equal height are drawn: `[first, end)`, at most the viewport and its overscan. */
export function virtualWindow(scrollTop: number, viewportHeight: number, rowHeight: number, rowCount: number) {
  const first = Math.max(0, Math.min(rowCount, Math.floor(scrollTop / rowHeight)) - OVERSCAN);
  const end = Math.min(rowCount, Math.ceil((scrollTop + viewportHeight) / rowHeight) + OVERSCAN);
  return { first, end: Math.max(first, end) };
}
