import type { IncidentDetail } from '../api/types.ts';
import { useHub, useLoaded } from '../api/use-loaded.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { entityTitle } from '../parts/entity-name.ts';
import { LevelShape } from '../parts/severity.tsx';
import { serviceMap } from '../shell/hub-resources.ts';
import { useUrl } from '../shell/use-url.ts';

/** The services between the users and the cause, as a small map: users on top, the first suspect marked. */
export function IncidentPath({ incident }: { readonly incident: IncidentDetail }) {
  const { t, language, format } = useI18n();
  const { api } = useHub();
  const { href } = useUrl();
  const topology = useLoaded(serviceMap(api)).value;
  const cause = incident.topCause?.entity;
  const services = incident.path.toReversed();
  if (cause === undefined || services.length === 0) return <p className="quiet">{t('incident.noPath')}</p>;
  const isOnPath = services.includes(cause);
  return (
    <>
      <ol className="path">
        {services.map((entity) => {
          const node = topology?.nodes.find((one) => one.entity === entity);
          const isCause = entity === cause;
          return (
            <li key={entity} className={isCause ? 'path-node cause-node' : 'path-node'}>
              {isCause && incident.state !== 'resolved' && <LevelShape level={incident.severity} />}
              <a className="strong" href={href('/map', { selected: entity, filter: incident.id })}>
                {entityTitle(entity, language)}
              </a>
              <span className="quiet small">{node?.role}</span>
              <span className="grow" />
              <span className="num small quiet">{format.metric(node?.p95ElapsedMs ?? null, 'ms')}</span>
            </li>
          );
        })}
        {!isOnPath && (
          <li className="path-node cause-node">
            {incident.state !== 'resolved' && <LevelShape level={incident.severity} />}
            <span className="strong">{entityTitle(cause, language)}</span>
          </li>
        )}
      </ol>
      <a className="link small" href={href('/map', { filter: incident.id })}>
        {t('incident.openMap')}
      </a>
    </>
  );
}
