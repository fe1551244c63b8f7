import type { ReactNode } from 'react';
import type { Evidence, Incident, Topology, TopologyEdge, TopologyNode } from '../api/types.ts';
import { useI18n } from '../i18n/i18n.tsx';
import { EvidenceChart } from '../pages/evidence-chart.tsx';
import { Drawer } from '../parts/drawer.tsx';
import { entityName, entityTitle } from '../parts/entity-name.ts';
import { Severity } from '../parts/severity.tsx';
import { useUrl } from '../shell/use-url.ts';
import { causalPath, edgeId } from './causal-path.ts';
import { DeviceDrawer } from './device-drawer.tsx';

export interface MapDrawerProps {
  readonly topology: Topology;
  readonly incidents: readonly Incident[];
  readonly selectedId: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly onSelect: (id: string) => void;
  readonly onClose: () => void;
}

/** The chosen service or call path: now against usual, and why it is on the map. */
export function MapDrawer(props: MapDrawerProps) {
  const { topology, selectedId } = props;
  const node = topology.nodes.find(({ entity }) => entity === selectedId);
  if (node?.tier === 'network') return <DeviceDrawer {...props} node={node} />;
  if (node !== undefined) return <NodeDrawer {...props} node={node} />;
  const edge = topology.edges.find(({ caller, callee }) => edgeId(caller, callee) === selectedId);
  return edge === undefined ? null : <EdgeDrawer {...props} edge={edge} />;
}

function NodeDrawer({
  node,
  topology,
  incidents,
  fromMs,
  toMs,
  onSelect,
  onClose,
}: MapDrawerProps & { node: TopologyNode }) {
  const { t, format, language } = useI18n();
  const { href } = useUrl();
  const callers = causalPath(topology, node.entity).services.slice(1);
  const incident = incidents.find(
    ({ services, topCause }) => services.includes(node.entity) || topCause?.entity === node.entity,
  );
  const metric = node.tier === 'database' ? 'airis.db.server.statement.duration' : 'http.server.request.duration';
  return (
    <Drawer
      title={
        <>
          {entityTitle(node.entity, language)} <Severity level={node.state} />
        </>
      }
      onClose={onClose}
    >
      <div className="section">
        <Values
          rows={[
            [t('map.calls'), format.metric(node.callsPerSecond, '{call}/s'), null],
            [t('map.p95'), format.metric(node.p95ElapsedMs, 'ms'), null],
            [t('map.errors'), format.percent(node.errorRatio), null],
            ...(node.role === null ? [] : [[t('map.program'), node.role, null] as const]),
          ]}
        />
      </div>
      {node.host !== null && (
        <div className="section">
          <h3>{t('signal.response')}</h3>
          <EvidenceChart host={node.host} evidence={seriesOf(metric, {})} fromMs={fromMs} toMs={toMs} />
        </div>
      )}
      <EdgeLinks
        title={t('map.calledBy')}
        edges={topology.edges.filter(({ callee }) => callee === node.entity)}
        nameOf={({ caller }) => caller}
        onSelect={onSelect}
      />
      <EdgeLinks
        title={t('map.callsOut')}
        edges={topology.edges.filter(({ caller }) => caller === node.entity)}
        nameOf={({ callee }) => callee}
        onSelect={onSelect}
      />
      <div className="section">
        <h3>{t('map.ifStops')}</h3>
        <p className="quiet-2">
          {callers.length === 0
            ? t('map.stopsNone')
            : t('map.stopsAlso', { names: callers.map((entity) => entityTitle(entity, language)).join(', ') })}
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
        {node.host !== null && (
          <a className="button" href={href(`/hosts/${entityName(node.host)}`)}>
            {t('map.openHost')}
          </a>
        )}
      </div>
    </Drawer>
  );
}

function EdgeDrawer({ edge, topology, fromMs, toMs, onSelect, onClose }: MapDrawerProps & { edge: TopologyEdge }) {
  const { t, format, language } = useI18n();
  const usual = (value: string | null): string => (value === null ? t('map.noUsual') : t('map.usual', { value }));
  const { usual: before } = edge;
  const calls = (value: number | null | undefined) => (value == null ? null : format.metric(value, '{call}/s'));
  const length = (value: number | null | undefined) => (value == null ? null : format.metric(value, 'ms'));
  const share = (value: number | null | undefined) => (value == null ? null : format.percent(value));
  const caller = topology.nodes.find(({ entity }) => entity === edge.caller);
  // Without an address of its own a path's values can be told apart only where the caller calls nobody else.
  const isOnly = topology.edges.filter((one) => one.caller === edge.caller).length === 1;
  const isDatabase = topology.nodes.find(({ entity }) => entity === edge.callee)?.tier === 'database';
  return (
    <Drawer
      title={t('map.edge', { caller: entityTitle(edge.caller, language), callee: entityTitle(edge.callee, language) })}
      onClose={onClose}
    >
      <div className="section">
        <Values
          rows={[
            [t('map.calls'), calls(edge.callsPerSecond) ?? '–', usual(calls(before?.callsPerSecond))],
            [t('map.mean'), length(edge.meanElapsedMs) ?? '–', usual(length(before?.meanElapsedMs))],
            [t('map.errors'), share(edge.errorRatio) ?? '–', usual(share(before?.errorRatio))],
          ]}
        />
      </div>
      {caller?.host != null && (edge.via !== null || isOnly) && (
        <div className="section">
          <h3>{t('map.mean')}</h3>
          <EvidenceChart
            host={caller.host}
            evidence={seriesOf(
              isDatabase ? 'db.client.operation.duration' : 'http.client.request.duration',
              edge.via === null ? {} : addressOf(edge.via),
            )}
            fromMs={fromMs}
            toMs={toMs}
          />
        </div>
      )}
      <div className="section">
        <h3>{t('map.why')}</h3>
        <dl className="facts">
          {edge.evidence.map((evidence) => (
            <div key={evidence.kind + evidence.text}>
              <dt>{t(`map.evidence.${evidence.kind}`)}</dt>
              <dd className="mono">{evidence.text}</dd>
            </div>
          ))}
          <div>
            <dt>{t('map.confidence')}</dt>
            <dd className="num">{format.score(edge.confidence)}</dd>
          </div>
        </dl>
      </div>
      <div className="section row wrap-row">
        {[edge.caller, edge.callee].map((entity) => (
          <button type="button" className="button" key={entity} onClick={() => onSelect(entity)}>
            {entityTitle(entity, language)}
          </button>
        ))}
      </div>
    </Drawer>
  );
}

function Values({ rows }: { readonly rows: readonly (readonly [string, string, string | null])[] }) {
  return (
    <dl className="facts">
      {rows.map(([name, value, usual]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <span className="num strong">{value}</span> {usual !== null && <span className="quiet small">{usual}</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function EdgeLinks(props: {
  readonly title: ReactNode;
  readonly edges: readonly TopologyEdge[];
  readonly nameOf: (edge: TopologyEdge) => string;
  readonly onSelect: (id: string) => void;
}) {
  const { format, language } = useI18n();
  if (props.edges.length === 0) return null;
  return (
    <div className="section">
      <h3>{props.title}</h3>
      <ul className="plain-list">
        {props.edges.map((edge) => (
          <li key={edgeId(edge.caller, edge.callee)} className="row">
            <button
              type="button"
              className="link grow left"
              onClick={() => props.onSelect(edgeId(edge.caller, edge.callee))}
            >
              {entityTitle(props.nameOf(edge), language)}
            </button>
            <span className="num quiet">
              {format.metric(edge.callsPerSecond, '{call}/s')} · {format.metric(edge.meanElapsedMs, 'ms')}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function seriesOf(metric: string, attributes: Readonly<Record<string, string>>): Evidence {
  return { kind: 'series', ref: metric, metric, attributes, unit: 's' };
}

/** `127.0.0.1:9000` → what a client's metrics are told apart by. */
function addressOf(via: string): Record<string, string> {
  const colon = via.lastIndexOf(':');
  return { 'server.address': via.slice(0, colon).replace(/^\[|\]$/g, ''), 'server.port': via.slice(colon + 1) };
}
