import { useMemo } from 'react';
import type { Incident, Topology } from '../api/types.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { entityTitle } from '../parts/entity-name.ts';
import { PageAnswer } from '../parts/page-answer.tsx';
import { Panel } from '../parts/panel.tsx';
import { ServiceGraph } from '../parts/service-graph.tsx';
import { levelRank } from '../parts/severity.tsx';
import { EmptyState } from '../parts/states.tsx';
import type { ViewProps } from '../shell/define-page.tsx';
import { resolveRange } from '../shell/time-range.ts';
import { useNow } from '../shell/use-now.ts';
import { useShortcut } from '../shell/use-shortcuts.tsx';
import { useUrl } from '../shell/use-url.ts';
import { type CausalPath, causalPath } from './causal-path.ts';
import { graphOf } from './graph-of.ts';
import { MapDrawer } from './map-drawer.tsx';
import { MapTable } from './map-table.tsx';

export type MapData = { readonly topology: Topology; readonly incidents: readonly Incident[] };

const noPath: CausalPath = { ids: new Set(), services: [] };

/** Services from entry to database. The open incident's path is red, the rest dimmed; `sel=` is what the drawer tells of. */
export function MapView({ data, url }: ViewProps<MapData>) {
  const i18n = useI18n();
  const { t } = i18n;
  const { update } = useUrl();
  const topology = data.topology.value;
  const incidents = data.incidents.value;
  const open = useMemo(
    () => (topology === undefined ? [] : onTheMap(incidents ?? [], topology)),
    [incidents, topology],
  );
  const chosen = open.find(({ id }) => id === url.filter) ?? open[0];
  const cause = chosen?.topCause?.entity;
  const path = useMemo(
    () => (topology === undefined || cause === undefined ? noPath : causalPath(topology, cause)),
    [topology, cause],
  );
  const graph = useMemo(() => (topology === undefined ? null : graphOf(topology, i18n)), [topology, i18n]);
  const isTable = url.tab === 'table';
  const select = (id: string | null): void => update({ selected: id });
  const ids = [...(graph?.nodes ?? []).filter(({ isOutside }) => !isOutside), ...(topology?.edges ?? [])].map((item) =>
    'id' in item ? item.id : `${item.caller}>${item.callee}`,
  );
  const step = (by: number): void => {
    const next = ids[Math.max(0, Math.min(ids.length - 1, ids.indexOf(url.selected ?? '') + by))];
    if (next !== undefined) update({ selected: next }, { replace: true });
  };
  useShortcut('next', () => step(1));
  useShortcut('previous', () => step(-1));
  const { fromMs, toMs } = resolveRange(url.range, Math.floor(useNow() / 10_000) * 10_000);
  const isSelected = url.selected !== null && ids.includes(url.selected);
  return (
    <>
      <PageAnswer
        action={
          <button
            type="button"
            className="button"
            aria-pressed={isTable}
            onClick={() => update({ tab: isTable ? null : 'table' })}
          >
            {t(isTable ? 'map.asPicture' : 'map.asTable')}
          </button>
        }
      >
        <Answer topology={topology} path={path} cause={cause} />
      </PageAnswer>
      {open.length > 0 && (
        <fieldset className="segments map-incidents" aria-label={t('map.shownPath')}>
          {open.map((incident) => (
            <button
              type="button"
              key={incident.id}
              aria-pressed={incident === chosen}
              onClick={() => update({ filter: incident.id })}
            >
              {incident.id} <span className="cut">{i18n.pick(incident.title)}</span>
            </button>
          ))}
        </fieldset>
      )}
      <div className={isSelected ? 'split' : 'split closed'}>
        <Panel
          title={t('map.title')}
          sub={t('map.sub')}
          loaded={data.topology}
          className="map-panel"
          end={
            <>
              <kbd>j</kbd>
              <kbd>k</kbd>
            </>
          }
          empty={({ nodes }) =>
            nodes.length === 0 ? <EmptyState title={t('map.none')}>{t('map.noneHint')}</EmptyState> : null
          }
        >
          {(value) => (
            <div className="map-body">
              {isTable || graph === null ? (
                <MapTable topology={value} path={path} selectedId={url.selected} onSelect={select} />
              ) : (
                <ServiceGraph
                  {...graph}
                  path={path.ids}
                  selectedId={url.selected}
                  onSelect={select}
                  tierName={(tier) =>
                    tier === 'entry' ? t('map.entry') : tier === 'other' ? t('map.external') : t(`tier.${tier}`)
                  }
                />
              )}
              <p className="map-legend quiet small">
                {path.ids.size > 0 && <span className="c-critical">━ {t('map.causal')}</span>} {t('map.legend')}
              </p>
            </div>
          )}
        </Panel>
        {isSelected && topology !== undefined && (
          <MapDrawer
            topology={topology}
            incidents={open}
            selectedId={url.selected ?? ''}
            fromMs={fromMs}
            toMs={toMs}
            onSelect={select}
            onClose={() => select(null)}
          />
        )}
      </div>
    </>
  );
}

function Answer(props: {
  readonly topology: Topology | undefined;
  readonly path: CausalPath;
  readonly cause: string | undefined;
}) {
  const { t, format, language } = useI18n();
  const { topology, path, cause } = props;
  if (topology === undefined) return t('map.asking');
  if (topology.nodes.length === 0) return t('map.none');
  if (cause !== undefined && path.services.length > 0) {
    return t('map.answerPath', { cause: entityTitle(cause, language), count: format.count(path.services.length) });
  }
  return t('map.answer', { nodes: format.count(topology.nodes.length), edges: format.count(topology.edges.length) });
}

/** Open incidents whose first suspect stands on the map. */
function onTheMap(incidents: readonly Incident[], topology: Topology): readonly Incident[] {
  return incidents
    .filter(
      ({ state, topCause }) =>
        state !== 'resolved' && topCause !== null && causalPath(topology, topCause.entity).services.length > 0,
    )
    .toSorted((a, b) => levelRank(a.severity) - levelRank(b.severity) || a.startedAt.localeCompare(b.startedAt));
}
