import type { TopologyNode } from '../api/types.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { Drawer } from '../parts/drawer.tsx';
import { entityName, entityTitle } from '../parts/entity-name.ts';
import { FormattedTime } from '../parts/formatted-time.tsx';
import { Severity } from '../parts/severity.tsx';
import { useUrl } from '../shell/use-url.ts';
import { causalPath } from './causal-path.ts';
import type { MapDrawerProps } from './map-drawer.tsx';

/** A network device: what hangs on which of its ports, and what is hurt when it stops. */
export function DeviceDrawer({ node, topology, incidents, onClose }: MapDrawerProps & { node: TopologyNode }) {
  const { t, language } = useI18n();
  const { href } = useUrl();
  const hanging = topology.attachments.filter(({ device }) => device === node.entity);
  const hurt = causalPath(topology, node.entity).services.slice(1);
  const incident = incidents.find(({ topCause }) => topCause?.entity === node.entity);
  return (
    <Drawer
      title={
        <>
          {hanging[0]?.deviceName ?? entityTitle(node.entity, language)} <Severity level={node.state} />
        </>
      }
      onClose={onClose}
    >
      <div className="section">
        <h3>{t('map.hanging')}</h3>
        {hanging.length === 0 && <p className="quiet">{t('map.nothingHangs')}</p>}
        <ul className="plain-list">
          {hanging.map(({ host, interfaceName, port, lastSeenAt }) => (
            <li key={`${host} ${interfaceName} ${port}`} className="row">
              <span className="mono">{port}</span>
              <a className="link grow" href={href(`/hosts/${entityName(host)}`)}>
                {entityName(host)} <span className="quiet mono">{interfaceName}</span>
              </a>
              <span className="quiet">
                <FormattedTime at={lastSeenAt} />
              </span>
            </li>
          ))}
        </ul>
      </div>
      <div className="section">
        <h3>{t('map.deviceStops')}</h3>
        <p className="quiet-2">
          {hurt.length === 0 ? t('map.stopsNone') : hurt.map((entity) => entityTitle(entity, language)).join(', ')}
        </p>
      </div>
      <div className="section row wrap-row">
        {incident === undefined ? (
          <span className="quiet">{t('map.noIncident')}</span>
        ) : (
          <a className="button primary" href={href(`/incidents/${incident.id}`)}>
            {incident.id}
          </a>
        )}
      </div>
    </Drawer>
  );
}
