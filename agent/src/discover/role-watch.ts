import type { Change, Finding, Role } from '@airis/protocol';
import type { Host } from '../collectors/host.ts';
import { readListeners, readProcess } from './host-evidence.ts';
import { findRoles, roles } from './index.ts';
import { confidenceOf, type FoundRole, type RoleDefinition } from './role-definition.ts';
import { backChange, closedFinding, foundChange, lostChange, missingFinding } from './role-events.ts';
import { RoleKeeper, type RoleMemory, recallRoles } from './role-memory.ts';

export interface RoleWatchOptions {
  /** Id of this agent: the entity is `service:nginx@<agent>`. */
  readonly agent: string;
  /** Random part of ids: 8 to 60 lower-case letters, digits and dashes. */
  readonly newId: () => string;
  readonly definitions?: readonly RoleDefinition[];
  /** Services remembered from before the operator wanted to hear nothing of them. */
  readonly isIgnored?: (found: FoundRole) => boolean;
  /** Lets a restarted agent notice what stopped meanwhile, and close what it had found. */
  readonly memory?: RoleMemory;
  /** How long a service must be away before that is a finding: a restart takes less. Default 8,000; 3,500 with `only`. */
  readonly holdMs?: number;
  /** How often the whole host is searched for roles; known ones are looked at with every poll. Default 10,000. */
  readonly searchEveryMs?: number;
  /**
   * The one service that is watched, where the agent speaks for one: its entity, and how people call it. The definitions
   * then find one role at most, which keeps its identity when the program is another.
   */
  readonly only?: { readonly entity: string; readonly label: string };
}

/** A service that runs, its ports, and whom its configuration names. */
export interface KnownService extends Pick<FoundRole, 'ports' | 'calls' | 'configFiles'> {
  readonly entity: string;
}

export interface RoleWatchNews {
  readonly roles: readonly Role[];
  readonly services: readonly KnownService[];
  readonly changes: readonly Change[];
  readonly findings: readonly Finding[];
}

export interface RoleWatch {
  /** Looks now; to be called every 2 s or so. Cheap while all known services run. */
  poll(): Promise<RoleWatchNews>;
}

/** A service that was seen, running or not. */
export interface WatchedRole {
  found: FoundRole;
  readonly entity: string;
  /** How people call it, where that is not the role's name. */
  readonly label?: string | undefined;
  /** First moment it was seen to be away; `null` while it runs. */
  missingSinceMs: number | null;
  lastSeenMs: number;
  finding: Finding | null;
}

/** Services remembered at once. */
const WATCHED_LIMIT = 64;

const HOLD_MS = 8_000;
/** Looked at every 2 s, the one service that is missing is a finding 4 to 6 s after it went. */
const ONLY_HOLD_MS = 3_500;
/** While the one service was not seen yet, it is looked for with every poll. */
const FIRST_SEARCH_MS = 1_000;

/** Tells when services appear, restart, stop and come back. */
export function createRoleWatch(host: Host, options: RoleWatchOptions): RoleWatch {
  const { agent, newId, definitions = roles, isIgnored = () => false, memory, only, searchEveryMs = 10_000 } = options;
  const holdMs = options.holdMs ?? (only === undefined ? HOLD_MS : ONLY_HOLD_MS);
  const keyOf = ({ role, key }: FoundRole): string => (only === undefined ? `${role.name} ${key}` : only.entity);
  const recalled = recallRoles(memory).filter(({ entity }) => only === undefined || entity === only.entity);
  const watched = new Map(recalled.map((role) => [keyOf(role.found), role]));
  const keeper = new RoleKeeper(memory);
  let searchedAtMs = Number.NEGATIVE_INFINITY;
  let isFirstSearch = true;

  async function search(nowMs: number, changes: Change[], findings: Finding[]): Promise<void> {
    searchedAtMs = nowMs;
    const seen = await findRoles(host, definitions);
    for (const found of seen) {
      const key = keyOf(found);
      const known = watched.get(key);
      if (known !== undefined) {
        noteSeen(known, found, nowMs, changes, findings);
        continue;
      }
      if (watched.size >= WATCHED_LIMIT) continue;
      const entity = only?.entity ?? entityFor(found);
      const role = { found, entity, label: only?.label, missingSinceMs: null, lastSeenMs: nowMs, finding: null };
      watched.set(key, role);
      // What ran before the agent is no change of the host.
      if (!isFirstSearch) changes.push(foundChange(role, newId(), nowMs));
    }
    isFirstSearch = false;
  }

  function noteSeen(known: WatchedRole, found: FoundRole, nowMs: number, changes: Change[], findings: Finding[]): void {
    const { finding } = known;
    // A launcher that still runs and has its program now is no restart.
    const isLauncher = found.role.name !== known.found.role.name && isAlive(host, known.found);
    const isNewProcess =
      !isLauncher &&
      (found.process.pid !== known.found.process.pid || found.process.startTicks !== known.found.process.startTicks);
    known.found = found;
    known.missingSinceMs = null;
    known.lastSeenMs = nowMs;
    known.finding = null;
    if (finding !== null) findings.push(closedFinding(finding, nowMs, 'back'));
    if (isNewProcess) changes.push(backChange(known, newId(), nowMs, finding !== null));
  }

  function entityFor(found: FoundRole): string {
    const plain = `service:${found.role.name}@${agent}`;
    const taken = new Set([...watched.values()].map((role) => role.entity));
    if (!taken.has(plain)) return plain;
    const numbered = `service:${found.role.name}-${found.ports[0] ?? watched.size + 1}@${agent}`;
    return taken.has(numbered) ? `service:${found.role.name}-${watched.size + 1}-p@${agent}` : numbered;
  }

  async function noteMissing(role: WatchedRole, nowMs: number, changes: Change[], findings: Finding[]): Promise<void> {
    role.missingSinceMs ??= nowMs;
    if (role.finding !== null || nowMs - role.missingSinceMs < holdMs) return;
    const stillListening = await listeningPorts(host);
    role.finding = missingFinding(role, newId(), nowMs, stillListening);
    findings.push(role.finding);
    changes.push(lostChange(role, newId(), nowMs));
  }

  /** A stopped service whose configuration is gone was removed on purpose; one that is ignored now is forgotten. */
  async function dropRemoved(nowMs: number, findings: Finding[]): Promise<void> {
    for (const [key, role] of watched) {
      const { finding, found } = role;
      if (!isIgnored(found)) {
        const { configPath } = found;
        if (finding === null || configPath === null || (await host.tryReadText(configPath)) !== null) continue;
      }
      if (finding !== null) findings.push(closedFinding(finding, nowMs, isIgnored(found) ? 'ignored' : 'removed'));
      watched.delete(key);
    }
  }

  return {
    async poll() {
      const nowMs = host.nowMs();
      const changes: Change[] = [];
      const findings: Finding[] = [];
      const away = [...watched.values()].filter((role) => !isAlive(host, role.found));
      // Searching also finds a service that came back under a new pid. A clock set back makes a search due at once.
      const dueMs = only !== undefined && watched.size === 0 ? FIRST_SEARCH_MS : searchEveryMs;
      if (away.length > 0 || Math.abs(nowMs - searchedAtMs) >= dueMs) {
        await search(nowMs, changes, findings);
        await dropRemoved(nowMs, findings);
      }
      for (const role of watched.values()) {
        if (isAlive(host, role.found)) role.lastSeenMs = nowMs;
        else await noteMissing(role, nowMs, changes, findings);
      }
      keeper.keep([...watched.values()]);
      const all = [...watched.values()];
      return { roles: all.map(roleNow), services: all.filter(isHere).map(serviceOf), changes, findings };
    },
  };
}

function isAlive(host: Host, { process }: FoundRole): boolean {
  return readProcess(host, process.pid)?.startTicks === process.startTicks;
}

const isHere = ({ missingSinceMs }: WatchedRole): boolean => missingSinceMs === null;
const serviceOf = ({ entity, found }: WatchedRole): KnownService => ({
  entity,
  ports: found.ports,
  calls: found.calls ?? [],
  configFiles: found.configFiles,
});

const roleNow = ({ found, missingSinceMs }: WatchedRole): Role => ({
  ...found.role,
  confidence: confidenceOf(found.role),
  state: missingSinceMs === null ? 'running' : 'stopped',
});

const listeningPorts = async (host: Host): Promise<ReadonlySet<number>> =>
  new Set((await readListeners(host)).map((listener) => listener.port));
