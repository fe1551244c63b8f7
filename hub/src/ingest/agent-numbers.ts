/** Where agents' numbers come from: the identity store. */
export interface AgentDirectory {
  agent(id: string): Promise<{ readonly number: number } | null>;
}

/** Numbers by id, kept: an id keeps its number for ever. Unknown ids are asked for again after a while. */
export interface AgentNumbers {
  /** Looks up those not known yet. */
  learn(ids: Iterable<string>): Promise<void>;
  /** The number, or null for nobody enrolled. Ask `learn` first. */
  numberOf(id: string): number | null;
  /** The id of a number that was learnt. */
  idOf(number: number): string | null;
}

const UNKNOWN_FOR_MS = 5_000;
/** A revoked or foreign account could name ids without end. */
const UNKNOWN_KEPT = 10_000;

export function createAgentNumbers(directory: AgentDirectory, now: () => number): AgentNumbers {
  const numbers = new Map<string, number>();
  const ids = new Map<number, string>();
  const unknown = new Map<string, number>();
  return {
    async learn(wanted) {
      for (const id of new Set(wanted)) {
        if (numbers.has(id) || (unknown.get(id) ?? 0) > now() - UNKNOWN_FOR_MS) continue;
        const agent = await directory.agent(id);
        if (agent !== null) {
          numbers.set(id, agent.number);
          ids.set(agent.number, id);
          unknown.delete(id);
        } else {
          if (unknown.size >= UNKNOWN_KEPT) unknown.clear();
          unknown.set(id, now());
        }
      }
    },
    numberOf: (id) => numbers.get(id) ?? null,
    idOf: (number) => ids.get(number) ?? null,
  };
}
