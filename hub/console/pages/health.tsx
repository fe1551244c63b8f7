import type { ReactNode } from 'react';
import type { HubHealth } from '../api/types.ts';
import { type I18n, useI18n } from '../i18n/i18n.tsx';
import { FormattedTime } from '../parts/formatted-time.tsx';
import { PageAnswer } from '../parts/page-answer.tsx';
import { Panel } from '../parts/panel.tsx';
import { ScoreBar } from '../parts/score-bar.tsx';
import { Severity } from '../parts/severity.tsx';
import { EmptyState } from '../parts/states.tsx';
import { definePage, type ViewProps } from '../shell/define-page.tsx';
import { hubHealth } from '../shell/hub-resources.ts';
import { Facts } from './facts.tsx';

type HealthData = { readonly health: HubHealth };

export const healthPage = definePage<HealthData>({
  path: '/settings/health',
  title: 'page.health',
  menu: { group: 'control', icon: 'health', goKey: 'KeyS' },
  load: ({ api }) => ({ health: hubHealth(api) }),
  view: HealthView,
});

function HealthView({ data: { health } }: ViewProps<HealthData>) {
  const i18n = useI18n();
  const { t, format } = i18n;
  return (
    <>
      <PageAnswer
        note={
          health.value !== undefined && (
            <>
              {health.value.version} · {t('host.since', { time: format.dateTime(Date.parse(health.value.startedAt)) })}
            </>
          )
        }
      >
        {healthSentence(health.value, health.isStale, i18n)}
      </PageAnswer>
      <Panel title={t('health.ingest')} loaded={health}>
        {(value) => <IngestFigures health={value} isStale={health.isStale} />}
      </Panel>
      <div className="grid two">
        <Panel title={t('health.parts')} loaded={health} className="flush">
          {(value) => <Parts health={value} isStale={health.isStale} />}
        </Panel>
        <Panel title={t('health.agents')} loaded={health}>
          {(value) => (
            <Facts
              items={[
                [t('health.agentsTotal'), format.count(value.agents.total)],
                [t('health.agentsLive'), format.count(value.agents.live)],
                [t('level.stale'), format.count(value.agents.stale)],
                [t('level.revoked'), format.count(value.agents.revoked)],
                [
                  t('health.disk'),
                  <ScoreBar
                    key="disk"
                    label={t('health.disk')}
                    value={value.disk.totalBytes === 0 ? 0 : 1 - value.disk.freeBytes / value.disk.totalBytes}
                    text={t('health.free', { free: format.bytes(value.disk.freeBytes) })}
                  />,
                ],
                [t('health.guard'), <Severity key="guard" level={guardLevel(value.disk.guard)} />],
              ]}
            />
          )}
        </Panel>
        <Panel title={t('health.streams')} sub={t('health.streamsSub')} loaded={health} className="flush">
          {(value) => (
            <PlainTable
              label={t('health.streams')}
              numeric={[1, 2]}
              head={[t('health.name'), t('health.messages'), t('health.size'), t('health.used')]}
              rows={value.streams.map((stream) => [
                <span key="name" className="mono">
                  {stream.name}
                </span>,
                format.count(stream.messages),
                format.bytes(stream.bytes),
                <ScoreBar
                  key="used"
                  label={stream.name}
                  value={stream.limitBytes === 0 ? 0 : stream.bytes / stream.limitBytes}
                  text={format.percent(stream.limitBytes === 0 ? null : stream.bytes / stream.limitBytes)}
                />,
              ])}
            />
          )}
        </Panel>
        <Panel title={t('health.tables')} loaded={health} className="flush">
          {(value) => (
            <PlainTable
              label={t('health.tables')}
              numeric={[1, 2]}
              head={[t('health.name'), t('health.rows'), t('health.size')]}
              rows={value.tables.map((table) => [
                <span key="name" className="mono">
                  {table.name}
                </span>,
                format.compact(table.rows),
                format.bytes(table.bytes),
              ])}
            />
          )}
        </Panel>
        <Panel
          title={t('health.quarantine')}
          sub={t('health.quarantineSub')}
          loaded={health}
          className="flush"
          empty={(value) =>
            value.ingest.quarantined.length === 0 ? <EmptyState title={t('health.quarantineNone')} /> : null
          }
        >
          {(value) => (
            <PlainTable
              label={t('health.quarantine')}
              numeric={[1]}
              head={[t('health.reason'), t('health.count')]}
              rows={value.ingest.quarantined.map(({ reason, count }) => [
                <span key="reason" className="mono">
                  {reason}
                </span>,
                format.count(count),
              ])}
            />
          )}
        </Panel>
      </div>
    </>
  );
}

function healthSentence(health: HubHealth | undefined, isStale: boolean, { t }: I18n): string {
  if (isStale) return t('health.silent');
  if (health === undefined) return t('page.health');
  const failing = health.parts.filter(({ ok }) => !ok).map(({ name }) => name);
  if (failing.length > 0) return t('health.failing', { parts: failing.join(', ') });
  if (health.disk.guard !== 'ok') return t('health.diskLow');
  return t('health.allOk', { count: health.parts.length });
}

const guardLevel = (guard: HubHealth['disk']['guard']) =>
  (({ ok: 'ok', low: 'major', critical: 'critical' }) as const)[guard];

function IngestFigures({ health, isStale }: { readonly health: HubHealth; readonly isStale: boolean }) {
  const { t, format } = useI18n();
  const { ingest } = health;
  const figures: readonly (readonly [string, string, boolean])[] = [
    [
      t('foot.lag'),
      isStale || ingest.lagSeconds === null ? '–' : format.latency(Math.round(ingest.lagSeconds * 10) / 10),
      false,
    ],
    [t('health.rate'), isStale ? '–' : format.metric(Math.round(ingest.rowsPerSecond * 10) / 10, '{row}/s'), false],
    [t('health.stored'), format.compact(ingest.rowsStored), false],
    [t('health.duplicates'), format.compact(ingest.duplicatesDropped), false],
    [t('foot.lost'), format.compact(ingest.rowsLost), ingest.rowsLost > 0],
  ];
  return (
    <dl className="figures">
      {figures.map(([name, value, isBad]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd className={isBad ? 'num c-major' : 'num'}>{value}</dd>
        </div>
      ))}
      <div>
        <dt>{t('health.checked')}</dt>
        <dd className="num">
          <FormattedTime at={health.at} />
        </dd>
      </div>
    </dl>
  );
}

function Parts({ health, isStale }: { readonly health: HubHealth; readonly isStale: boolean }) {
  const { t, format } = useI18n();
  return (
    <PlainTable
      label={t('health.parts')}
      numeric={[2]}
      head={[t('hosts.state'), t('health.name'), t('health.restarts'), t('health.detail')]}
      rows={health.parts.map((part) => [
        <Severity key="state" level={isStale ? 'stale' : part.ok ? 'ok' : 'critical'} />,
        <span key="name" className="strong">
          {part.name}
        </span>,
        format.count(part.restarts),
        <span key="detail" className="quiet wrap">
          {part.detail}
        </span>,
      ])}
    />
  );
}

interface PlainTableProps {
  readonly label: string;
  readonly head: readonly string[];
  /** Columns of numbers: aligned right. */
  readonly numeric?: readonly number[];
  readonly rows: readonly (readonly ReactNode[])[];
}

function PlainTable({ label, head, rows, numeric = [] }: PlainTableProps) {
  const classOf = (column: number): string => (numeric.includes(column) ? 'num right' : 'num');
  return (
    <table aria-label={label}>
      <thead>
        <tr>
          {head.map((text, column) => (
            <th scope="col" key={text} className={classOf(column)}>
              {text}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((cells, row) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the rows are what the hub lists, in its order
          <tr key={row}>
            {cells.map((cell, column) => (
              <td key={head[column]} className={classOf(column)}>
                {cell}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
