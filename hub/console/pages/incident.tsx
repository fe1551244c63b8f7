import { isMissing } from '../api/problem.ts';
import type { Loaded } from '../api/resource.ts';
import type { IncidentDetail } from '../api/types.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { Chip, EvidenceChip } from '../parts/chip.tsx';
import { entityName } from '../parts/entity-name.ts';
import { FormattedTime, Lasting } from '../parts/formatted-time.tsx';
import { Narrative } from '../parts/narrative.tsx';
import { Frame, Panel, StaleNote } from '../parts/panel.tsx';
import { Severity } from '../parts/severity.tsx';
import { EmptyState, FailedState, LoadingState } from '../parts/states.tsx';
import { definePage, type ViewProps } from '../shell/define-page.tsx';
import { useNow } from '../shell/use-now.ts';
import { useShortcut } from '../shell/use-shortcuts.tsx';
import { useUrl } from '../shell/use-url.ts';
import { CauseList } from './cause-list.tsx';
import { indexEvidence } from './evidence-index.ts';
import { FindingList } from './finding-list.tsx';
import { IncidentActions } from './incident-actions.tsx';
import { IncidentPath } from './incident-path.tsx';
import { IncidentTimeline, incidentWindow } from './incident-timeline.tsx';
import { ResponseLog } from './response-log.tsx';

type IncidentData = { readonly incident: IncidentDetail };

export const incidentPage = definePage<IncidentData>({
  path: '/incidents/:id',
  title: 'page.incident',
  load: ({ api, params }) => ({
    incident: {
      key: `incident ${params.id}`,
      fetch: (signal) => api.incident(params.id ?? '', signal),
      everyMs: 5000,
      wakeOn: ['incident', 'finding'],
    },
  }),
  view: IncidentView,
});

function IncidentView({ data, url, params }: ViewProps<IncidentData>) {
  const { t, pick } = useI18n();
  const { update, go } = useUrl();
  const loaded = data.incident;
  useShortcut('close', () => (url.evidence === null ? go('/incidents') : update({ evidence: null })));
  // The picture moves with the clock in steps, not each second: bars that creep cannot be read.
  const nowMs = Math.floor(useNow() / 10_000) * 10_000;
  const incident = loaded.value;
  if (incident === undefined) {
    return (
      <Frame title={t('page.incident')}>
        <WithoutIncident loaded={loaded} id={params.id ?? ''} />
      </Frame>
    );
  }
  const window = incidentWindow(incident, nowMs);
  const evidenceNames = new Set(indexEvidence(incident).all.map(({ name }) => name));
  return (
    <>
      <IncidentHead loaded={loaded} incident={incident} />
      <div className="columns">
        <div className="stack">
          <Panel
            title={t('incident.course')}
            sub={t(incident.state === 'resolved' ? 'incident.courseSubPast' : 'incident.courseSub')}
            loaded={loaded}
          >
            {(value) => <IncidentTimeline incident={value} {...window} />}
          </Panel>
          <Panel
            title={t('incident.causes')}
            sub={t('incident.causesSub')}
            loaded={loaded}
            className="flush"
            end={
              <>
                <kbd>j</kbd>
                <kbd>k</kbd>
                <kbd>Enter</kbd>
              </>
            }
            empty={({ causes }) =>
              causes.length === 0 ? (
                <EmptyState title={t('incident.noCause')}>{t('incident.noCauseHint')}</EmptyState>
              ) : null
            }
          >
            {(value) => <CauseList incident={value} {...window} onChanged={loaded.reload} />}
          </Panel>
        </div>
        <div className="stack">
          <Panel
            title={t('incident.narrative')}
            end={<Chip>{t('narrative.template')}</Chip>}
            loaded={loaded}
            empty={({ narrative }) =>
              pick(narrative) === '' ? <EmptyState title={t('incident.noNarrative')} /> : null
            }
          >
            {({ narrative }) => (
              <Narrative
                text={pick(narrative)}
                chip={(name) =>
                  evidenceNames.has(name) ? (
                    <EvidenceChip
                      name={name}
                      label={t('evidence.open')}
                      isOpen={url.evidence === name}
                      onOpen={() => update({ evidence: name })}
                    />
                  ) : (
                    name
                  )
                }
              />
            )}
          </Panel>
          {incident.path.length > 0 && (
            <Panel title={t('incident.path')} sub={t('incident.pathSub')} loaded={loaded}>
              {(value) => <IncidentPath incident={value} />}
            </Panel>
          )}
          <Panel
            title={t('incident.findings')}
            loaded={loaded}
            className="flush"
            empty={({ findings }) => (findings.length === 0 ? <EmptyState title={t('host.noFindings')} /> : null)}
          >
            {({ findings }) => <FindingList findings={findings.slice(0, 12)} />}
          </Panel>
          <Panel title={t('incident.log')} end={<kbd>m</kbd>} loaded={loaded}>
            {(value) => <ResponseLog incident={value} onChanged={loaded.reload} />}
          </Panel>
        </div>
      </div>
    </>
  );
}

function WithoutIncident({ loaded, id }: { readonly loaded: Loaded<IncidentDetail>; readonly id: string }) {
  const { t } = useI18n();
  const { href } = useUrl();
  const { error } = loaded;
  if (error === null) return <LoadingState />;
  if (!isMissing(error)) return <FailedState error={error} onRetry={loaded.reload} />;
  return (
    <EmptyState title={t('incident.notFound', { id })}>
      <a className="link" href={href('/incidents', { tab: 'all' })}>
        {t('incident.toList')}
      </a>
    </EmptyState>
  );
}

function IncidentHead({
  loaded,
  incident,
}: {
  readonly loaded: Loaded<IncidentDetail>;
  readonly incident: IncidentDetail;
}) {
  const { t, pick, format } = useI18n();
  const { href } = useUrl();
  const tone = ({ open: 'critical', acknowledged: 'accent', resolved: 'ok' } as const)[incident.state];
  const { impact } = incident;
  const delayMs = Date.parse(incident.detectedAt) - Date.parse(incident.startedAt);
  return (
    <div className="incident-head">
      <div className="row">
        <Severity level={incident.severity} />
        <p className="answer">{pick(incident.title)}</p>
        <span className="quiet num">{incident.id}</span>
        <Chip tone={tone}>{t(`incidentState.${incident.state}`)}</Chip>
        {loaded.isStale && loaded.atMs !== null && <StaleNote atMs={loaded.atMs} />}
        <span className="grow" />
        <IncidentActions incident={incident} onChanged={loaded.reload} />
      </div>
      <dl className="head-facts">
        <div>
          <dt>{t('incident.started')}</dt>
          <dd>
            <FormattedTime at={incident.startedAt} as="dateTime" />
          </dd>
        </div>
        <div>
          <dt>{t('incident.detected')}</dt>
          <dd>{t('incident.after', { length: format.duration(delayMs) })}</dd>
        </div>
        <div>
          <dt>{t(incident.state === 'resolved' ? 'incident.lastedPast' : 'incident.lasted')}</dt>
          <dd>
            <Lasting from={incident.startedAt} to={incident.resolvedAt} />
          </dd>
        </div>
        {impact !== null && (
          <div>
            <dt>{t('incident.impact')}</dt>
            <dd>{pick(impact)}</dd>
          </div>
        )}
        <div>
          <dt>{t('incident.where')}</dt>
          <dd>
            {incident.hosts.map((host) => (
              <a key={host} className="link" href={href(`/hosts/${entityName(host)}`)}>
                {entityName(host)}
              </a>
            ))}
          </dd>
        </div>
        <div>
          <dt>{t('incident.grouped')}</dt>
          <dd>{t('incident.alertCount', { count: format.count(incident.totalAlerts) })}</dd>
        </div>
        <div>
          <dt>{t('incident.owner')}</dt>
          <dd>{incident.owner ?? t('incident.noOwner')}</dd>
        </div>
      </dl>
    </div>
  );
}
