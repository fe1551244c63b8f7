import type { Incident } from '../api/types.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { matchesText } from '../parts/choseong.ts';
import { PageAnswer } from '../parts/page-answer.tsx';
import { Panel } from '../parts/panel.tsx';
import { levelRank } from '../parts/severity.tsx';
import { EmptyState } from '../parts/states.tsx';
import { definePage, type ViewProps } from '../shell/define-page.tsx';
import { allIncidents } from '../shell/hub-resources.ts';
import { useUrl } from '../shell/use-url.ts';
import { FilterField } from './filter-field.tsx';
import { IncidentTable } from './incident-table.tsx';

type IncidentsData = { readonly incidents: readonly Incident[] };

const tabs = ['open', 'resolved', 'all'] as const;
type Tab = (typeof tabs)[number];

export const incidentsPage = definePage<IncidentsData>({
  path: '/incidents',
  title: 'page.incidents',
  menu: { group: 'watch', icon: 'incident', goKey: 'KeyI' },
  load: ({ api }) => ({ incidents: allIncidents(api) }),
  view: IncidentsView,
});

function IncidentsView({ data, url }: ViewProps<IncidentsData>) {
  const { t, format, pick } = useI18n();
  const { update } = useUrl();
  const tab = tabs.find((name) => name === url.tab) ?? 'open';
  const all = data.incidents.value ?? [];
  const openCount = all.filter((incident) => inTab(incident, 'open')).length;
  const shown = all
    .filter((incident) => inTab(incident, tab) && matchesText(url.filter, searchText(incident, pick(incident.title))))
    .toSorted(worstThenNewest);
  return (
    <>
      <PageAnswer>
        {data.incidents.value === undefined
          ? t('page.incidents')
          : openCount === 0
            ? t('incidents.none')
            : t('incidents.open', { count: format.count(openCount) })}
      </PageAnswer>
      <div className="toolbar">
        <FilterField label={t('incidents.filter')} />
        <fieldset className="segments" aria-label={t('incident.state')}>
          {tabs.map((name) => (
            <button
              type="button"
              key={name}
              aria-pressed={tab === name}
              onClick={() => update({ tab: name === 'open' ? null : name, selected: null })}
            >
              {t(`incidents.tab.${name}`)}
              <span className="num quiet">{format.count(all.filter((incident) => inTab(incident, name)).length)}</span>
            </button>
          ))}
        </fieldset>
      </div>
      <Panel
        title={t(`incidents.tab.${tab}`)}
        sub={t('incidents.order')}
        end={
          <>
            <kbd>j</kbd>
            <kbd>k</kbd>
            <kbd>Enter</kbd>
          </>
        }
        loaded={data.incidents}
        className="flush fill"
        empty={() =>
          shown.length === 0 ? (
            <EmptyState title={t(url.filter === '' ? 'incidents.none' : 'incidents.noMatch')}>
              {tab === 'open' && (
                <button type="button" className="link" onClick={() => update({ tab: 'all', filter: '' })}>
                  {t('incidents.past')}
                </button>
              )}
            </EmptyState>
          ) : null
        }
      >
        {() => <IncidentTable incidents={shown} label={t('page.incidents')} />}
      </Panel>
    </>
  );
}

const inTab = (incident: Incident, tab: Tab): boolean =>
  tab === 'all' || (tab === 'resolved') === (incident.state === 'resolved');

const searchText = (incident: Incident, title: string): string =>
  [title, incident.id, ...incident.hosts, ...incident.services, incident.owner ?? ''].join(' ');

function worstThenNewest(a: Incident, b: Incident): number {
  const openFirst = Number(a.state === 'resolved') - Number(b.state === 'resolved');
  return openFirst || levelRank(a.severity) - levelRank(b.severity) || b.startedAt.localeCompare(a.startedAt);
}
