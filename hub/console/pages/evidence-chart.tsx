import { useEffect, useMemo, useRef, useState } from 'react';
import type { Evidence, MetricsAnswer } from '../api/types.ts';
import { useHub, useLoaded } from '../api/use-loaded.ts';
import { type ChartData, lastKnown, linesOf } from '../charts/chart-data.ts';
import { ChartTable } from '../charts/chart-table.tsx';
import { TimeChart } from '../charts/time-chart.tsx';
import { useI18n } from '../i18n/i18n.tsx';
import { Icon } from '../parts/icon.tsx';
import { FailedState, LoadingState } from '../parts/states.tsx';
import { metricResource } from './metric-resource.ts';

export interface EvidenceChartProps {
  readonly host: string;
  readonly evidence: Evidence;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Bounds move with the clock while an incident is open; a minute's grain keeps that to one request a minute. */
const GRAIN_MS = 60_000;

/** The series that was judged, with its usual range behind it and the judged stretch shaded. */
export function EvidenceChart({ host, evidence, fromMs, toMs }: EvidenceChartProps) {
  const { t, format } = useI18n();
  const { api } = useHub();
  const [isTable, setIsTable] = useState(false);
  const range = {
    kind: 'absolute' as const,
    fromMs: Math.floor(fromMs / GRAIN_MS) * GRAIN_MS,
    toMs: Math.ceil(toMs / GRAIN_MS) * GRAIN_MS,
  };
  const loaded = useLoaded(
    metricResource(api, range, {
      metric: evidence.metric ?? '',
      hosts: [host],
      ...(evidence.attributes === undefined ? {} : { attributes: evidence.attributes }),
    }),
  );
  // The next minute's request must not blank the picture of this one.
  const before = useRef<MetricsAnswer | undefined>(undefined);
  const value = loaded.value ?? before.current;
  useEffect(() => {
    before.current = value;
  });
  const data = useMemo(() => (value === undefined ? null : readEvidence(evidence, value)), [evidence, value]);
  const spans = useMemo(() => spansOf(evidence, range.fromMs, range.toMs), [evidence, range.fromMs, range.toMs]);
  if (data === null) {
    return loaded.error === null ? <LoadingState /> : <FailedState error={loaded.error} onRetry={loaded.reload} />;
  }
  if (data.lines.length === 0) return <p className="quiet small">{t('chart.empty')}</p>;
  const name = evidence.metric ?? evidence.ref;
  const label = t('chart.label', { name, value: format.metric(lastKnown(data.lines[0]?.values ?? []), data.unit) });
  return (
    <div className="evidence-chart">
      {isTable ? (
        <ChartTable label={name} data={data} />
      ) : (
        <TimeChart
          {...spans}
          label={label}
          data={data}
          fromMs={range.fromMs}
          toMs={range.toMs}
          knownUntilMs={Math.min(toMs, loaded.atMs ?? toMs)}
          isStale={loaded.isStale}
        />
      )}
      <button
        type="button"
        className="button ghost small chart-toggle"
        aria-pressed={isTable}
        aria-label={t(isTable ? 'chart.asPicture' : 'chart.asTable', { name })}
        onClick={() => setIsTable(!isTable)}
      >
        <Icon name={isTable ? 'chart' : 'table'} />
      </button>
    </div>
  );
}

/** Only the series that was judged: an answer by attributes may hold finer ones too. */
function readEvidence(evidence: Evidence, answer: MetricsAnswer): ChartData {
  const wanted = Object.keys(evidence.attributes ?? {}).length;
  const exact = answer.series.filter(({ attributes }) => Object.keys(attributes).length === wanted);
  const series = exact.length > 0 ? exact : answer.series;
  const lines = linesOf({ ...answer, series }, () => evidence.metric ?? evidence.ref, 'max');
  return {
    times: answer.times,
    stepMs: answer.stepSeconds * 1000,
    unit: evidence.unit ?? series[0]?.unit ?? '1',
    lines,
  };
}

function spansOf(evidence: Evidence, fromMs: number, toMs: number) {
  const shades =
    evidence.from === undefined
      ? []
      : [
          {
            fromMs: Date.parse(evidence.from),
            toMs: evidence.to === undefined ? toMs : Date.parse(evidence.to),
            kind: 'anomaly' as const,
          },
        ];
  const { expectedLow: low, expectedHigh: high } = evidence;
  return { shades, bands: low === undefined || high === undefined ? [] : [{ fromMs, toMs, low, high }] };
}
