import type { Topology, TopologyNode } from '../api/types.ts';
import type { I18n } from '../i18n/i18n.tsx';
import { entityTitle } from '../parts/entity-name.ts';
import type { GraphTier } from '../parts/graph-layout.ts';
import type { ServiceEdge, ServiceNode } from '../parts/service-graph.tsx';
import { levelMessage } from '../parts/severity.tsx';
import { edgeId } from './causal-path.ts';
import { hangingServices } from './hanging.ts';

export const USERS = 'entry:users';

const tierOf: Readonly<Record<TopologyNode['tier'], GraphTier>> = {
  web: 'web',
  was: 'was',
  app: 'app',
  database: 'database',
  network: 'network',
  host: 'other',
  external: 'other',
};

/** Services that nobody whom we watch calls, though they are called: that is where users come in. */
const isEntered = (topology: Topology, { entity, tier, callsPerSecond }: TopologyNode): boolean =>
  tier !== 'database' && (callsPerSecond ?? 0) > 0 && !topology.edges.some((edge) => edge.callee === entity);

/** The map's nodes and edges in words: rates, response times, and what a screen reader says. */
export function graphOf(
  topology: Topology,
  { t, format, language }: I18n,
): {
  readonly nodes: readonly ServiceNode[];
  readonly edges: readonly ServiceEdge[];
} {
  const rate = (perSecond: number | null): string => format.metric(perSecond, '{call}/s');
  const length = (elapsedMs: number | null): string => format.metric(elapsedMs, 'ms');
  const entered = topology.nodes.filter((node) => isEntered(topology, node));
  const busiest = Math.max(
    1e-9,
    ...topology.edges.map((edge) => edge.callsPerSecond ?? 0),
    ...entered.map((node) => node.callsPerSecond ?? 0),
  );
  const nodes = topology.nodes.map((node): ServiceNode => {
    const title = entityTitle(node.entity, language);
    const known = [
      node.callsPerSecond === null ? null : rate(node.callsPerSecond),
      node.p95ElapsedMs === null ? null : `p95 ${length(node.p95ElapsedMs)}`,
    ].filter((part) => part !== null);
    return {
      id: node.entity,
      tier: tierOf[node.tier],
      title,
      details: known.length > 0 ? known : [node.tier === 'network' ? t('tier.network') : (node.role ?? '')],
      level: node.state,
      spoken: t(levelMessage(node.state)),
      isOutside: false,
    };
  });
  const edges = topology.edges.map((edge): ServiceEdge => {
    const [caller, callee] = [entityTitle(edge.caller, language), entityTitle(edge.callee, language)];
    const known = [
      edge.callsPerSecond === null ? null : rate(edge.callsPerSecond),
      edge.meanElapsedMs === null ? null : length(edge.meanElapsedMs),
    ].filter((part) => part !== null);
    return {
      id: edgeId(edge.caller, edge.callee),
      from: edge.caller,
      to: edge.callee,
      texts: known.length > 0 ? known : ['–'],
      spoken: t('map.edge', { caller, callee }),
      share: (edge.callsPerSecond ?? 0) / busiest,
      isOutside: false,
    };
  });
  const wires = hangingServices(topology).map(
    ({ service, device, ports }): ServiceEdge => ({
      id: edgeId(service, device),
      from: service,
      to: device,
      texts: [ports.length === 1 ? (ports[0]?.port ?? '') : t('map.ports', { count: format.count(ports.length) })],
      spoken: t('map.hangsOn', { service: entityTitle(service, language), device: entityTitle(device, language) }),
      share: 0,
      isOutside: true,
    }),
  );
  if (entered.length === 0) return { nodes, edges: [...edges, ...wires] };
  return {
    nodes: [
      {
        id: USERS,
        tier: 'entry',
        title: t('map.users'),
        details: [],
        level: 'ok',
        spoken: '',
        isOutside: true,
      },
      ...nodes,
    ],
    edges: [
      ...edges,
      ...wires,
      ...entered.map(
        (node): ServiceEdge => ({
          id: edgeId(USERS, node.entity),
          from: USERS,
          to: node.entity,
          texts: [rate(node.callsPerSecond)],
          spoken: '',
          share: (node.callsPerSecond ?? 0) / busiest,
          isOutside: true,
        }),
      ),
    ],
  };
}
