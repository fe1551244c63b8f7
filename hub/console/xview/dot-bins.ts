/** What stands on top of the density at a pixel. Higher wins. */
export const mark = { none: 0, above: 1, failed: 2, failedAbove: 3 } as const;

export interface BinShape {
  /** Device pixels of the plot. */
  readonly width: number;
  readonly height: number;
  readonly msPerColumn: number;
  /** Elapsed time at the top edge. */
  readonly topMs: number;
  /** Side of a dot in device pixels. */
  readonly dotSize: number;
}

/**
 * How many dots cover each device pixel, and which pixels carry a cross or a mark at the top.
 *
 * Columns are numbered from the epoch and kept in a ring of slots: a picture that scrolls clears what enters on the right
 * and touches nothing else. A few slots more than the plot is wide take what dots at its edges reach over.
 */
export class DotBins {
  readonly shape: BinShape;
  /** Slots of the ring: one row of the arrays. */
  readonly slots: number;
  /** How far the mark of a dot reaches to each side, in columns. */
  readonly reach: number;
  /** Row by row, top first. */
  readonly counts: Uint16Array;
  readonly marks: Uint8Array;
  /** Newest column held; the oldest is `slots - 1` before it. */
  lastColumn = Number.NEGATIVE_INFINITY;

  constructor(shape: BinShape) {
    this.shape = shape;
    this.reach = Math.max(2, Math.round(shape.dotSize * 1.25));
    this.slots = shape.width + 2 * this.reach;
    this.counts = new Uint16Array(this.slots * shape.height);
    this.marks = new Uint8Array(this.slots * shape.height);
  }

  columnOf(timeMs: number): number {
    return Math.floor(timeMs / this.shape.msPerColumn);
  }

  slotOf(column: number): number {
    const slot = column % this.slots;
    return slot < 0 ? slot + this.slots : slot;
  }

  get firstColumn(): number {
    return this.lastColumn - this.slots + 1;
  }

  /**
   * Lets the picture end at `column`, forgetting what leaves.
   *
   * @returns the first column that is empty now; later ones are too. `null` when nothing moved
   */
  moveTo(column: number): number | null {
    if (column === this.lastColumn) return null;
    const first = column < this.lastColumn ? column - this.slots + 1 : this.lastColumn + 1;
    this.lastColumn = column;
    return this.clearFrom(first);
  }

  /** @returns the first column cleared */
  clearFrom(column: number): number {
    const first = Math.max(column, this.firstColumn);
    if (first === this.firstColumn) {
      this.counts.fill(0);
      this.marks.fill(0);
      return first;
    }
    for (const [from, to] of this.slotRuns(first, this.lastColumn)) {
      for (let y = 0; y < this.shape.height; y += 1) {
        this.counts.fill(0, y * this.slots + from, y * this.slots + to);
        this.marks.fill(0, y * this.slots + from, y * this.slots + to);
      }
    }
    return first;
  }

  /** Columns `first` to `last` as one or two runs of slots, ends excluded. */
  slotRuns(first: number, last: number): readonly (readonly [number, number])[] {
    if (last < first) return [];
    if (last - first + 1 >= this.slots) return [[0, this.slots]];
    const [from, to] = [this.slotOf(first), this.slotOf(last) + 1];
    return from < to
      ? [[from, to]]
      : [
          [from, this.slots],
          [0, to],
        ];
  }

  /** @param fromColumn - pixels before it are left alone: they hold this dot already */
  add(timeMs: number, elapsedMs: number, isFailed: boolean, fromColumn = Number.NEGATIVE_INFINITY): void {
    const { height, topMs, dotSize } = this.shape;
    const column = this.columnOf(timeMs);
    const first = Math.max(this.firstColumn, fromColumn);
    if (column + this.reach < first || column - this.reach > this.lastColumn) return;
    if (elapsedMs > topMs) {
      this.#markTop(column, isFailed ? mark.failedAbove : mark.above, first);
      return;
    }
    const y = Math.min(height - 1, Math.floor((1 - elapsedMs / topMs) * height));
    for (let dx = 0; dx < dotSize; dx += 1) {
      const x = column + dx;
      if (x < first || x > this.lastColumn) continue;
      const slot = this.slotOf(x);
      for (let dy = 0; dy < dotSize; dy += 1) {
        const row = y - dy;
        if (row < 0) break;
        const at = row * this.slots + slot;
        if (this.counts[at]! < 0xffff) this.counts[at]! += 1;
      }
    }
    if (isFailed) this.#cross(column, y, first);
  }

  /** A cell of the grid that stands for many dots: every pixel of it counts them. */
  addCell(
    cell: { readonly fromMs: number; readonly toMs: number; readonly lowMs: number; readonly highMs: number },
    count: number,
    failed: number,
  ): void {
    const { height, topMs } = this.shape;
    const bottom = Math.min(height - 1, Math.floor((1 - cell.lowMs / topMs) * height));
    const top = Math.max(0, Math.floor((1 - cell.highMs / topMs) * height) + 1);
    const [from, to] = [this.columnOf(cell.fromMs), Math.max(this.columnOf(cell.fromMs), this.columnOf(cell.toMs) - 1)];
    const middle = Math.floor((from + to) / 2);
    if (cell.lowMs >= topMs) {
      this.#markTop(middle, failed > 0 ? mark.failedAbove : mark.above, this.firstColumn);
      return;
    }
    for (let x = Math.max(from, this.firstColumn); x <= Math.min(to, this.lastColumn); x += 1) {
      const slot = this.slotOf(x);
      for (let y = Math.min(top, bottom); y <= bottom; y += 1) {
        const at = y * this.slots + slot;
        this.counts[at] = Math.min(0xffff, this.counts[at]! + count);
      }
    }
    if (failed > 0) this.#cross(middle, Math.floor((Math.min(top, bottom) + bottom) / 2), this.firstColumn);
  }

  #cross(column: number, y: number, first: number): void {
    for (let step = -this.reach; step <= this.reach; step += 1) {
      this.#set(column + step, y + step, mark.failed, first);
      this.#set(column + step, y - step, mark.failed, first);
    }
  }

  /** A triangle that points up. */
  #markTop(column: number, kind: number, first: number): void {
    for (let row = 0; row <= this.reach * 2; row += 1) {
      const half = row >> 1;
      for (let dx = -half; dx <= half; dx += 1) this.#set(column + dx, row, kind, first);
    }
  }

  #set(x: number, y: number, kind: number, first: number): void {
    if (x < first || x > this.lastColumn || y < 0 || y >= this.shape.height) return;
    const at = y * this.slots + this.slotOf(x);
    if (this.marks[at]! < kind) this.marks[at] = kind;
  }

  /** The count that 97 of 100 covered pixels do not exceed: where the scale of the density ends. */
  usualMost(): number {
    const histogram = new Uint32Array(1024);
    let covered = 0;
    for (const count of this.counts) {
      if (count === 0) continue;
      histogram[Math.min(count, 1023)]! += 1;
      covered += 1;
    }
    let left = covered * 0.97;
    for (let count = 1; count < histogram.length; count += 1) {
      left -= histogram[count]!;
      if (left <= 0) return count;
    }
    return histogram.length - 1;
  }
}

export const LEVELS = 5;

/**
 * Which of the five steps a count is drawn in, on a log scale that ends at `most`.
 *
 * @returns 0 for none, else 1 to 5
 */
export function densityLevel(count: number, most: number): number {
  if (count === 0) return 0;
  if (most <= 1) return count === 1 ? 1 : LEVELS;
  const share = Math.log(count) / Math.log(most);
  return Math.min(LEVELS, 1 + Math.floor(share * (LEVELS - 1) + 1e-9));
}
