import type { Dependency } from '../rca/rca-method.ts';
import type { HostRecord } from './host-record.ts';

/** What the hub's topology knows, as far as incidents need it. */
export interface TopologyView {
  dependencies(): readonly Dependency[];
  /** What answers at `address` (`ip:port`) as seen from an agent; null where nobody knows. */
  entityAt(agent: string, address: string): string | null;
  /** Which ports of which devices the machines of agents hang on. */
  attachments(): readonly { readonly agent: string; readonly device: string; readonly port: string }[];
}

/** Where an agent stands: its machine, and the part of it that it speaks for. */
export interface Place {
  /** Null: not told, as by older agents. */
  readonly machine: string | null;
  /** Null: it watches the whole host. */
  readonly scope: string | null;
}

export const placeOf = ({ health }: Pick<HostRecord, 'health'>): Place => ({
  machine: health.machine ?? null,
  scope: health.scope?.entity ?? null,
});

/** Who needs whom and what runs where, at one moment. Entities that nobody calls and that call nobody have no neighbours. */
export interface Surroundings {
  readonly dependencies: readonly Dependency[];
  calleesOf(entity: string): readonly string[];
  callersOf(entity: string): readonly string[];
  entityAt(agent: string, address: string): string | null;
  scopeOf(agent: string): string | null;
  /** Agents of one machine share it; an agent alone is its own. */
  machineOf(agent: string): string;
  agentOf(entity: string): string | null;
  agentsOn(machine: string): readonly string[];
  /** Ports of a device that an agent's machine hangs on; none where it does not, or nobody knows. */
  portsOf(agent: string, device: string): readonly string[];
  /** Calls to follow from caller to callee, 0 for the same entity; null beyond `mostHops`. */
  hopsDown(from: string, to: string, mostHops: number): number | null;
  /** Calls in either direction. */
  hopsAround(from: string, to: string, mostHops: number): number | null;
  /** Caller and callee of `link:a~b`; null for anything else. */
  endsOf(link: string): { readonly caller: string; readonly callee: string } | null;
}

export function surroundingsOf(topology: TopologyView, places: ReadonlyMap<string, Place>): Surroundings {
  const dependencies = topology.dependencies();
  const callees = neighbours(dependencies.map(({ caller, callee }) => [caller, callee]));
  const callers = neighbours(dependencies.map(({ caller, callee }) => [callee, caller]));
  const agentOfScope = new Map([...places].flatMap(([agent, { scope }]) => (scope === null ? [] : [[scope, agent]])));
  const machineOf = (agent: string): string => places.get(agent)?.machine ?? `agent:${agent}`;
  const onMachine = Map.groupBy(places.keys(), machineOf);
  const attachments = topology.attachments();
  const calleesOf = (entity: string) => callees.get(entity) ?? [];
  const callersOf = (entity: string) => callers.get(entity) ?? [];
  const both = (entity: string) => [...calleesOf(entity), ...callersOf(entity)];
  const byName = new Map([...callees.keys(), ...callers.keys()].map((entity) => [nameOf(entity), entity]));
  return {
    dependencies,
    calleesOf,
    callersOf,
    entityAt: (agent, address) => topology.entityAt(agent, address),
    scopeOf: (agent) => places.get(agent)?.scope ?? null,
    machineOf,
    agentOf: (entity) => agentOfScope.get(entity) ?? agentIn(entity),
    agentsOn: (machine) => onMachine.get(machine) ?? [],
    portsOf(agent, device) {
      const machine = machineOf(agent);
      return attachments
        .filter((one) => one.device === device && machineOf(one.agent) === machine)
        .map(({ port }) => port);
    },
    hopsDown: (from, to, mostHops) => hops(calleesOf, from, to, mostHops),
    hopsAround: (from, to, mostHops) => hops(both, from, to, mostHops),
    endsOf(link) {
      const names = /^link:(.+?)~(.+)$/.exec(link);
      const [, caller, callee] = names ?? [];
      if (caller === undefined || callee === undefined) return null;
      return { caller: byName.get(caller) ?? `service:${caller}`, callee: byName.get(callee) ?? `service:${callee}` };
    },
  };
}

export const nowhere: TopologyView = { dependencies: () => [], entityAt: () => null, attachments: () => [] };

const nameOf = (entity: string): string => entity.slice(entity.indexOf(':') + 1);

/** `host:web-1` and `service:nginx@web-1` name their agent themselves. */
function agentIn(entity: string): string | null {
  if (entity.startsWith('host:')) return nameOf(entity);
  const at = entity.lastIndexOf('@');
  return at < 0 ? null : entity.slice(at + 1);
}

function neighbours(pairs: readonly (readonly [string, string])[]): Map<string, string[]> {
  const all = new Map<string, Set<string>>();
  for (const [from, to] of pairs) {
    if (from === to) continue;
    const known = all.get(from);
    if (known === undefined) all.set(from, new Set([to]));
    else known.add(to);
  }
  return new Map([...all].map(([from, to]) => [from, [...to].sort()]));
}

/** Breadth first, at most `mostHops` steps and a thousand entities. */
function hops(next: (entity: string) => readonly string[], from: string, to: string, mostHops: number): number | null {
  if (from === to) return 0;
  const seen = new Set([from]);
  let edge = [from];
  for (let depth = 1; depth <= mostHops && edge.length > 0 && seen.size < 1_000; depth++) {
    const following: string[] = [];
    for (const entity of edge.flatMap(next)) {
      if (entity === to) return depth;
      if (seen.has(entity)) continue;
      seen.add(entity);
      following.push(entity);
    }
    edge = following;
  }
  return null;
}
