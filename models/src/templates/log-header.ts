import { type ColumnKind, type HeaderColumn, headerColumns } from './header-columns.ts';

const COLUMN_LIMIT = 16;
/** Share of the lines that must have a kind in a column. */
const SHARE_NEEDED = 0.9;
const CONSTANT_SHARE = 0.97;
/** Lines needed before a layout is believed. */
const LINES_NEEDED = 5;
/** How far behind its place a component or separator may stand: names of several words come before it. */
const SHIFT_LIMIT = 2;
/** Share of the telling columns that a line of the layout has. */
const STRONG_NEEDED = 0.6;

/** Kinds of the columns before the message, in order. None: lines of the source have no header. */
export type HeaderLayout = readonly ColumnKind[];

/** The layout that most of these lines share. Nothing is assumed of any program's format. */
export function findHeader(lines: readonly string[]): HeaderLayout {
  const rows = ofCommonStart(
    lines.filter((line) => line.trim() !== '').map((line) => headerColumns(line, COLUMN_LIMIT)),
  );
  if (rows.length < LINES_NEEDED) return [];
  const layout: ColumnKind[] = [];
  let length = 0;
  let isTimed = false;
  let isClosed = false;
  for (let at = 0; at < COLUMN_LIMIT && !isClosed; at++) {
    const cells = rows.map((row) => row[at]).filter((cell) => cell !== undefined);
    // The message itself must be left.
    if (rows.filter((row) => row.length > at + 1).length < SHARE_NEEDED * rows.length) break;
    let kind = commonKind(cells, rows.length);
    if (kind === 'word' && isTimed) {
      const shifted = (['separator', 'component'] as const).find(
        (one) =>
          rows.filter((row) => row.slice(at, at + 1 + SHIFT_LIMIT).some((cell) => cell.kind === one)).length >=
            SHARE_NEEDED * rows.length && cells.some((cell) => cell.kind === one),
      );
      if (shifted !== undefined) {
        kind = shifted;
        isClosed = true;
      }
    }
    if (kind === 'time' || kind === 'level') isTimed = true;
    const isStrong = kind === 'time' || kind === 'level' || kind === 'separator' || (kind === 'component' && isTimed);
    layout.push(kind);
    if (isStrong) length = at + 1;
    else if (length === at && length > 0 && goesOn(kind, cells, rows, at)) length = at + 1;
    isClosed ||= kind === 'component' && isTimed;
  }
  return isTimed ? layout.slice(0, length) : [];
}

/** Where the message of a line begins. A line that departs from the layout is cut where it departs. */
export function messageStart(line: string, layout: HeaderLayout): number {
  if (layout.length === 0) return 0;
  const columns = headerColumns(line, layout.length);
  const last = layout.length - 1;
  const isWhole =
    columns.length > last &&
    fitsKind(columns[last]!.kind, layout[last]!) &&
    strongShare(columns, layout) >= STRONG_NEEDED;
  if (isWhole) return pastKey(line, columns[last]!.end);
  return pastKey(line, departure(headerColumns(line, layout.length + SHIFT_LIMIT), layout));
}

/** Share of the columns that tell a header which are what the layout says. */
function strongShare(columns: readonly HeaderColumn[], layout: HeaderLayout): number {
  let strong = 0;
  let fitting = 0;
  for (const [at, kind] of layout.entries()) {
    if (kind !== 'time' && kind !== 'level' && kind !== 'separator' && kind !== 'component') continue;
    strong++;
    if (fitsKind(columns[at]!.kind, kind)) fitting++;
  }
  return fitting / Math.max(strong, 1);
}

function departure(columns: readonly HeaderColumn[], layout: HeaderLayout): number {
  let end = 0;
  for (const [at, kind] of layout.entries()) {
    const column = columns[at];
    if (column === undefined) return end;
    if (!fitsKind(column.kind, kind)) {
      if (kind === 'component' || kind === 'separator') {
        const found = columns.slice(at + 1, at + 1 + SHIFT_LIMIT).find((one) => one.kind === kind);
        return found?.end ?? end;
      }
      if (kind === 'time' || kind === 'level' || at === layout.length - 1) return end;
    }
    end = column.end;
  }
  return end;
}

/** Behind `msg=` of lines of keys and values. */
function pastKey(line: string, at: number): number {
  let from = at;
  while (line.charCodeAt(from) === 32) from++;
  if (line.startsWith('msg=', from)) return from + 4;
  return line.startsWith('message=', from) ? from + 8 : at;
}

const fitsKind = (found: ColumnKind, wanted: ColumnKind): boolean =>
  found === wanted ||
  wanted === 'word' ||
  (wanted === 'number' && found === 'time') ||
  (wanted === 'time' && found === 'number') ||
  (wanted === 'name' && (found === 'word' || found === 'component')) ||
  (wanted === 'component' && found === 'level') ||
  (wanted === 'level' && found === 'component');

/** Lines that begin as most do: continuation lines do not vote. */
function ofCommonStart(rows: readonly HeaderColumn[][]): HeaderColumn[][] {
  const counts = new Map<ColumnKind, number>();
  for (const row of rows) counts.set(row[0]!.kind, (counts.get(row[0]!.kind) ?? 0) + 1);
  const common = [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
  return rows.filter((row) => row[0]!.kind === common);
}

function commonKind(cells: readonly HeaderColumn[], rows: number): ColumnKind {
  const counts = new Map<ColumnKind, number>();
  for (const { kind } of cells) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  for (const [kind, count] of counts) if (count >= SHARE_NEEDED * rows) return kind;
  const numeric = (counts.get('time') ?? 0) + (counts.get('number') ?? 0);
  if (numeric >= SHARE_NEEDED * rows) return 'number';
  const closing = (counts.get('component') ?? 0) + (counts.get('level') ?? 0);
  return closing >= SHARE_NEEDED * rows ? 'component' : 'word';
}

/** Whether a column that is none by itself still belongs to the header that ends before it. */
function goesOn(
  kind: ColumnKind,
  cells: readonly HeaderColumn[],
  rows: readonly HeaderColumn[][],
  at: number,
): boolean {
  if (kind === 'bracket') return true;
  const counts = new Map<string, number>();
  for (const { text } of cells) counts.set(text, (counts.get(text) ?? 0) + 1);
  if (kind === 'name') return counts.size <= Math.max(3, 0.3 * cells.length);
  if (kind !== 'word' && kind !== 'number') return false;
  const isFew = counts.size <= 8;
  const isAligned = cells.filter((cell) => cell.isPadded).length >= SHARE_NEEDED * rows.length;
  if (isFew && isAligned) return true;
  const top = Math.max(...counts.values());
  if (top < CONSTANT_SHARE * rows.length) return false;
  // Always the same word, and behind it always other ones: no message begins like that.
  const next = new Map<string, number>();
  for (const row of rows) {
    const text = row[at + 1]?.text ?? '';
    next.set(text, (next.get(text) ?? 0) + 1);
  }
  return next.size >= 3 && Math.max(...next.values()) < 0.8 * rows.length;
}
