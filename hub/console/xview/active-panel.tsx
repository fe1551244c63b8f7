import type { ApiClient } from '../api/client.ts';
import type { Resource } from '../api/resource.ts';
import type { ActiveTransactions } from '../api/types.ts';
import { useHub, useLoaded } from '../api/use-loaded.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { entityTitle } from '../parts/entity-name.ts';
import { Panel } from '../parts/panel.tsx';
import { EmptyState } from '../parts/states.tsx';

const active = (api: ApiClient): Resource<ActiveTransactions> => ({
  key: 'active transactions',
  fetch: (signal) => api.activeTransactions(signal),
  everyMs: 2000,
});

const ages = ['lt3s', 'from3to8s', 'ge8s'] as const;

/** What every service works on now, by how long it has: a wall of long ones is seen before they end as dots. */
export function ActivePanel() {
  const { api } = useHub();
  const { t, format, language } = useI18n();
  const loaded = useLoaded(active(api));
  return (
    <Panel
      title={t('xview.active')}
      sub={t('xview.activeSub')}
      className="active-panel"
      loaded={loaded}
      end={ages.map((age) => (
        <span key={age} className="row tight">
          <i className={`swatch ${age}`} /> {t(`xview.${age}`)}
        </span>
      ))}
      empty={({ items }) => (items.length === 0 ? <EmptyState title={t('xview.activeNone')} /> : null)}
    >
      {({ items }) => {
        const most = Math.max(10, ...items.map((item) => item.lt3s + item.from3to8s + item.ge8s));
        return (
          <ul className="active-list">
            {items.map((item) => {
              const total = Math.round(item.lt3s + item.from3to8s + item.ge8s);
              const counts = Object.fromEntries(ages.map((age) => [age, format.count(Math.round(item[age]))]));
              const service = entityTitle(item.service, language);
              return (
                <li key={`${item.service} ${item.host}`}>
                  <div className="row">
                    <span className={item.ge8s >= 1 ? 'strong grow cut' : 'grow cut'}>{service}</span>
                    <span className={item.ge8s >= 1 ? 'num strong c-critical' : 'num quiet-2'}>
                      {format.count(total)}
                    </span>
                  </div>
                  <div className="age-bar" role="img" aria-label={t('xview.activeOf', { service, ...counts })}>
                    {ages.map((age) => (
                      <i key={age} className={age} style={{ width: `${(100 * item[age]) / most}%` }} />
                    ))}
                  </div>
                </li>
              );
            })}
          </ul>
        );
      }}
    </Panel>
  );
}
