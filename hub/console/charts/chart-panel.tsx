import { type ReactNode, useMemo, useState } from 'react';
import type { Loaded } from '../api/resource.ts';
import { useI18n } from '../i18n/i18n.tsx';
import type { Language } from '../i18n/language.ts';
import { Icon } from '../parts/icon.tsx';
import { Panel } from '../parts/panel.tsx';
import { EmptyState } from '../parts/states.tsx';
import { useNow } from '../shell/use-now.ts';
import { currentValue } from './cadence.ts';
import { type ChartData, type ChartShade, MAX_LINES } from './chart-data.ts';
import { ChartTable } from './chart-table.tsx';
import { TimeChart, type TimeChartProps } from './time-chart.tsx';

export interface ChartPanelProps<T> extends Pick<TimeChartProps, 'highest' | 'shades' | 'bands' | 'marks' | 'onZoom'> {
  readonly title: string;
  readonly sub?: ReactNode;
  /** Lines drawn; the rest is a number. At most `MAX_LINES`. */
  readonly maxLines?: number;
  readonly loaded: Loaded<T>;
  readonly read: (value: T) => ChartData;
  /** The picture's edges, given when the values were asked for. */
  readonly window: (atMs: number) => { fromMs: number; toMs: number };
}

const none: readonly never[] = [];

/** A chart with its current value, its legend, and the same values as a table. */
export function ChartPanel<T>(props: ChartPanelProps<T>) {
  const { title, loaded, read, window, sub, maxLines = MAX_LINES, ...drawing } = props;
  const { t, format } = useI18n();
  const [isTable, setIsTable] = useState(false);
  const { data, shown } = useReadOnce(loaded.value, read, maxLines);
  const nowMs = useNow();
  const atMs = loaded.atMs ?? nowMs;
  // While nothing arrives the picture moves on, and the silence is shaded; a fixed time stays as it is.
  const pictureMs = loaded.isStale ? nowMs : atMs;
  const given = drawing.shades ?? none;
  const shades = useMemo(
    () => (pictureMs > atMs ? [...given, silence(atMs, pictureMs, t('chart.silence'))] : given),
    [given, atMs, pictureMs, t],
  );
  const now =
    data === null
      ? null
      : currentValue(data.times, data.lines[0]?.values ?? [], data.stepMs, Math.min(atMs, window(atMs).toMs));
  return (
    <Panel
      title={title}
      sub={sub}
      loaded={loaded}
      className="chart-panel"
      end={
        <>
          <span className={loaded.isStale ? 'value num quiet' : 'value num'}>
            {data === null ? '' : format.metric(now, data.unit)}
          </span>
          <button
            type="button"
            className="button ghost small"
            aria-pressed={isTable}
            aria-label={t(isTable ? 'chart.asPicture' : 'chart.asTable', { name: title })}
            onClick={() => setIsTable(!isTable)}
          >
            <Icon name={isTable ? 'chart' : 'table'} />
          </button>
        </>
      }
    >
      {() => {
        if (data === null || data.lines.length === 0) return <EmptyState title={t('chart.empty')} />;
        const edges = window(pictureMs);
        return (
          <>
            {isTable ? (
              <ChartTable label={title} data={shown ?? data} />
            ) : (
              <TimeChart
                {...drawing}
                {...edges}
                shades={shades}
                knownUntilMs={loaded.atMs ?? edges.toMs}
                label={t('chart.label', { name: title, value: format.metric(now, data.unit) })}
                data={shown ?? data}
                isStale={loaded.isStale}
              />
            )}
            {data.lines.length > 1 && <Legend data={data} shown={maxLines} isStale={loaded.isStale} />}
          </>
        );
      }}
    </Panel>
  );
}

function silence(fromMs: number, toMs: number, label: string): ChartShade {
  return { fromMs, toMs, kind: 'silence', label };
}

interface LegendProps {
  readonly data: ChartData;
  readonly shown: number;
  readonly isStale: boolean;
}

function Legend({ data, shown, isStale }: LegendProps) {
  const { t } = useI18n();
  const rest = data.lines.length - shown;
  return (
    <ul className="legend">
      {data.lines.slice(0, shown).map((line, index) => (
        <li key={line.label}>
          <i className={isStale ? 'series-stale' : `series${index + 1}`} />
          <span className="cut">{line.label}</span>
        </li>
      ))}
      {rest > 0 && <li className="quiet">{t('chart.rest', { count: rest })}</li>}
    </ul>
  );
}

interface Read<T> {
  readonly value: T | undefined;
  readonly language: Language;
  readonly data: ChartData | null;
  /** The lines that fit the legend. */
  readonly shown: ChartData | null;
}

/** Reading is repeated only for a new value or language, so that an untouched chart does not redraw. */
function useReadOnce<T>(value: T | undefined, read: (value: T) => ChartData, maxLines: number): Read<T> {
  const { language } = useI18n();
  const [cached, setCached] = useState<Read<T>>({ value: undefined, language, data: null, shown: null });
  if (cached.value === value && cached.language === language) return cached;
  const data = value === undefined ? null : read(value);
  const made = { value, language, data, shown: data && { ...data, lines: data.lines.slice(0, maxLines) } };
  setCached(made);
  return made;
}
