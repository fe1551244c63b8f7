import { useMemo } from 'react';
import { whenSeen } from '../api/resource.ts';
import type { Finding, Host, Incident, MetricsAnswer, RisksAnswer, Topology } from '../api/types.ts';
import type { ChartMark } from '../charts/chart-data.ts';
import { ChartPanel } from '../charts/chart-panel.tsx';
import { useI18n } from '../i18n/i18n.tsx';
import { FleetCells } from '../parts/fleet-cells.tsx';
import { Panel } from '../parts/panel.tsx';
import { LevelShape, levelMessage } from '../parts/severity.tsx';
import { EmptyState } from '../parts/states.tsx';
import { definePage, type ViewProps } from '../shell/define-page.tsx';
import { allHosts, allIncidents, serviceMap } from '../shell/hub-resources.ts';
import { resolveRange, type TimeRange } from '../shell/time-range.ts';
import { useUrl } from '../shell/use-url.ts';
import { XViewMini } from '../xview/xview-mini.tsx';
import { FindingList } from './finding-list.tsx';
import { fleetRows } from './fleet-rows.ts';
import { type FleetSignal, fleetSignals, readSignal, serviceSignals } from './fleet-signals.ts';
import { IncidentTable } from './incident-table.tsx';
import { metricResource, windowOf } from './metric-resource.ts';
import { OverviewAnswer } from './overview-answer.tsx';
import { RiskList, raisedRisks } from './risk-list.tsx';

type OverviewData = {
  readonly hosts: readonly Host[];
  readonly incidents: readonly Incident[];
  readonly findings: readonly Finding[];
  readonly topology: Topology;
  readonly risks: RisksAnswer;
} & Readonly<Record<(typeof fleetSignals | typeof serviceSignals)[number]['name'], MetricsAnswer>>;

/** Most findings listed while no incident is open. */
const MAX_FINDINGS = 20;

/** The busiest hosts of each signal: their names fit one line below the picture. */
const OVERVIEW_LINES = 2;

export const overviewPage = definePage<OverviewData>({
  path: '/',
  title: 'page.overview',
  menu: { group: 'watch', icon: 'overview', goKey: 'KeyO' },
  load: ({ api, url }) => {
    const signalOf = ({ metric }: FleetSignal) =>
      whenSeen(metricResource(api, url.range, { metric, stepSeconds: signalStep(url.range) }));
    return {
      hosts: allHosts(api),
      incidents: allIncidents(api),
      findings: {
        key: 'findings today',
        fetch: async (signal) => (await api.findings({ from: '-24h', limit: MAX_FINDINGS }, signal)).items,
        everyMs: 5000,
        wakeOn: ['finding'],
      },
      topology: serviceMap(api),
      risks: { key: 'risks', fetch: (signal) => api.risks(signal), everyMs: 60_000, wakeOn: ['incident'] },
      cpu: signalOf(fleetSignals[0]),
      memory: signalOf(fleetSignals[1]),
      disk: signalOf(fleetSignals[2]),
      network: signalOf(fleetSignals[3]),
      tps: signalOf(serviceSignals[0]),
      response: signalOf(serviceSignals[1]),
      errors: signalOf(serviceSignals[2]),
      active: signalOf(serviceSignals[3]),
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
  const topology = data.topology.value;
  const raised = data.risks.value === undefined ? [] : raisedRisks(data.risks.value);
  const serves = topology?.nodes.some(isServing) === true;
  // Where no service was found, what the hosts themselves do is what can be said.
  const signals: readonly (typeof fleetSignals | typeof serviceSignals)[number][] = serves
    ? serviceSignals
    : fleetSignals;
  // Before it is known which, none is drawn: four pictures that change their meaning would be worse.
  const areSignalsKnown = topology !== undefined || data.topology.error !== null;
  return (
    <>
      <OverviewAnswer hosts={data.hosts} incidents={data.incidents} />
      <div className={serves ? 'columns' : 'stack'}>
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
        {serves && <XViewMini />}
      </div>
      {raised.length > 0 && (
        <Panel title={t('risk.title')} sub={t('risk.sub')} loaded={data.risks}>
          {(answer) => <RiskList risks={raised} answer={answer} />}
        </Panel>
      )}
      <div className="grid four">
        {(areSignalsKnown ? signals : []).map((signal) => (
          <ChartPanel
            key={signal.name}
            title={t(signal.title)}
            sub={signal.name === 'response' && topology !== undefined ? <EntryP95 topology={topology} /> : undefined}
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

const isServing = ({ tier }: Topology['nodes'][number]): boolean => tier === 'web' || tier === 'was' || tier === 'app';

/** The slowest service's p95 now, beside the course of the mean. */
function EntryP95({ topology }: { readonly topology: Topology }) {
  const { format } = useI18n();
  const known = topology.nodes.filter(isServing).map(({ p95ElapsedMs }) => p95ElapsedMs ?? -1);
  const highest = Math.max(-1, ...known);
  return highest < 0 ? null : <>p95 {format.metric(highest, 'ms')}</>;
}
