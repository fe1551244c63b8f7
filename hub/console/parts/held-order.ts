/**
 * Rows must not move under the pointer or the keyboard's focus. While held, known rows keep their places and take their
 * new values; new ones wait and are counted.
 *
 * @param heldIds - the order shown when the reader took hold; `null` when nothing is held
 */
export function heldOrder<Row>(
  sorted: readonly Row[],
  rowId: (row: Row) => string,
  heldIds: readonly string[] | null,
): { readonly rows: readonly Row[]; readonly waiting: number } {
  if (heldIds === null) return { rows: sorted, waiting: 0 };
  const byId = new Map(sorted.map((row) => [rowId(row), row]));
  const rows = heldIds.map((id) => byId.get(id)).filter((row) => row !== undefined);
  return { rows, waiting: sorted.length - rows.length };
}
