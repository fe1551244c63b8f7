import { isLoopback, isWildcard, readAddress } from './address.ts';
import type { ListenFact, Place } from './facts.ts';

export interface Listeners {
  /** What answers at an address as an agent sees it; null where nobody is known to. */
  at(agent: string, address: string): string | null;
  /** The name that an entity goes by: what a whole host's agent calls `service:nginx@x` is `service:shop-web` to its own agent. */
  nameOf(agent: string, entity: string): string;
}

interface Listener {
  readonly entity: string;
  readonly host: string;
  readonly isScoped: boolean;
  readonly lastSeenAtUnixMs: number;
}

/**
 * Finds who listens. A loopback address is one of the caller's own machine; any other belongs to a machine that has it in
 * its inventory, the caller's own first. Of several at one address, the agent that watches just that service knows best,
 * then whoever was seen last.
 */
export function listenersOf(places: ReadonlyMap<string, Place>, listens: readonly ListenFact[]): Listeners {
  const machineOf = (agent: string): string => places.get(agent)?.machine ?? agent;
  const byPort = new Map<string, Listener[]>();
  for (const { agent, entity, address, lastSeenAtUnixMs } of listens) {
    const at = readAddress(address);
    if (at === null) continue;
    const isScoped = places.get(agent)?.scope === entity;
    push(byPort, `${machineOf(agent)} ${at.port}`, { entity, host: at.host, isScoped, lastSeenAtUnixMs });
  }
  for (const list of byPort.values()) list.sort(bestFirst);
  const machinesByAddress = new Map<string, string[]>();
  for (const place of places.values()) {
    for (const address of place.addresses) {
      const known = machinesByAddress.get(address);
      if (known?.includes(place.machine)) continue;
      push(machinesByAddress, address, place.machine);
    }
  }
  const onMachine = (machine: string, port: number, host: string): string | null =>
    byPort.get(`${machine} ${port}`)?.find((listener) => answers(listener.host, host))?.entity ?? null;
  return {
    at(agent, text) {
      const address = readAddress(text);
      if (address === null) return null;
      const { host, port } = address;
      const own = machineOf(agent);
      if (isLoopback(host) || isWildcard(host)) return onMachine(own, port, '127.0.0.1');
      const machines = machinesByAddress.get(host) ?? [];
      const ordered = machines.includes(own) ? [own, ...machines.filter((machine) => machine !== own)] : machines;
      for (const machine of ordered) {
        const entity = onMachine(machine, port, host);
        if (entity !== null) return entity;
      }
      return null;
    },
    nameOf: nameOf(places, listens, machineOf),
  };
}

function nameOf(
  places: ReadonlyMap<string, Place>,
  listens: readonly ListenFact[],
  machineOf: (agent: string) => string,
): Listeners['nameOf'] {
  const scoped = new Map<string, string>();
  for (const { agent, entity, address } of listens) {
    const at = readAddress(address);
    if (at !== null && places.get(agent)?.scope === entity) scoped.set(`${machineOf(agent)} ${at.port}`, entity);
  }
  const alias = new Map<string, string>();
  for (const { agent, entity, address } of listens) {
    const at = readAddress(address);
    const name = at === null ? undefined : scoped.get(`${machineOf(agent)} ${at.port}`);
    if (name !== undefined && (places.get(agent)?.scope ?? null) === null) alias.set(`${agent} ${entity}`, name);
  }
  return (agent, entity) => (entity.startsWith('host:') ? entity : (alias.get(`${agent} ${entity}`) ?? entity));
}

/** Whether a socket that listens on `host` takes connections to `called`. */
function answers(host: string, called: string): boolean {
  return host === called || isWildcard(host) || (isLoopback(host) && isLoopback(called));
}

function bestFirst(left: Listener, right: Listener): number {
  const isKnown = (one: Listener) => Number(!one.entity.startsWith('host:'));
  return (
    Number(right.isScoped) - Number(left.isScoped) ||
    isKnown(right) - isKnown(left) ||
    right.lastSeenAtUnixMs - left.lastSeenAtUnixMs ||
    (left.entity < right.entity ? -1 : 1)
  );
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
