import type { Host } from '../api/types.ts';
import { useHub, useLoaded } from '../api/use-loaded.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { Drawer } from '../parts/drawer.tsx';
import { LevelShape, Severity } from '../parts/severity.tsx';
import { FailedState, LoadingState } from '../parts/states.tsx';
import { useUrl } from '../shell/use-url.ts';
import { AgentCost } from './agent-cost.tsx';
import { DataPlaces } from './data-places.tsx';
import { hostTitle } from './host-order.ts';
import { hostDetail } from './host-resources.ts';
import { InventoryFacts } from './inventory-facts.tsx';
import { RoleList } from './role-list.tsx';
import { ScopeChip } from './scope-chip.tsx';

/** The chosen host: what was found there and why, what the agent costs, and where its data is. */
export function HostDrawer({ host, onClose }: { readonly host: Host; readonly onClose: () => void }) {
  const { t } = useI18n();
  const { api } = useHub();
  const { href } = useUrl();
  const detail = useLoaded(hostDetail(api, host.id));
  return (
    <Drawer
      title={
        <>
          {hostTitle(host)} <Severity level={host.state} />
        </>
      }
      onClose={onClose}
    >
      <div className="section row wrap-row">
        <ScopeChip host={host} />
        <a className="button" href={href(`/hosts/${host.agent}`)}>
          {t('hosts.openPage')}
        </a>
      </div>
      <div className="section">
        <h3>
          {t('roles.title')} <span className="quiet small">{t('roles.automatic')}</span>
        </h3>
        <RoleList roles={host.roles} />
      </div>
      {detail.value === undefined ? (
        detail.error === null ? (
          <LoadingState />
        ) : (
          <FailedState error={detail.error} onRetry={detail.reload} />
        )
      ) : (
        <>
          {host.state === 'stale' && (
            <p className="section c-minor">
              <LevelShape level="stale" /> {t('host.silentHint')}
            </p>
          )}
          <div className="section">
            <h3>{t('host.machine')}</h3>
            <InventoryFacts host={detail.value} />
          </div>
          <div className="section">
            <h3>{t('host.cost')}</h3>
            <AgentCost host={detail.value} />
          </div>
          <div className="section">
            <h3>{t('host.dataPlaces')}</h3>
            <DataPlaces host={detail.value} />
          </div>
        </>
      )}
    </Drawer>
  );
}
