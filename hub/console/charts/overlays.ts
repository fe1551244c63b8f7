import type uPlot from 'uplot';
import type { ChartBand, ChartMark, ChartShade } from './chart-data.ts';
import type { Gap } from './gaps.ts';

export interface Overlay {
  readonly shades: readonly ChartShade[];
  readonly bands: readonly ChartBand[];
  readonly marks: readonly ChartMark[];
  readonly gaps: readonly Gap[];
  readonly nameGap: (gap: Gap) => string;
}

/** A narrower stretch is shaded without its name, which would stand over its neighbours. */
const MIN_LABEL_PIXELS = 64;

/** A token's value where a canvas needs the colour itself. */
export const token = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Behind the lines: what was usual, and what stood out. */
export function drawBehind(plot: uPlot, { shades, bands }: Overlay): void {
  const { ctx, bbox } = plot;
  const scale = devicePixelRatio;
  ctx.save();
  clipToPlot(plot);
  for (const { fromMs, toMs, low, high } of bands) {
    const [top, bottom] = [plot.valToPos(high, 'y', true), plot.valToPos(low, 'y', true)];
    fillSpan(plot, fromMs, toMs, top, Math.max(scale, bottom - top), '--band');
  }
  for (const { fromMs, toMs, kind, label } of shades) {
    fillSpan(plot, fromMs, toMs, bbox.top, bbox.height, kind === 'anomaly' ? '--anomaly' : '--shade');
    const widthPx = plot.valToPos(toMs, 'x') - plot.valToPos(fromMs, 'x');
    if (label !== undefined && widthPx >= MIN_LABEL_PIXELS) {
      writeInSpan(plot, label, fromMs, toMs, bbox.top + 12 * scale, '--text3');
    }
  }
  ctx.restore();
}

/** In front of the lines: names of gaps and marks. */
export function drawInFront(plot: uPlot, { gaps, marks, nameGap }: Overlay): void {
  const { ctx, bbox } = plot;
  const scale = devicePixelRatio;
  ctx.save();
  clipToPlot(plot);
  for (const gap of gaps) {
    writeInSpan(plot, nameGap(gap), gap.fromMs, gap.toMs, bbox.top + bbox.height - 6 * scale, '--text3');
  }
  let namedUntil = Number.NEGATIVE_INFINITY;
  for (const { atMs, label, kind } of marks.toSorted((a, b) => a.atMs - b.atMs)) {
    const x = Math.round(plot.valToPos(atMs, 'x', true)) + 0.5;
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.strokeStyle = token(kind === 'incident' ? '--critical' : '--text2');
    ctx.fillStyle = ctx.strokeStyle;
    ctx.lineWidth = scale;
    ctx.setLineDash(kind === 'incident' ? [] : [2 * scale, 2 * scale]);
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.setLineDash([]);
    ctx.beginPath();
    ctx.moveTo(x - 4 * scale, bbox.top);
    ctx.lineTo(x + 4 * scale, bbox.top);
    ctx.lineTo(x, bbox.top + 6 * scale);
    ctx.fill();
    // Of marks too close to be read one by one the first is named; the table and the list of changes have them all.
    if (label === '' || x < namedUntil) continue;
    namedUntil = writeInSpan(plot, label, atMs, atMs, bbox.top + 12 * scale, '--text2');
  }
  ctx.restore();
}

function clipToPlot(plot: uPlot): void {
  const { left, top, width, height } = plot.bbox;
  plot.ctx.beginPath();
  plot.ctx.rect(left, top, width, height);
  plot.ctx.clip();
}

function fillSpan(plot: uPlot, fromMs: number, toMs: number, top: number, height: number, color: string): void {
  const left = plot.valToPos(fromMs, 'x', true);
  const width = Math.max(devicePixelRatio, plot.valToPos(toMs, 'x', true) - left);
  plot.ctx.fillStyle = token(color);
  plot.ctx.fillRect(left, top, width, height);
}

/** Text in the middle of a span, moved inwards where the plot ends. Returns its right end, in canvas pixels. */
function writeInSpan(plot: uPlot, text: string, fromMs: number, toMs: number, y: number, color: string): number {
  const { ctx, bbox } = plot;
  ctx.font = `${12 * devicePixelRatio}px ${token('--font-ui')}`;
  ctx.textAlign = 'center';
  ctx.textBaseline = 'alphabetic';
  const half = ctx.measureText(text).width / 2 + 4 * devicePixelRatio;
  const left = Math.max(bbox.left, plot.valToPos(fromMs, 'x', true));
  const right = Math.min(bbox.left + bbox.width, plot.valToPos(toMs, 'x', true));
  if (right < bbox.left || left > bbox.left + bbox.width) return Number.NEGATIVE_INFINITY;
  const middle = fromMs === toMs ? left + half : (left + right) / 2;
  const x = Math.min(bbox.left + bbox.width - half, Math.max(bbox.left + half, middle));
  // A rim in the panel's colour keeps the words readable over lines.
  ctx.lineWidth = 4 * devicePixelRatio;
  ctx.lineJoin = 'round';
  ctx.strokeStyle = token('--bg1');
  ctx.strokeText(text, x, y);
  ctx.fillStyle = token(color);
  ctx.fillText(text, x, y);
  return x + half;
}
