import { entityId, finding, role } from '@airis/protocol';
import { z } from 'zod';
import type { PositionStore } from '../receivers/log-line.ts';
import type { WatchedRole } from './role-watch.ts';

/** What is known of services across restarts of the agent: the receivers' memory of positions has room for it. */
export type RoleMemory = PositionStore;

const MEMORY_KEY = 'roles';

const remembered = z
  .array(
    z.object({
      found: z.object({
        key: z.string(),
        role,
        process: z.object({ pid: z.number().int(), startTicks: z.number() }),
        ports: z.array(z.number().int()),
        configPath: z.string().nullable(),
        configFiles: z.array(z.string()).default([]),
      }),
      entity: entityId,
      label: z.string().optional(),
      missingSinceMs: z.number().nullable(),
      lastSeenMs: z.number(),
      finding: finding.nullable(),
    }),
  )
  .max(64);

/** Services seen before the agent's restart; none where the memory is empty or cannot be understood. */
export function recallRoles(memory: RoleMemory | undefined): WatchedRole[] {
  const text = memory?.load(MEMORY_KEY) ?? null;
  if (text === null) return [];
  try {
    return remembered.parse(JSON.parse(text));
  } catch {
    // An older or torn memory: what runs is found again within one search.
    return [];
  }
}

/** Saves what matters after a restart: not when each service was last seen, which changes with every poll. */
export class RoleKeeper {
  readonly #memory: RoleMemory | undefined;
  #saved = '';

  constructor(memory: RoleMemory | undefined) {
    this.#memory = memory;
  }

  keep(watched: readonly WatchedRole[]): void {
    const all = watched.map((watchedRole) => ({ ...watchedRole, lastSeenMs: 0 }));
    const essence = JSON.stringify(all);
    if (essence === this.#saved) return;
    this.#saved = essence;
    this.#memory?.save(MEMORY_KEY, JSON.stringify(watched));
  }
}
