import type { Box } from './box.ts';
import { FAILED } from './dot-ring.ts';
import type { XViewDots } from './dots-resource.ts';
import { topsMs } from './scale.ts';

export interface DotFilter {
  /** Shown services, by index; `null` shows all. */
  readonly services: ReadonlySet<number> | null;
  readonly isErrorsOnly: boolean;
}

type Take = (timeMs: number, elapsedMs: number, count: number, failed: number) => void;

/** Every dot, or every cell of a grid by its lower edges, that the filter lets through. */
function eachDot(dots: Pick<XViewDots, 'ring' | 'grid'>, filter: DotFilter, take: Take): void {
  const { ring, grid } = dots;
  const isHidden = (service: number): boolean => filter.services !== null && !filter.services.has(service);
  if (grid !== null) {
    for (let at = 0; at < grid.length; at += 1) {
      if (isHidden(grid.service[at]!)) continue;
      const failed = grid.failed[at]!;
      const count = filter.isErrorsOnly ? failed : grid.count[at]!;
      if (count > 0) take(grid.timesMs[at]!, grid.elapsedEdgesMs[grid.bin[at]!] ?? 0, count, failed);
    }
    return;
  }
  for (let index = 0; index < ring.length; index += 1) {
    const slot = ring.slot(index);
    const failed = ring.flags[slot]! & FAILED;
    if ((filter.isErrorsOnly && failed === 0) || isHidden(ring.service[slot]!)) continue;
    take(ring.timesMs[slot]!, ring.elapsedMs[slot]!, 1, failed);
  }
}

export interface DotSummary {
  readonly count: number;
  readonly failed: number;
  /** How many lie above each of `topsMs`. */
  readonly above: readonly number[];
}

export function summarize(dots: Pick<XViewDots, 'ring' | 'grid'>, filter: DotFilter): DotSummary {
  let [count, failedCount] = [0, 0];
  const above = topsMs.map(() => 0);
  const lowest = topsMs[0] ?? 0;
  eachDot(dots, filter, (_, elapsedMs, dotCount, failed) => {
    count += dotCount;
    failedCount += failed;
    if (elapsedMs <= lowest) return;
    for (let step = 0; step < topsMs.length && elapsedMs > topsMs[step]!; step += 1) above[step]! += dotCount;
  });
  return { count, failed: failedCount, above };
}

/** Elapsed-time columns of the table of intervals, ms; the last has no upper end. */
export const intervalEdgesMs: readonly number[] = [0, 100, 300, 1000, 3000, 8000];

export interface Interval extends Box {
  readonly count: number;
  readonly failed: number;
}

/**
 * The picture as a table: one row for each span between two of `timesMs`, one cell for each elapsed-time column.
 *
 * @param timesMs - ascending, two or more
 */
export function intervals(
  dots: Pick<XViewDots, 'ring' | 'grid'>,
  filter: DotFilter,
  timesMs: readonly number[],
): readonly (readonly Interval[])[] {
  const rows = timesMs.slice(0, -1).map((fromMs, row) =>
    intervalEdgesMs.map((lowMs, column) => ({
      fromMs: Math.floor(fromMs),
      toMs: Math.floor(timesMs[row + 1] ?? fromMs),
      lowMs,
      highMs: intervalEdgesMs[column + 1] ?? null,
      count: 0,
      failed: 0,
    })),
  );
  let row = 0;
  eachDot(dots, filter, (timeMs, elapsedMs, count, failed) => {
    if (timeMs < (timesMs[row] ?? 0)) row = 0; // Cells of a grid go back for the next service.
    while (row < rows.length && timeMs >= (timesMs[row + 1] ?? Number.POSITIVE_INFINITY)) row += 1;
    const column = intervalEdgesMs.findLastIndex((edge) => elapsedMs >= edge);
    const cell = timeMs < (timesMs[0] ?? 0) ? undefined : rows[row]?.[column];
    if (cell === undefined) return;
    cell.count += count;
    cell.failed += failed;
  });
  return rows;
}
