import { useMemo } from 'react';
import { isMissing } from '../api/problem.ts';
import { type Resource, whenSeen } from '../api/resource.ts';
import type { CapacityAnswer, HostDetail, MetricsAnswer, WatchLease } from '../api/types.ts';
import type { ChartMark, ChartShade } from '../charts/chart-data.ts';
import { ChartPanel } from '../charts/chart-panel.tsx';
import { useI18n } from '../i18n/i18n.tsx';
import type { Translate } from '../i18n/translate.ts';
import { Chip } from '../parts/chip.tsx';
import { FormattedTime } from '../parts/formatted-time.tsx';
import { PageAnswer } from '../parts/page-answer.tsx';
import { Frame, Panel } from '../parts/panel.tsx';
import { Severity } from '../parts/severity.tsx';
import { EmptyState } from '../parts/states.tsx';
import { definePage, type LoadContext, type ViewProps } from '../shell/define-page.tsx';
import { isLive } from '../shell/time-range.ts';
import { useShortcut } from '../shell/use-shortcuts.tsx';
import { useUrl } from '../shell/use-url.ts';
import { AgentCost } from './agent-cost.tsx';
import { AskHost } from './ask-host.tsx';
import { CapacityList } from './capacity-list.tsx';
import { DataPlaces } from './data-places.tsx';
import { FindingList } from './finding-list.tsx';
import { allHostCharts, chartsFor, type HostChartName, readHostChart } from './host-charts.ts';
import { hostTitle } from './host-order.ts';
import { hostCapacity, hostDetail, watchLease } from './host-resources.ts';
import { InventoryFacts } from './inventory-facts.tsx';
import { LogSources } from './log-sources.tsx';
import { metricResource, windowOf } from './metric-resource.ts';
import { RoleList } from './role-list.tsx';
import { ScopeChip } from './scope-chip.tsx';

type HostData = {
  readonly host: HostDetail;
  readonly lease: WatchLease;
  readonly capacity: CapacityAnswer;
} & Readonly<Record<HostChartName, MetricsAnswer>>;

/** While watched, a host sends every second; twice that is what the eye follows. */
const LIVE_EVERY_MS = 2000;

export const hostPage = definePage<HostData>({
  path: '/hosts/:agent',
  title: 'page.host',
  load: ({ api, params, url }: LoadContext) => {
    const hostId = `host:${params.agent ?? ''}`;
    const charts = Object.fromEntries(
      Object.entries(allHostCharts).map(([name, { metric }]) => [
        name,
        whenSeen(metricResource(api, url.range, { metric, hosts: [hostId] }, LIVE_EVERY_MS)),
      ]),
    ) as Record<HostChartName, Resource<MetricsAnswer>>; // `Object.entries` forgets the names.
    return {
      host: hostDetail(api, hostId),
      lease: watchLease(api, hostId),
      capacity: whenSeen(hostCapacity(api, hostId)),
      ...charts,
    };
  },
  view: HostView,
});

function HostView({ data, url, params }: ViewProps<HostData>) {
  const { t, pick } = useI18n();
  const { update, go } = useUrl();
  useShortcut('close', () => go('/hosts'));
  const host = data.host.value;
  const isWatched = isLive(url.range) && !url.isPaused && data.lease.value !== undefined && !data.lease.isStale;
  const { changes, findings, lastSeenAt } = host ?? {};
  const marks = useMemo(() => changeMarks(changes ?? [], t), [changes, t]);
  const shades = useMemo(() => anomalySpans(findings ?? [], lastSeenAt ?? null), [findings, lastSeenAt]);
  if (host === undefined && data.host.error !== null && isMissing(data.host.error)) {
    return <WithoutHost name={params.agent ?? ''} />;
  }
  return (
    <>
      <HostHead host={host} agent={params.agent ?? ''} isStale={data.host.isStale} isWatched={isWatched} />
      <div className="columns">
        <div className="grid two">
          {chartsFor(host?.scope ?? null).map((name) => {
            const chart = allHostCharts[name];
            return (
              <ChartPanel
                key={name}
                title={t(chart.title)}
                loaded={data[name]}
                read={(answer) => readHostChart(chart, answer, t)}
                window={windowOf(url.range)}
                marks={marks}
                shades={shades.get(chart.metric) ?? noShades}
                {...(chart.highest === null ? {} : { highest: chart.highest })}
                onZoom={(fromMs, toMs) =>
                  update({ range: { kind: 'absolute', fromMs: Math.round(fromMs), toMs: Math.round(toMs) } })
                }
              />
            );
          })}
        </div>
        <div className="stack">
          <Panel
            title={t('host.findings')}
            loaded={data.host}
            className="flush"
            empty={({ findings }) => (findings.length === 0 ? <EmptyState title={t('host.noFindings')} /> : null)}
          >
            {({ findings }) => <FindingList findings={findings.slice(0, 8)} />}
          </Panel>
          <Panel title={t('roles.title')} sub={t('roles.automatic')} loaded={data.host}>
            {({ roles }) => <RoleList roles={roles} />}
          </Panel>
          <Panel
            title={t('host.changes')}
            loaded={data.host}
            empty={({ changes }) => (changes.length === 0 ? <EmptyState title={t('host.noChanges')} /> : null)}
          >
            {({ changes }) => (
              <ul className="log">
                {changes.slice(0, 10).map((change) => (
                  <li key={change.id}>
                    <span className="quiet">
                      <FormattedTime at={change.at} />
                    </span>
                    <span>{pick(change.summary)}</span>
                  </li>
                ))}
              </ul>
            )}
          </Panel>
          <Panel title={t('capacity.title')} sub={t('capacity.sub')} loaded={data.capacity}>
            {({ resources }) => <CapacityList resources={resources} />}
          </Panel>
          <Panel title={t('ask.title')} loaded={data.host}>
            {(value) => <AskHost host={value} />}
          </Panel>
          <Panel title={t('host.machine')} loaded={data.host}>
            {(value) => <InventoryFacts host={value} />}
          </Panel>
          <Panel title={t('host.cost')} loaded={data.host}>
            {(value) => <AgentCost host={value} />}
          </Panel>
          <Panel title={t('host.dataPlaces')} loaded={data.host}>
            {(value) => (
              <div className="stack">
                <DataPlaces host={value} />
                <LogSources host={value} onChanged={data.host.reload} />
              </div>
            )}
          </Panel>
        </div>
      </div>
    </>
  );
}

/** One box for a name that no host has, rather than a page of panels that each failed. */
function WithoutHost({ name }: { readonly name: string }) {
  const { t } = useI18n();
  const { href } = useUrl();
  return (
    <Frame title={t('page.host')}>
      <EmptyState title={t('host.notFound', { name })}>
        {t('host.notFoundHint')}{' '}
        <a className="link" href={href('/hosts', { filter: name.slice(0, 60) })}>
          {t('host.toList')}
        </a>
      </EmptyState>
    </Frame>
  );
}

interface HostHeadProps {
  readonly host: HostDetail | undefined;
  readonly agent: string;
  readonly isStale: boolean;
  readonly isWatched: boolean;
}

function HostHead({ host, agent, isStale, isWatched }: HostHeadProps) {
  const { t, format } = useI18n();
  const level = host === undefined || (isStale && host.state !== 'revoked') ? 'stale' : host.state;
  const isHeard = level !== 'stale' && level !== 'revoked';
  return (
    <PageAnswer
      note={
        <span className="row">
          {host?.scope != null && <ScopeChip host={host} />}
          {isWatched && isHeard && <Chip tone="accent">{t('host.everySecond')}</Chip>}
          {host?.lastSeenAt != null && (
            <span>
              {t('hosts.seen')} <FormattedTime at={host.lastSeenAt} as="dateTime" />
            </span>
          )}
          {host !== undefined && host.rowsLost > 0 && (
            <span className="c-major">{t('host.rowsLost', { count: format.count(host.rowsLost) })}</span>
          )}
        </span>
      }
    >
      {host !== undefined && <Severity level={level} />} {host === undefined ? agent : hostTitle(host)}
    </PageAnswer>
  );
}

function changeMarks(changes: HostDetail['changes'], t: Translate): ChartMark[] {
  return changes.map(({ at, kind }) => ({ atMs: Date.parse(at), label: t(`change.${kind}`), kind: 'change' }));
}

/** By metric the stretches in which a finding on it stands out; an open one lasts until the host was last heard. */
function anomalySpans(
  findings: HostDetail['findings'],
  lastSeenAt: string | null,
): ReadonlyMap<string, readonly ChartShade[]> {
  const spans = new Map<string, ChartShade[]>();
  for (const finding of findings) {
    const span: ChartShade = {
      fromMs: Date.parse(finding.startedAt),
      toMs: Date.parse(finding.endedAt ?? lastSeenAt ?? finding.detectedAt),
      kind: 'anomaly',
    };
    for (const metric of new Set(finding.evidence.map((evidence) => evidence.metric))) {
      if (metric !== undefined) spans.set(metric, [...(spans.get(metric) ?? []), span]);
    }
  }
  return spans;
}

const noShades: readonly ChartShade[] = [];
