import type { Health } from '@airis/protocol';
import type { Place, TopologyFact } from './facts.ts';

/** @param before - inventories come once an hour: until then the known addresses stand */
export function placeOf(agent: string, health: Health, before: Place | undefined): Place {
  const { machine, scope, inventory } = health;
  const addresses = inventory?.addresses ?? [];
  const isSame = before !== undefined && addresses.join() === before.addresses.join();
  return {
    agent,
    machine: machine ?? `agent:${agent}`,
    scope: scope?.entity ?? null,
    pids: new Set(scope?.pids),
    addresses: before !== undefined && (inventory === null || isSame) ? before.addresses : addresses,
  };
}

/** What one health report says of who listens, who calls, and what the machine hangs on. */
export function factsOfHealth(agent: string, { topology }: Health, lastSeenAtUnixMs: number): readonly TopologyFact[] {
  return [
    ...topology.listens.map(
      ({ entity, address }): TopologyFact => ({ kind: 'listen', agent, entity, address, lastSeenAtUnixMs }),
    ),
    ...topology.calls.map(
      ({ client, address, kind: by, text, count }): TopologyFact => ({
        kind: 'call',
        agent,
        client,
        address,
        by,
        text,
        count,
        lastSeenAtUnixMs,
      }),
    ),
    ...topology.links.map(
      ({ interfaceName, device, deviceName, port }): TopologyFact => ({
        kind: 'attach',
        agent,
        interfaceName,
        device,
        deviceName,
        port,
        lastSeenAtUnixMs,
      }),
    ),
  ];
}
