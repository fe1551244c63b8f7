/** A thing that happened, at its place along the lane (0..1). */
export interface Placed<T> {
  readonly share: number;
  readonly item: T;
}

export interface LabelledGroup<T> {
  readonly first: T;
  /** Others that stand too close to be named one by one. */
  readonly others: readonly T[];
  readonly share: number;
  /** Words stand right of the mark, or left of it near the end of the lane. */
  readonly side: 'right' | 'left';
  /** Share of the lane that the words may fill: they never reach the next mark's. */
  readonly roomShare: number;
}

/** Marks nearer than this share one label; also the least room that a label has. */
const NEAR_SHARE = 0.14;

/** Merges instants that would write over each other, and says how much room each label has. Order of the input does not matter. */
export function labelGroups<T>(placed: readonly Placed<T>[]): LabelledGroup<T>[] {
  const groups: { share: number; items: T[] }[] = [];
  for (const { share, item } of placed.toSorted((a, b) => a.share - b.share)) {
    const last = groups.at(-1);
    if (last !== undefined && share - last.share < NEAR_SHARE) last.items.push(item);
    else groups.push({ share, items: [item] });
  }
  return groups.flatMap(({ share, items: [first, ...others] }, index) => {
    if (first === undefined) return [];
    const next = groups[index + 1]?.share ?? 1;
    const previous = groups[index - 1]?.share ?? 0;
    const isLast = index === groups.length - 1;
    const side = isLast && share > 0.6 ? 'left' : 'right';
    // The mark before keeps half of what lies between when this label comes towards it.
    const room = side === 'left' ? (groups.length > 1 ? (share - previous) / 2 : share) : next - share;
    const isSharing = side === 'right' && index === groups.length - 2 && (groups.at(-1)?.share ?? 0) > 0.6;
    return [{ first, others, share, side, roomShare: isSharing ? room / 2 : room }] as LabelledGroup<T>[];
  });
}

/** Rows for words on one line each, so that none stands over another: the lowest free row from the left. */
export function staggerRows(shares: readonly number[], widthShare: number): number[] {
  const endOfRow: number[] = [];
  const order = [...shares.keys()].toSorted((a, b) => (shares[a] ?? 0) - (shares[b] ?? 0));
  const rows = new Array<number>(shares.length).fill(0);
  for (const index of order) {
    // Near the end the words stand left of their line.
    const share = shares[index] ?? 0;
    const start = share > FLIP_SHARE ? share - widthShare : share;
    const free = endOfRow.findIndex((end) => end <= start);
    const row = free === -1 ? endOfRow.length : free;
    endOfRow[row] = start + widthShare;
    rows[index] = row;
  }
  return rows;
}

export const FLIP_SHARE = 0.8;
