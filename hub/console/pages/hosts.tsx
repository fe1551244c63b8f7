import type { Host } from '../api/types.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { PageAnswer } from '../parts/page-answer.tsx';
import { Panel } from '../parts/panel.tsx';
import { EmptyState } from '../parts/states.tsx';
import { definePage, type ViewProps } from '../shell/define-page.tsx';
import { allHosts } from '../shell/hub-resources.ts';
import { useUrl } from '../shell/use-url.ts';
import { AddHostDialog } from './add-host-dialog.tsx';
import { FilterField } from './filter-field.tsx';
import { HostDrawer } from './host-drawer.tsx';
import { hostMatches, tierOf, tiers, worstFirst } from './host-order.ts';
import { HostTable } from './host-table.tsx';

type HostsData = { readonly hosts: readonly Host[] };

export const hostsPage = definePage<HostsData>({
  path: '/hosts',
  title: 'page.hosts',
  menu: { group: 'fleet', icon: 'host', goKey: 'KeyH' },
  load: ({ api }) => ({ hosts: allHosts(api) }),
  view: HostsView,
});

function HostsView({ data, url }: ViewProps<HostsData>) {
  const { t, format } = useI18n();
  const { update } = useUrl();
  const all = data.hosts.value ?? [];
  const isAdding = url.tab === 'add';
  const tier = tiers.find((name) => name === url.tab) ?? null;
  const shown = worstFirst(all.filter((host) => hostMatches(host, url.filter, tier)));
  const selected = all.find((host) => host.id === url.selected);
  return (
    <>
      <PageAnswer
        action={
          <button type="button" className="button primary" onClick={() => update({ tab: 'add' })}>
            {t('hosts.add')}
          </button>
        }
      >
        <HostsSentence hosts={data.hosts.value} />
      </PageAnswer>
      <div className="toolbar">
        <FilterField label={t('hosts.filter')} />
        <fieldset className="segments" aria-label={t('hosts.tier')}>
          <button type="button" aria-pressed={tier === null} onClick={() => update({ tab: null })}>
            {t('hosts.all')} <span className="num quiet">{format.count(all.length)}</span>
          </button>
          {tiers.map((name) => {
            const count = all.filter((host) => tierOf(host) === name).length;
            if (count === 0) return null;
            return (
              <button type="button" key={name} aria-pressed={tier === name} onClick={() => update({ tab: name })}>
                {t(`tier.${name}`)} <span className="num quiet">{format.count(count)}</span>
              </button>
            );
          })}
        </fieldset>
      </div>
      <div className={selected === undefined ? 'split closed' : 'split'}>
        <Panel
          title={t('page.hosts')}
          sub={t('hosts.order')}
          end={t('hosts.shown', { shown: format.count(shown.length), count: format.count(all.length) })}
          loaded={data.hosts}
          className="flush fill"
          empty={() =>
            shown.length === 0 ? (
              <EmptyState title={t(all.length === 0 ? 'hosts.none' : 'hosts.noMatch')}>
                {t('hosts.noneHint')}
              </EmptyState>
            ) : null
          }
        >
          {() => <HostTable hosts={shown} isStale={data.hosts.isStale} isNarrow={selected !== undefined} />}
        </Panel>
        {selected !== undefined && <HostDrawer host={selected} onClose={() => update({ selected: null })} />}
      </div>
      {isAdding && <AddHostDialog onClose={() => update({ tab: null })} />}
    </>
  );
}

function HostsSentence({ hosts }: { readonly hosts: readonly Host[] | undefined }) {
  const { t, format } = useI18n();
  if (hosts === undefined) return t('page.hosts');
  const silent = hosts.filter(({ state }) => state === 'stale').length;
  const wrong = hosts.filter(({ state }) => state === 'critical' || state === 'major' || state === 'minor').length;
  const values = { count: format.count(hosts.length), wrong: format.count(wrong), silent: format.count(silent) };
  if (hosts.length === 0) return t('hosts.none');
  if (wrong === 0 && silent === 0) return t('hosts.allOk', values);
  if (silent === 0) return t('hosts.someWrong', values);
  return wrong === 0 ? t('hosts.someSilent', values) : t('hosts.wrongAndSilent', values);
}
