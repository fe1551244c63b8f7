import { elapsedAt, type Plot, timeAt, xOf, yOf } from './scale.ts';

/** A part of the picture: times are unix ms, whole; elapsed ms. `highMs` `null` has no upper end. */
export interface Box {
  readonly fromMs: number;
  readonly toMs: number;
  readonly lowMs: number;
  readonly highMs: number | null;
}

/** Smaller drags are clicks with an unsteady hand. */
export const MIN_DRAG_PIXELS = 4;
/** Within so many pixels of an edge that edge is meant: what lies above the top is selected too. */
const EDGE_PIXELS = 3;
const MAX_ELAPSED_MS = 1e9;

interface Point {
  readonly x: number;
  readonly y: number;
}

/** The box between two corners, cut to the plot; `null` for a click. */
export function boxBetween(plot: Plot, a: Point, b: Point): Box | null {
  if (Math.abs(a.x - b.x) < MIN_DRAG_PIXELS || Math.abs(a.y - b.y) < MIN_DRAG_PIXELS) return null;
  const cut = (value: number, low: number, high: number): number => Math.max(low, Math.min(high, value));
  const [left, right] = [a.x, b.x].map((x) => cut(x, plot.left, plot.left + plot.width)).toSorted((p, q) => p - q);
  const [top, bottom] = [a.y, b.y].map((y) => cut(y, plot.top, plot.top + plot.height)).toSorted((p, q) => p - q);
  if (left === undefined || right === undefined || top === undefined || bottom === undefined) return null;
  const isOpen = top <= plot.top + EDGE_PIXELS;
  const isFromZero = bottom >= plot.top + plot.height - EDGE_PIXELS;
  const box: Box = {
    fromMs: Math.floor(timeAt(plot, left)),
    toMs: Math.ceil(timeAt(plot, right)),
    lowMs: isFromZero ? 0 : Math.max(0, Math.floor(elapsedAt(plot, bottom))),
    highMs: isOpen ? null : Math.ceil(elapsedAt(plot, top)),
  };
  return isSound(box) ? box : null;
}

/** The corners of a box on the screen, cut to the plot; `null` when it lies outside. */
export function boxOnScreen(plot: Plot, box: Box): { x: number; y: number; width: number; height: number } | null {
  const left = Math.max(plot.left, xOf(plot, box.fromMs));
  const right = Math.min(plot.left + plot.width, xOf(plot, box.toMs));
  const top = box.highMs === null ? plot.top : Math.max(plot.top, yOf(plot, box.highMs));
  const bottom = Math.min(plot.top + plot.height, yOf(plot, box.lowMs));
  return right <= left || bottom < top ? null : { x: left, y: top, width: right - left, height: bottom - top };
}

/** As `box=` in the URL: `t0,t1,y0,y1`, the last empty when there is no upper end. */
export function printBox({ fromMs, toMs, lowMs, highMs }: Box): string {
  return [fromMs, toMs, lowMs, highMs ?? ''].join(',');
}

/** Reads what `printBox` wrote; `null` for anything else. */
export function parseBox(text: string | null): Box | null {
  const match = /^(\d{1,14}),(\d{1,14}),(\d{1,9}),(\d{0,9})$/.exec(text ?? '');
  if (match === null) return null;
  const [, fromMs, toMs, lowMs, high] = match;
  const box: Box = {
    fromMs: Number(fromMs),
    toMs: Number(toMs),
    lowMs: Number(lowMs),
    highMs: high === '' ? null : Number(high),
  };
  return isSound(box) ? box : null;
}

export const isSound = ({ fromMs, toMs, lowMs, highMs }: Box): boolean =>
  fromMs >= 0 && toMs > fromMs && lowMs <= MAX_ELAPSED_MS && (highMs === null || highMs > lowMs);
