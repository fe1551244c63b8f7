import type { Topology } from '../api/types.ts';
import { hangingServices } from './hanging.ts';

export const edgeId = (caller: string, callee: string): string => `${caller}>${callee}`;

/** Services that a walk visits at most; the map is bounded by the hub, and rings must not matter. */
const MAX_VISITED = 500;

export interface CausalPath {
  /** Ids of nodes and edges. */
  readonly ids: ReadonlySet<string>;
  /** The cause first, then who is hurt by it, nearest first. */
  readonly services: readonly string[];
}

/**
 * What a cause reaches: the service it belongs to and everybody who calls that, directly or not. A folder belongs to the service of
 * its agent; a link between two services hurts the one that calls through it, a device the services on the machines that hang on it.
 */
export function causalPath(topology: Topology, cause: string): CausalPath {
  const start = serviceOf(topology, cause);
  const ids = new Set<string>();
  const link = linkEnds(topology, cause);
  if (link !== null) {
    ids.add(edgeId(link.caller, link.callee));
    ids.add(link.callee);
  }
  if (start === null) return { ids: new Set(), services: [] };
  const services = [start];
  const needs = [
    ...topology.edges,
    ...hangingServices(topology).map(({ service, device }) => ({ caller: service, callee: device })),
  ];
  for (const service of services) {
    ids.add(service);
    if (services.length >= MAX_VISITED) break;
    for (const edge of needs) {
      if (edge.callee !== service) continue;
      ids.add(edgeId(edge.caller, edge.callee));
      if (!services.includes(edge.caller)) services.push(edge.caller);
    }
  }
  return { ids, services };
}

/** `link:shop-was~shop-app` → the two services of those names. */
function linkEnds(topology: Topology, entity: string): { caller: string; callee: string } | null {
  if (!entity.startsWith('link:')) return null;
  const [from, to] = entity.slice('link:'.length).split('~');
  const byName = (name: string | undefined) =>
    topology.nodes.find((node) => node.entity.split(':')[1] === name)?.entity;
  const [caller, callee] = [byName(from), byName(to)];
  return caller === undefined || callee === undefined ? null : { caller, callee };
}

function serviceOf(topology: Topology, entity: string): string | null {
  const { nodes } = topology;
  if (nodes.some((node) => node.entity === entity)) return entity;
  const link = linkEnds(topology, entity);
  if (link !== null) return link.caller;
  const agent = entity.startsWith('host:') ? entity.slice('host:'.length) : entity.split('@')[1];
  return nodes.find(({ host, runsOn }) => [host, runsOn].includes(`host:${agent}`))?.entity ?? null;
}
