import { memo, useEffect, useRef } from 'react';
import uPlot from 'uplot';
import { useI18n } from '../i18n/i18n.tsx';
import { useTheme } from '../shell/theme.tsx';
import { betweenSamples } from './cadence.ts';
import type { ChartBand, ChartData, ChartMark, ChartShade } from './chart-data.ts';
import { chartOptions } from './chart-options.ts';
import { findGaps } from './gaps.ts';
import type { Overlay } from './overlays.ts';

export interface TimeChartProps {
  /** Read to those who do not see the picture; the table beside it has the values. */
  readonly label: string;
  readonly data: ChartData;
  readonly fromMs: number;
  readonly toMs: number;
  /** When the values were asked for: what lies after it is not a gap. */
  readonly knownUntilMs?: number;
  /** Fixed top of the scale, e.g. 1 for a ratio. Otherwise the largest value decides. */
  readonly highest?: number;
  readonly shades?: readonly ChartShade[];
  readonly bands?: readonly ChartBand[];
  readonly marks?: readonly ChartMark[];
  /** Values are past their due: lines turn grey. */
  readonly isStale?: boolean;
  readonly onZoom?: (fromMs: number, toMs: number) => void;
}

const none: readonly never[] = [];

/** Lines over time on a canvas: gaps break them and are named, one crosshair runs through every chart of the page. */
export const TimeChart = memo(function TimeChart(props: TimeChartProps) {
  const { label, data, fromMs, toMs, highest, shades = none, bands = none, marks = none, isStale = false } = props;
  const { language, format, t } = useI18n();
  const { theme } = useTheme();
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const onZoom = useRef(props.onZoom);
  const overlay = useRef<Overlay | null>(null);

  const gaps = findGaps(
    data.times,
    data.lines.map((line) => line.values),
    data.stepMs,
    Math.min(toMs, props.knownUntilMs ?? toMs),
  );
  const nameGap: Overlay['nameGap'] = (gap) => t('chart.gap', { length: format.duration(gap.toMs - gap.fromMs) });
  const latestOverlay: Overlay = { shades, bands, marks, gaps, nameGap };
  useEffect(() => {
    onZoom.current = props.onZoom;
    overlay.current = latestOverlay;
  });

  const lineCount = data.lines.length;
  // biome-ignore lint/correctness/useExhaustiveDependencies: made anew for what uPlot fixes at creation; data follows below
  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    overlay.current = latestOverlay;
    const options = chartOptions({
      width: element.clientWidth,
      height: element.clientHeight,
      lineCount,
      unit: data.unit,
      highest: highest ?? null,
      isStale,
      format,
      overlay: () => overlay.current,
      onZoom: (from, to) => onZoom.current?.(from, to),
    });
    const made = new uPlot(options, alignedData(data), element);
    made.setScale('x', { min: fromMs, max: toMs });
    plot.current = made;
    const observer = new ResizeObserver(() => {
      if (element.clientWidth > 0) made.setSize({ width: element.clientWidth, height: element.clientHeight });
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [lineCount, data.unit, highest, isStale, language, theme]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: shades and marks are drawn by the same redraw
  useEffect(() => {
    plot.current?.batch(() => {
      plot.current?.setData(alignedData(data), false);
      plot.current?.setScale('x', { min: fromMs, max: toMs });
    });
  }, [data, fromMs, toMs, shades, bands, marks]);

  return <div ref={box} className="chart" role="img" aria-label={label} />;
});

function alignedData(data: ChartData): uPlot.AlignedData {
  return [[...data.times], ...data.lines.map((line) => betweenSamples(data.times, line.values))];
}
