import type { Surroundings } from './surroundings.ts';

/** Calls followed from what changed: as far as one finding can explain another, and back. */
const MOST_HOPS = 5;
/** Beyond it, what is further away is not looked at: a gateway that all of a large fleet calls. */
const MOST_AGENTS = 200;

/** Agents whose findings can have to do with those of `agents`: of the same machines, and along the calls. */
export function neighbourhoodOf(agents: ReadonlySet<string>, around: Surroundings): Set<string> {
  const found = new Set(agents);
  const seen = new Set<string>();
  let edge = withMachine(agents, found, around);
  for (let hop = 0; hop < MOST_HOPS && edge.length > 0 && found.size < MOST_AGENTS; hop++) {
    const following = new Set<string>();
    for (const entity of edge.flatMap((one) => [...around.calleesOf(one), ...around.callersOf(one)])) {
      if (seen.has(entity)) continue;
      seen.add(entity);
      following.add(entity);
    }
    const reached = new Set([...following].flatMap((entity) => around.agentOf(entity) ?? []));
    edge = [...following, ...withMachine(reached, found, around)];
  }
  return found;
}

/** Adds the agents with all of their machines, and answers what the new ones speak for. */
function withMachine(agents: ReadonlySet<string>, found: Set<string>, around: Surroundings): string[] {
  const all = new Set([...agents].flatMap((agent) => [agent, ...around.agentsOn(around.machineOf(agent))]));
  for (const agent of all) found.add(agent);
  return [...all].flatMap((agent) => around.scopeOf(agent) ?? []);
}
