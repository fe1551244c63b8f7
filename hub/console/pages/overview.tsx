import { useMemo } from 'react';
import { whenSeen } from '../api/resource.ts';
import type { Finding, Host, Incident, MetricsAnswer } from '../api/types.ts';
import type { ChartMark } from '../charts/chart-data.ts';
import { ChartPanel } from '../charts/chart-panel.tsx';
import { useI18n } from '../i18n/i18n.tsx';
import { FleetCells } from '../parts/fleet-cells.tsx';
import { Panel } from '../parts/panel.tsx';
import { LevelShape, levelMessage } from '../parts/severity.tsx';
import { EmptyState } from '../parts/states.tsx';
import { definePage, type ViewProps } from '../shell/define-page.tsx';
import { allHosts, allIncidents } from '../shell/hub-resources.ts';
import { resolveRange, type TimeRange } from '../shell/time-range.ts';
import { useUrl } from '../shell/use-url.ts';
import { FindingList } from './finding-list.tsx';
import { fleetRows } from './fleet-rows.ts';
import { fleetSignals, readSignal } from './fleet-signals.ts';
import { IncidentTable } from './incident-table.tsx';
import { metricResource, windowOf } from './metric-resource.ts';
import { OverviewAnswer } from './overview-answer.tsx';

type OverviewData = {
  readonly hosts: readonly Host[];
  readonly incidents: readonly Incident[];
  readonly findings: readonly Finding[];
} & Readonly<Record<(typeof fleetSignals)[number]['name'], MetricsAnswer>>;

/** Most findings listed while no incident is open. */
const MAX_FINDINGS = 20;

/** The busiest hosts of each signal: their names fit one line below the picture. */
const OVERVIEW_LINES = 2;

export const overviewPage = definePage<OverviewData>({
  path: '/',
  title: 'page.overview',
  menu: { group: 'watch', icon: 'overview', goKey: 'KeyO' },
  load: ({ api, url }) => {
    const signalOf = (index: 0 | 1 | 2 | 3) =>
      whenSeen(
        metricResource(api, url.range, { metric: fleetSignals[index].metric, stepSeconds: signalStep(url.range) }),
      );
    return {
      hosts: allHosts(api),
      incidents: allIncidents(api),
      findings: {
        key: 'findings today',
        fetch: async (signal) => (await api.findings({ from: '-24h', limit: MAX_FINDINGS }, signal)).items,
        everyMs: 5000,
        wakeOn: ['finding'],
      },
      cpu: signalOf(0),
      memory: signalOf(1),
      disk: signalOf(2),
      network: signalOf(3),
    };
  },
  view: OverviewView,
});

/** Unnamed: four small pictures would repeat what the list above says. */
const incidentMark = (incident: Incident): ChartMark => ({
  atMs: Date.parse(incident.startedAt),
  label: '',
  kind: 'incident',
});

/** About a hundred values: a small picture shows no more, and a fleet of series is light to fetch. */
function signalStep(range: TimeRange): number {
  const { fromMs, toMs } = resolveRange(range, 0);
  return Math.min(86_400, Math.max(10, Math.ceil((toMs - fromMs) / 100 / 10_000) * 10));
}

function OverviewView({ data, url }: ViewProps<OverviewData>) {
  const { t, format, pick } = useI18n();
  const { href, update } = useUrl();
  const incidents = data.incidents.value;
  const open = useMemo(() => incidents?.filter(({ state }) => state !== 'resolved') ?? [], [incidents]);
  const marks = useMemo(() => open.map(incidentMark), [open]);
  return (
    <>
      <OverviewAnswer hosts={data.hosts} incidents={data.incidents} />
      {open.length > 0 ? (
        <Panel
          title={t('overview.openIncidents')}
          sub={t('overview.grouped', {
            alerts: format.count(open.reduce((sum, incident) => sum + incident.totalAlerts, 0)),
            count: format.count(open.length),
          })}
          end={
            <a className="link" href={href('/incidents')}>
              {t('overview.seeAll')}
            </a>
          }
          className="open-incidents flush"
          loaded={data.incidents}
        >
          {() => <IncidentTable incidents={open} label={t('overview.openIncidents')} />}
        </Panel>
      ) : (
        <Panel
          title={t('overview.findings')}
          sub={t('overview.findingsSub')}
          className="flush findings-today"
          loaded={data.findings}
          empty={(findings) =>
            findings.length === 0 ? (
              <EmptyState title={t('overview.noFindings')}>{t('overview.noFindingsHint')}</EmptyState>
            ) : null
          }
        >
          {(findings) => <FindingList findings={findings} />}
        </Panel>
      )}
      <div className="grid four">
        {fleetSignals.map((signal) => (
          <ChartPanel
            key={signal.name}
            title={t(signal.title)}
            loaded={data[signal.name]}
            read={(answer) => readSignal(signal, answer)}
            window={windowOf(url.range)}
            marks={marks}
            maxLines={OVERVIEW_LINES}
            {...(signal.highest === null ? {} : { highest: signal.highest })}
            onZoom={(fromMs, toMs) =>
              update({ range: { kind: 'absolute', fromMs: Math.round(fromMs), toMs: Math.round(toMs) } })
            }
          />
        ))}
      </div>
      <Panel
        title={
          data.hosts.value === undefined
            ? t('page.hosts')
            : t('overview.fleet', { count: format.count(data.hosts.value.length) })
        }
        sub={t('overview.fleetSub')}
        loaded={data.hosts}
        className="fleet-panel"
        end={(['critical', 'major', 'minor', 'stale'] as const).map((level) => (
          <span className="row tight" key={level}>
            <LevelShape level={level} /> {t(levelMessage(level))}
          </span>
        ))}
        empty={(hosts) =>
          hosts.length === 0 ? (
            <EmptyState title={t('hosts.none')}>
              <a className="link" href={href('/hosts', { tab: 'add' })}>
                {t('hosts.add')}
              </a>
            </EmptyState>
          ) : null
        }
      >
        {(hosts) => <FleetCells rows={fleetRows(hosts, { t, pick }, (agent) => href(`/hosts/${agent}`))} />}
      </Panel>
    </>
  );
}
