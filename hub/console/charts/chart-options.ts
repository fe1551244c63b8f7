import type uPlot from 'uplot';
import type { Format } from '../i18n/format.ts';
import { isolatedIndexes } from './cadence.ts';
import { drawBehind, drawInFront, type Overlay, token } from './overlays.ts';
import { timeTicks, valueTicks } from './ticks.ts';

export interface ChartOptionsInput {
  readonly width: number;
  readonly height: number;
  readonly lineCount: number;
  readonly unit: string;
  readonly highest: number | null;
  readonly isStale: boolean;
  readonly format: Format;
  readonly overlay: () => Overlay | null;
  readonly onZoom: (fromMs: number, toMs: number) => void;
}

/** Every chart of one page shares its crosshair. */
const CROSSHAIR = 'page';
/** Narrower drags are clicks with an unsteady hand. */
const MIN_DRAG_PIXELS = 6;

/** uPlot's options for a chart of the console. Nothing here asks the page for a style: the hub's policy forbids inline ones. */
export function chartOptions(input: ChartOptionsInput): uPlot.Options {
  const { width, height, lineCount, unit, highest, isStale, format, overlay, onZoom } = input;
  const font = `11px ${token('--font-num')}`;
  const axis: uPlot.Axis = {
    stroke: token('--text3'),
    font,
    grid: { stroke: token('--grid'), width: 1 },
    ticks: { show: false },
  };
  const isDays = (from: number, to: number): boolean => to - from > 36 * 3_600_000;
  return {
    width,
    height,
    ms: 1,
    padding: [8, 18, 0, 0],
    legend: { show: false },
    cursor: {
      sync: { key: CROSSHAIR, setSeries: false },
      drag: { x: true, y: false, setScale: false },
      y: false,
      points: { size: 5 },
    },
    scales: {
      x: { time: true, auto: false },
      y: {
        range: (_, low, high) => {
          const bands = overlay()?.bands ?? [];
          const top = highest ?? Math.max(high ?? 0, ...bands.map((band) => band.high));
          const bottom = Math.min(0, low ?? 0);
          const ticks = valueTicks(bottom, top > bottom ? top : 1);
          return [ticks[0] ?? 0, ticks.at(-1) ?? 1];
        },
      },
    },
    axes: [
      {
        ...axis,
        size: 22,
        gap: 4,
        splits: (_, __, from, to) => timeTicks(from, to, Math.min(7, Math.max(2, Math.floor(width / 90)))),
        values: (plot, ticks) => {
          const { min = 0, max = 0 } = plot.scales.x ?? {};
          return ticks.map((tick) => (isDays(min, max) ? format.date(tick) : format.clock(tick, max - min < 240_000)));
        },
      },
      {
        ...axis,
        size: (_, labels) => {
          const longest = Math.max(0, ...(labels ?? []).map((label) => label.length));
          return Math.max(36, Math.min(80, longest * 6.6 + 12));
        },
        gap: 6,
        splits: (_, __, low, high) => valueTicks(low, high),
        values: (_, ticks) => ticks.map((tick) => format.metric(tick, unit)),
      },
    ],
    series: [
      {},
      ...Array.from({ length: lineCount }, (_, index) => ({
        stroke: token(isStale ? '--text3' : `--series${(index % 6) + 1}`),
        width: 1.5,
        spanGaps: false,
        points: { show: true, size: 4, filter: isolatedPoints },
      })),
    ],
    hooks: {
      drawAxes: [(plot) => withOverlay(overlay, (drawn) => drawBehind(plot, drawn))],
      draw: [(plot) => withOverlay(overlay, (drawn) => drawInFront(plot, drawn))],
      setSelect: [
        (plot) => {
          const { left, width: dragged } = plot.select;
          if (dragged < MIN_DRAG_PIXELS) return;
          onZoom(plot.posToVal(left, 'x'), plot.posToVal(left + dragged, 'x'));
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
        },
      ],
    },
  };
}

/** A lone sample is a dot: without it, a value between two gaps would not be seen at all. */
const isolatedPoints: NonNullable<uPlot.Series.Points['filter']> = (plot, seriesIndex) =>
  isolatedIndexes([...(plot.data[seriesIndex] ?? [])]);

function withOverlay(overlay: () => Overlay | null, draw: (overlay: Overlay) => void): void {
  const drawn = overlay();
  if (drawn !== null) draw(drawn);
}
