import type { Topology } from '../topology/topology.ts';

/** By agent, the agents that speak for what its services need. */
export function neededAgents({
  dependencies,
  agentOf,
}: Pick<Topology, 'dependencies' | 'agentOf'>): ReadonlyMap<string, readonly string[]> {
  const needed = new Map<string, string[]>();
  for (const { caller, callee } of dependencies()) {
    const [from, to] = [agentOf(caller), agentOf(callee)];
    if (from === null || to === null || from === to) continue;
    needed.set(from, [...(needed.get(from) ?? []), to]);
  }
  return needed;
}
