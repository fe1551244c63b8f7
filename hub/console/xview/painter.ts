import { token } from '../charts/overlays.ts';
import { timeTicks } from '../charts/ticks.ts';
import type { Format } from '../i18n/format.ts';
import type { GridCells } from './decode.ts';
import { DotBins, densityLevel, LEVELS, mark } from './dot-bins.ts';
import { type DotRing, FAILED } from './dot-ring.ts';
import { elapsedTicks, type Plot, xOf, yOf } from './scale.ts';

/** What is drawn, of whatever source: the page's answers or the benchmark's made-up dots. */
export interface Picture {
  readonly ring: DotRing;
  readonly grid: GridCells | null;
  readonly version: number;
  readonly changedFromMs: number;
  /** Shown services, by index; `null` shows all. */
  readonly services: ReadonlySet<number> | null;
  readonly isErrorsOnly: boolean;
  readonly topMs: number;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface PainterOptions {
  readonly canvas: HTMLCanvasElement;
  readonly format: Pick<Format, 'clock' | 'date' | 'latency'>;
  readonly hasAxes: boolean;
}

/** Colours of the page's theme as the pixels of an ImageData hold them (ABGR). */
interface Palette {
  readonly density: Uint32Array;
  readonly marks: Uint32Array;
}

const DAY_MS = 86_400_000;
/** The scale of the density is looked at again this often; a scale that breathes could not be read. */
const RESCALE_MS = 1000;
const RESCALE_RATIO = 1.3;

/** Draws the dots of a picture: counts per device pixel in a buffer that scrolls, axes round it. Call `draw` each frame. */
export class Painter {
  readonly #options: PainterOptions;
  readonly #context: CanvasRenderingContext2D;
  readonly #buffer = document.createElement('canvas');
  readonly #bufferContext: CanvasRenderingContext2D;
  #palette: Palette;
  #bins: DotBins | null = null;
  #image: ImageData | null = null;
  #pixels = new Uint32Array(0);
  #colours = new Uint32Array(0);
  #most = 0;
  #rescaledAtMs = Number.NEGATIVE_INFINITY;
  #drawn: Picture | null = null;
  #size = { width: 0, height: 0, ratio: 1 };
  #isResized = true;

  constructor(options: PainterOptions) {
    const [context, bufferContext] = [options.canvas.getContext('2d'), this.#buffer.getContext('2d')];
    if (context === null || bufferContext === null) throw new Error('this browser has no 2D canvas');
    this.#options = options;
    this.#context = context;
    this.#bufferContext = bufferContext;
    this.#palette = readPalette();
  }

  /** CSS pixels of the canvas; it never sizes its own container. */
  resize(width: number, height: number, ratio: number): void {
    const { canvas } = this.#options;
    this.#size = { width, height, ratio };
    canvas.width = Math.max(1, Math.round(width * ratio));
    canvas.height = Math.max(1, Math.round(height * ratio));
    this.#isResized = true;
  }

  /** Where the dots of a picture stand, in CSS pixels. */
  plotOf({ fromMs, toMs, topMs }: Pick<Picture, 'fromMs' | 'toMs' | 'topMs'>): Plot {
    const { width, height } = this.#size;
    const edge = this.#options.hasAxes
      ? { left: 52, right: 8, top: 8, bottom: 22 }
      : { left: 0, right: 0, top: 0, bottom: 0 };
    return {
      left: edge.left,
      top: edge.top,
      width: Math.max(1, width - edge.left - edge.right),
      height: Math.max(1, height - edge.top - edge.bottom),
      fromMs,
      toMs,
      topMs,
    };
  }

  /** @returns whether anything was drawn: a picture that stands still costs nothing */
  draw(picture: Picture): boolean {
    const plot = this.plotOf(picture);
    const isNew = this.#prepare(plot);
    const before = isNew ? null : this.#drawn;
    const bins = this.#bins;
    if (bins === null) return false;
    const lastColumn = bins.columnOf(picture.toMs) + bins.reach;
    const movedFrom = bins.moveTo(lastColumn);
    const changedFrom = changedColumn(bins, before, picture);
    const dirtyFrom = Math.min(movedFrom ?? Number.POSITIVE_INFINITY, changedFrom ?? Number.POSITIVE_INFINITY);
    this.#drawn = picture;
    if (dirtyFrom === Number.POSITIVE_INFINITY) return false;
    const first = bins.clearFrom(picture.grid === null ? dirtyFrom : bins.firstColumn);
    fill(bins, picture, first);
    this.#paint(this.#rescale(isNew || before === null) ? bins.firstColumn : first);
    this.#compose(plot, picture);
    return true;
  }

  /** Makes bins and buffer of the right shape. @returns whether they are new */
  #prepare(plot: Plot): boolean {
    const { ratio } = this.#size;
    const [width, height] = [Math.max(1, Math.round(plot.width * ratio)), Math.max(1, Math.round(plot.height * ratio))];
    const msPerColumn = (plot.toMs - plot.fromMs) / width;
    const shape = this.#bins?.shape;
    const isSame =
      shape !== undefined &&
      !this.#isResized &&
      shape.width === width &&
      shape.height === height &&
      // A range made of two clock readings differs by its rounding only.
      Math.abs(shape.msPerColumn / msPerColumn - 1) < 1e-6 &&
      shape.topMs === plot.topMs;
    if (isSame) return false;
    this.#isResized = false;
    this.#bins = new DotBins({
      width,
      height,
      msPerColumn,
      topMs: plot.topMs,
      dotSize: Math.max(2, Math.round(1.5 * ratio)),
    });
    this.#buffer.width = this.#bins.slots;
    this.#buffer.height = height;
    this.#image = this.#bufferContext.createImageData(this.#bins.slots, height);
    this.#pixels = new Uint32Array(this.#image.data.buffer);
    return true;
  }

  /** @returns whether the steps of the density moved, so that every pixel has another colour */
  #rescale(isForced: boolean): boolean {
    const nowMs = performance.now();
    if (this.#bins === null || (!isForced && nowMs - this.#rescaledAtMs < RESCALE_MS)) return false;
    this.#rescaledAtMs = nowMs;
    const most = this.#bins.usualMost();
    const isSame = most <= this.#most * RESCALE_RATIO && this.#most <= most * RESCALE_RATIO;
    if (isSame && !isForced) return false;
    this.#most = most;
    this.#colours = Uint32Array.from({ length: 1024 }, (_, count) => this.#palette.density[densityLevel(count, most)]!);
    return true;
  }

  /** Columns from `first` on, from counts to colours. */
  #paint(first: number): void {
    const [bins, image] = [this.#bins, this.#image];
    if (bins === null || image === null) return;
    const { counts, marks, slots, shape } = bins;
    const [pixels, colours, markColours] = [this.#pixels, this.#colours, this.#palette.marks];
    for (const [from, to] of bins.slotRuns(first, bins.lastColumn)) {
      for (let row = 0; row < shape.height * slots; row += slots) {
        for (let at = row + from; at < row + to; at += 1) {
          const kind = marks[at]!;
          const count = counts[at]!;
          pixels[at] = kind === 0 ? colours[count < 1024 ? count : 1023]! : markColours[kind]!;
        }
      }
      this.#bufferContext.putImageData(image, 0, 0, from, 0, to - from, shape.height);
    }
  }

  /** Axes and the buffer, in two pieces where its ring closes. */
  #compose(plot: Plot, picture: Picture): void {
    const [context, bins] = [this.#context, this.#bins];
    if (bins === null) return;
    const { ratio } = this.#size;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.#options.canvas.width, this.#options.canvas.height);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    if (this.#options.hasAxes) this.#drawAxes(plot);
    context.setTransform(1, 0, 0, 1, 0, 0);
    const end = bins.columnOf(picture.toMs);
    const [left, top] = [Math.round(plot.left * ratio), Math.round(plot.top * ratio)];
    let x = left;
    const first = end - bins.shape.width + 1;
    const [from, to] = [bins.slotOf(first), bins.slotOf(end) + 1];
    const runs = from < to ? [[from, to] as const] : [[from, bins.slots] as const, [0, to] as const];
    for (const [start, stop] of runs) {
      const width = stop - start;
      context.drawImage(this.#buffer, start, 0, width, bins.shape.height, x, top, width, bins.shape.height);
      x += width;
    }
  }

  #drawAxes(plot: Plot): void {
    const context = this.#context;
    const { format } = this.#options;
    context.font = `11px ${token('--font-num')}`;
    context.fillStyle = token('--text3');
    context.strokeStyle = token('--grid');
    context.lineWidth = 1;
    context.textBaseline = 'middle';
    context.textAlign = 'right';
    context.beginPath();
    for (const tick of elapsedTicks(plot.topMs)) {
      const y = Math.round(yOf(plot, tick)) + 0.5;
      context.moveTo(plot.left, y);
      context.lineTo(plot.left + plot.width, y);
      context.fillText(format.latency(tick / 1000), plot.left - 6, Math.max(8, y));
    }
    context.textAlign = 'center';
    context.textBaseline = 'top';
    const length = plot.toMs - plot.fromMs;
    const isDays = length > 1.5 * DAY_MS;
    for (const tick of timeTicks(plot.fromMs, plot.toMs, Math.min(7, Math.max(2, Math.floor(plot.width / 90))))) {
      const x = Math.round(xOf(plot, tick)) + 0.5;
      context.moveTo(x, plot.top);
      context.lineTo(x, plot.top + plot.height);
      const text = isDays ? format.date(tick) : format.clock(tick, length < 240_000);
      const half = context.measureText(text).width / 2;
      context.fillText(
        text,
        Math.min(plot.left + plot.width + 6 - half, Math.max(half, x)),
        plot.top + plot.height + 6,
      );
    }
    context.stroke();
  }
}

/** First column that has to be drawn anew; `null` when the dots are those drawn before. */
function changedColumn(bins: DotBins, before: Picture | null, now: Picture): number | null {
  const isSameView =
    before !== null &&
    before.ring === now.ring &&
    before.services === now.services &&
    before.isErrorsOnly === now.isErrorsOnly &&
    before.version <= now.version &&
    now.version <= before.version + 1;
  if (!isSameView) return bins.firstColumn;
  if (before.version === now.version) return null;
  return now.changedFromMs === Number.NEGATIVE_INFINITY
    ? bins.firstColumn
    : Math.max(bins.firstColumn, bins.columnOf(now.changedFromMs) - bins.reach);
}

/** Counts every dot whose mark reaches into the columns from `first` on. */
function fill(bins: DotBins, picture: Picture, first: number): void {
  const { ring, grid, services, isErrorsOnly } = picture;
  if (grid !== null) {
    fillGrid(bins, grid, picture);
    return;
  }
  const from = ring.indexOf((first - bins.reach) * bins.shape.msPerColumn);
  for (let index = from; index < ring.length; index += 1) {
    const slot = ring.slot(index);
    const isFailed = (ring.flags[slot]! & FAILED) !== 0;
    if (isErrorsOnly && !isFailed) continue;
    if (services !== null && !services.has(ring.service[slot]!)) continue;
    bins.add(ring.timesMs[slot]!, ring.elapsedMs[slot]!, isFailed, first);
  }
}

/** Cells are wide and few: they are counted anew as a whole. */
function fillGrid(bins: DotBins, grid: GridCells, { services, isErrorsOnly }: Picture): void {
  for (let at = 0; at < grid.length; at += 1) {
    if (services !== null && !services.has(grid.service[at]!)) continue;
    const failed = grid.failed[at]!;
    const count = isErrorsOnly ? failed : grid.count[at]!;
    if (count === 0) continue;
    const bin = grid.bin[at]!;
    const lowMs = grid.elapsedEdgesMs[bin] ?? 0;
    const fromMs = grid.timesMs[at]!;
    const highMs = grid.elapsedEdgesMs[bin + 1] ?? lowMs * 2;
    bins.addCell({ fromMs, toMs: fromMs + grid.stepMs, lowMs, highMs }, count, failed);
  }
}

function readPalette(): Palette {
  const density = new Uint32Array(LEVELS + 1);
  for (let level = 1; level <= LEVELS; level += 1) density[level] = abgr(token(`--density${level}`));
  const marks = new Uint32Array(4);
  marks[mark.above] = abgr(token('--accent'));
  marks[mark.failed] = abgr(token('--critical'));
  marks[mark.failedAbove] = abgr(token('--critical'));
  return { density, marks };
}

/** `#rrggbb` as one little-endian pixel, opaque. */
function abgr(colour: string): number {
  const value = Number.parseInt(colour.trim().replace('#', ''), 16);
  const [red, green, blue] = [(value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff];
  return (0xff000000 | (blue << 16) | (green << 8) | red) >>> 0;
}
