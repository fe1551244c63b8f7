import type { Host } from '../api/types.ts';
import { Spark } from '../charts/spark.tsx';
import { type I18n, useI18n } from '../i18n/i18n.tsx';
import { type Column, DataTable } from '../parts/data-table.tsx';
import { Age } from '../parts/formatted-time.tsx';
import { levelRank, Severity } from '../parts/severity.tsx';
import { useUrl } from '../shell/use-url.ts';
import { hostTitle } from './host-order.ts';
import { RoleChips } from './role-chips.tsx';

export interface HostTableProps {
  readonly hosts: readonly Host[];
  /** The hub is not heard from. */
  readonly isStale: boolean;
  /** Beside the drawer: columns that it repeats give way to the names. */
  readonly isNarrow: boolean;
}

/** Every host, worst first. Of a host that is not heard from, and while the hub is not, values are dashes: never old, never 0. */
export function HostTable({ hosts, isStale, isNarrow }: HostTableProps) {
  const i18n = useI18n();
  const { url, update, go } = useUrl();
  return (
    <DataTable
      label={i18n.t('page.hosts')}
      rows={hosts}
      columns={columns(i18n, isStale).filter(({ key }) => !(isNarrow && besidesDrawer.has(key)))}
      rowId={(host) => host.id}
      selectedId={url.selected}
      onSelect={(id) => update({ selected: id }, { replace: url.selected !== null })}
      onOpen={(id) => go(`/hosts/${hosts.find((host) => host.id === id)?.agent ?? ''}`)}
    />
  );
}

const besidesDrawer: ReadonlySet<string> = new Set(['agent', 'lost']);

function columns({ t, format }: I18n, isStale: boolean): Column<Host>[] {
  const isLive = (host: Host): boolean => !isStale && host.state !== 'stale' && host.state !== 'revoked';
  const live = (host: Host, value: number | null): number | null => (isLive(host) ? value : null);
  return [
    {
      key: 'state',
      header: t('hosts.state'),
      width: '96px',
      sortBy: (host) => -levelRank(host.state),
      render: (host) => <Severity level={isStale && host.state !== 'revoked' ? 'stale' : host.state} />,
    },
    {
      key: 'name',
      header: t('hosts.name'),
      sortBy: hostTitle,
      render: (host) => (
        <>
          <span className="strong cut">{hostTitle(host)}</span>
          {host.scope != null && <span className="small quiet cut"> {host.hostName}</span>}
        </>
      ),
    },
    {
      key: 'roles',
      header: t('hosts.roles'),
      width: '23%',
      render: (host) => <RoleChips roles={host.roles} />,
    },
    {
      key: 'cpu',
      header: 'CPU',
      isNumeric: true,
      width: '58px',
      sortBy: (host) => live(host, host.cpuUtilization),
      render: (host) => format.percent(live(host, host.cpuUtilization)),
    },
    {
      key: 'trend',
      header: t('hosts.trend'),
      width: '88px',
      render: (host) => <Spark values={host.cpuTrend} highest={1} isStale={!isLive(host)} />,
    },
    {
      key: 'memory',
      header: t('hosts.memory'),
      isNumeric: true,
      width: '64px',
      sortBy: (host) => live(host, host.memoryUtilization),
      render: (host) => format.percent(live(host, host.memoryUtilization)),
    },
    {
      key: 'score',
      header: t('hosts.score'),
      isNumeric: true,
      width: '76px',
      sortBy: (host) => live(host, host.anomalyScore),
      render: (host) => {
        const score = live(host, host.anomalyScore);
        return <span className={scoreTone(score)}>{format.score(score)}</span>;
      },
    },
    {
      key: 'lost',
      header: t('hosts.lost'),
      isNumeric: true,
      width: '60px',
      sortBy: (host) => host.rowsLost,
      render: (host) => (
        <span className={host.rowsLost > 0 ? 'c-major' : 'quiet'}>{format.compact(host.rowsLost)}</span>
      ),
    },
    {
      key: 'agent',
      header: t('hosts.agent'),
      width: '72px',
      render: (host) => <span className="num">{host.agentVersion ?? '–'}</span>,
    },
    {
      key: 'seen',
      header: t('hosts.seen'),
      isNumeric: true,
      width: '84px',
      sortBy: (host) => (host.lastSeenAt === null ? null : Date.parse(host.lastSeenAt)),
      render: (host) => (host.lastSeenAt === null ? '–' : <Age at={host.lastSeenAt} />),
    },
  ];
}

/** Quiet below 0.5, where anomalies are not reported. */
function scoreTone(score: number | null): string {
  if (score === null || score < 0.5) return 'quiet';
  if (score < 0.7) return 'c-minor';
  return score < 0.9 ? 'c-major strong' : 'c-critical strong';
}
