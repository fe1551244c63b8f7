import { isUtf8 } from 'node:buffer';
import { MAX_BLOCK_VALUES, MAX_CLOCK_AHEAD_MS, MAX_CLOCK_BEHIND_MS, MAX_STEP_MS, MAX_TEXT_BYTES } from '../limits.ts';
import { ok, type Result, refused } from '../result.ts';
import type { ListFloat64Data, Utf8Data } from './column.ts';
import { type Body, columnView } from './column-view.ts';

export type ValueRefusal =
  | 'non-finite'
  | 'list-too-long'
  | 'ragged-lists'
  | 'text-too-long'
  | 'text-not-utf8'
  | 'step'
  | 'clock';

type Refused = { readonly ok: false; readonly reason: ValueRefusal; readonly detail: string };

/** Bounds and meaning of each value: numbers finite (a list may have NaN, a gap), lists and texts of bounded length. */
export function checkValues(batch: Body): Refused | null {
  for (const { name, type } of batch.signal.columns) {
    const refusal = checkColumn(batch, name, type);
    if (refusal !== null) return refusal;
  }
  return checkLists(batch);
}

function checkColumn(batch: Body, name: string, type: string): Refused | null {
  if (type === 'float64') return isAllFinite(columnView(batch, name, 'float64')) ? null : nonFinite(name);
  if (type === 'utf8') return checkTexts(name, columnView(batch, name, 'utf8'));
  if (type !== 'listFloat64') return null;
  const lists = columnView(batch, name, 'listFloat64');
  if (longest(lists.offsets) > MAX_BLOCK_VALUES)
    return refused('list-too-long', `${name}: over ${MAX_BLOCK_VALUES} values`);
  return hasInfinity(lists.values) ? nonFinite(name) : null;
}

/** Lists of one row belong together: those named must be as long as the first, or empty where the signal allows it. */
function checkLists(batch: Body): Refused | null {
  const rule = batch.signal.lists;
  if (rule === null) return null;
  const base = columnView(batch, rule.base, 'listFloat64');
  for (let row = 0; row < batch.rows; row++) {
    if (base.offsets[row] === base.offsets[row + 1])
      return refused('ragged-lists', `${rule.base}: empty in row ${row}`);
  }
  for (const name of rule.others) {
    const row = firstRagged(base, columnView(batch, name, 'listFloat64'), rule.extra, rule.mayBeEmpty);
    if (row >= 0) return refused('ragged-lists', `${name}: other length than ${rule.base} in row ${row}`);
  }
  return null;
}

function firstRagged(base: ListFloat64Data, other: ListFloat64Data, extra: number, mayBeEmpty: boolean): number {
  for (let row = 0; row + 1 < base.offsets.length; row++) {
    const length = other.offsets[row + 1]! - other.offsets[row]!;
    const wanted = base.offsets[row + 1]! - base.offsets[row]! + extra;
    if (length !== wanted && !(mayBeEmpty && length === 0)) return row;
  }
  return -1;
}

/**
 * Rows must have happened within the hub's window, the last step of a block too.
 *
 * @returns the earliest start and the latest instant a value stands for, Unix ms
 */
export function checkTimes(
  batch: Body,
  nowMs: number,
): Result<{ minTimeMs: number; maxTimeMs: number }, 'clock' | 'step'> {
  const { timeColumn, stepColumn, lists } = batch.signal;
  if (timeColumn === null) return ok({ minTimeMs: 0, maxTimeMs: 0 });
  const times = columnView(batch, timeColumn, 'timestampMs');
  // Halves of a 64-bit number, little endian: no BigInt for each row.
  const halves = new Int32Array(times.buffer, times.byteOffset, 2 * batch.rows);
  const steps = stepColumn === null ? null : columnView(batch, stepColumn, 'uint32');
  const offsets = lists === null ? null : columnView(batch, lists.base, 'listFloat64').offsets;
  let minTimeMs = Number.POSITIVE_INFINITY;
  let maxTimeMs = Number.NEGATIVE_INFINITY;
  for (let row = 0; row < batch.rows; row++) {
    const startMs = halves[2 * row + 1]! * 0x100000000 + (halves[2 * row]! >>> 0);
    const stepMs = steps === null ? 0 : steps[row]!;
    if (steps !== null && (stepMs === 0 || stepMs > MAX_STEP_MS)) return refused('step', `${stepMs} ms in row ${row}`);
    const laterSteps = offsets === null || lists?.along !== 'time' ? 0 : offsets[row + 1]! - offsets[row]! - 1;
    minTimeMs = Math.min(minTimeMs, startMs);
    maxTimeMs = Math.max(maxTimeMs, startMs + laterSteps * stepMs);
  }
  if (minTimeMs < nowMs - MAX_CLOCK_BEHIND_MS) return refused('clock', `${nowMs - minTimeMs} ms behind the hub`);
  if (maxTimeMs > nowMs + MAX_CLOCK_AHEAD_MS) return refused('clock', `${maxTimeMs - nowMs} ms ahead of the hub`);
  return ok({ minTimeMs, maxTimeMs });
}

function checkTexts(name: string, { offsets, bytes }: Utf8Data): Refused | null {
  if (longest(offsets) > MAX_TEXT_BYTES) return refused('text-too-long', `${name}: over ${MAX_TEXT_BYTES} bytes`);
  if (!isUtf8(bytes)) return refused('text-not-utf8', name);
  // All together valid, so each is where none begins inside a character.
  for (let row = 0; row + 1 < offsets.length; row++) {
    const first = bytes[offsets[row]!];
    if (first !== undefined && (first & 0xc0) === 0x80)
      return refused('text-not-utf8', `${name}: row ${row} begins inside a character`);
  }
  return null;
}

function longest(offsets: Int32Array): number {
  let most = 0;
  for (let i = 1; i < offsets.length; i++) most = Math.max(most, offsets[i]! - offsets[i - 1]!);
  return most;
}

/** x - x is 0 for a finite number and NaN for others; one comparison a value. */
function isAllFinite(values: Float64Array): boolean {
  for (let i = 0; i < values.length; i++) if (values[i]! - values[i]! !== 0) return false;
  return true;
}

function hasInfinity(values: Float64Array): boolean {
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY) return true;
  }
  return false;
}

const nonFinite = (name: string): Refused => refused('non-finite', name);
