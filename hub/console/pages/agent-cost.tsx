import type { HostDetail } from '../api/types.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { LevelShape } from '../parts/severity.tsx';
import { EmptyState } from '../parts/states.tsx';
import { Facts } from './facts.tsx';

/** What AIRIS-MON takes from this host, and what of it does not work. */
export function AgentCost({ host }: { readonly host: HostDetail }) {
  const { t, format } = useI18n();
  const { health } = host;
  if (health === null) return <EmptyState title={t('host.noHealth')} />;
  const livedSeconds = (Date.parse(health.at) - Date.parse(health.startedAt)) / 1000;
  const failing = health.collectors.filter((collector) => !collector.ok);
  const { detection, self, spool } = health;
  return (
    <>
      <Facts
        items={[
          [
            t('host.agent'),
            `${host.agentVersion ?? ''} · ${t('host.since', { time: format.dateTime(Date.parse(health.startedAt)) })}`,
          ],
          livedSeconds > 0 ? [t('host.agentCpu'), format.percent(self.cpuSecondsTotal / livedSeconds)] : null,
          [t('host.agentMemory'), format.memory(self.rssBytes)],
          [t('host.agentSeries'), format.count(self.series)],
          [t('host.spool'), `${format.bytes(spool.bytes)} / ${format.bytes(spool.limitBytes)}`],
          [
            t('host.model'),
            detection.modelName === null
              ? t('host.noModel')
              : `${detection.modelName} ${detection.modelVersion ?? ''}${
                  detection.inferenceMsP99 === null ? '' : ` · p99 ${format.latency(detection.inferenceMsP99 / 1000)}`
                }`,
          ],
          [t('host.detection'), t(detection.ready ? 'host.detectionReady' : 'host.detectionLearning')],
          [
            t('host.collectors'),
            t('host.collectorsOk', { ok: health.collectors.length - failing.length, count: health.collectors.length }),
          ],
        ]}
      />
      {failing.map((collector) => (
        <p key={collector.name} className="small">
          <LevelShape level="minor" /> <span className="strong">{collector.name}</span>{' '}
          <span className="quiet">{collector.error}</span>
        </p>
      ))}
      {detection.error !== null && (
        <p className="small">
          <LevelShape level="minor" /> {detection.error}
        </p>
      )}
      <Losses title={t('host.refused')} byReason={health.refusedByReason} />
      <Losses title={t('host.lost')} byReason={host.lossByReason} />
    </>
  );
}

function Losses({ title, byReason }: { readonly title: string; readonly byReason: Readonly<Record<string, number>> }) {
  const { format } = useI18n();
  const rows = Object.entries(byReason).filter(([, count]) => count > 0);
  if (rows.length === 0) return null;
  return (
    <>
      <p className="small quiet loss-title">{title}</p>
      <Facts items={rows.map(([reason, count]) => [reason, format.count(count)] as const)} />
    </>
  );
}
