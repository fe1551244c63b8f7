import type { Incident } from '../api/types.ts';
import { type I18n, useI18n } from '../i18n/i18n.tsx';
import { type Column, DataTable } from '../parts/data-table.tsx';
import { entityName } from '../parts/entity-name.ts';
import { FormattedTime, Lasting } from '../parts/formatted-time.tsx';
import { levelRank, Severity } from '../parts/severity.tsx';
import { useUrl } from '../shell/use-url.ts';

const ROW_HEIGHT = 52;

/** Incidents, two lines each: what and why. The overview and the list show the same rows. */
export function IncidentTable({
  incidents,
  label,
}: {
  readonly incidents: readonly Incident[];
  readonly label: string;
}) {
  const i18n = useI18n();
  const { url, update, go } = useUrl();
  return (
    <DataTable
      label={label}
      rows={incidents}
      columns={columns(i18n)}
      rowId={(incident) => incident.id}
      selectedId={url.selected}
      onSelect={(id) => update({ selected: id }, { replace: true })}
      onOpen={(id) => go(`/incidents/${id}`)}
      rowHeight={ROW_HEIGHT}
    />
  );
}

function columns({ t, format }: I18n): Column<Incident>[] {
  return [
    {
      key: 'severity',
      header: t('incident.severity'),
      width: '92px',
      sortBy: (incident) => -levelRank(incident.severity),
      render: (incident) => <Severity level={incident.severity} />,
    },
    {
      key: 'what',
      header: t('incident.what'),
      render: (incident) => <What incident={incident} />,
    },
    {
      key: 'hosts',
      header: t('incident.impact'),
      width: '24%',
      render: (incident) => <Where incident={incident} />,
    },
    {
      key: 'lasted',
      header: t('incident.lasted'),
      isNumeric: true,
      width: '110px',
      sortBy: (incident) => -Date.parse(incident.startedAt),
      render: (incident) => (
        <>
          <div>
            <Lasting from={incident.startedAt} to={incident.resolvedAt} />
          </div>
          <div className="small quiet">
            <FormattedTime at={incident.startedAt} />
          </div>
        </>
      ),
    },
    {
      key: 'state',
      header: t('incident.state'),
      width: '120px',
      render: (incident) => (
        <>
          <div>{t(`incidentState.${incident.state}`)}</div>
          <div className="small quiet cut">{incident.owner ?? t('incident.noOwner')}</div>
        </>
      ),
    },
  ];
}

function What({ incident }: { readonly incident: Incident }) {
  const { t, pick, format } = useI18n();
  const { href } = useUrl();
  const cause = incident.topCause;
  return (
    <>
      <div className="cut">
        <a className="strong" href={href(`/incidents/${incident.id}`)}>
          {pick(incident.title)}
        </a>{' '}
        <span className="quiet num">{incident.id}</span>
      </div>
      <div className="small quiet cut">
        {cause === null ? (
          t('incident.noCause')
        ) : (
          <>
            {pick(cause.explanation)} <span className="c-accent num">{format.score(cause.score)}</span>
          </>
        )}
      </div>
    </>
  );
}

/** What users feel where that is known, then the hosts; else the hosts and how many alerts they have. */
function Where({ incident }: { readonly incident: Incident }) {
  const { t, pick, format } = useI18n();
  const { impact } = incident;
  const hosts = incident.hosts.map(entityName).join(', ');
  const alerts = t('incident.alerts', {
    firing: format.count(incident.firingAlerts),
    total: format.count(incident.totalAlerts),
  });
  return (
    <>
      <div className="cut">{impact === null ? hosts : pick(impact)}</div>
      <div className="small quiet cut">{impact === null ? alerts : hosts}</div>
    </>
  );
}
