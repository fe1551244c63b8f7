import { type Change, josa } from '@airis/protocol';
import { z } from 'zod';
import type { Host } from '../collectors/host.ts';
import { type Listener, readHostEvidence, readListeners } from '../discover/host-evidence.ts';
import type { PositionStore } from '../receivers/log-line.ts';

export const listenerWatchConfig = z.strictObject({
  ignorePorts: z.array(z.int().min(1).max(65_535)).max(100).default([]).describe('TCP ports whose opening is not told'),
});
export type ListenerWatchConfig = z.output<typeof listenerWatchConfig>;

export interface ListenerWatchParts {
  readonly host: Host;
  readonly config: ListenerWatchConfig;
  /** `host:web-1`. */
  readonly entity: string;
  /** Random part of ids: 8 to 60 lower-case letters, digits and dashes. */
  readonly newId: () => string;
  /** Ports seen before: what opened while the agent was away is told too. */
  readonly memory: PositionStore;
}

export interface ListenerWatch {
  /** Ports opened since the last call; to be called every 10 s or so. */
  poll(): Promise<Change[]>;
}

/** From here on the kernel gives ports away by itself: on loopback they tell nothing. */
const FIRST_EPHEMERAL_PORT = 32_768;
/** Told at once; of more the number is told. */
const TOLD_LIMIT = 8;
/** Ports remembered; the oldest are forgotten, and told again should they open again. */
const MEMORY_LIMIT = 1_000;
const MEMORY_KEY = 'listeners';

const remembered = z.array(z.int().min(1).max(65_535)).max(MEMORY_LIMIT);

/**
 * Tells which TCP ports were opened, and by whom: a port nobody knows of matters to security, and one that opens minutes
 * before a trouble to its cause. A port must be there twice in a row, so that what only passes is not told.
 */
export function createListenerWatch(parts: ListenerWatchParts): ListenerWatch {
  const { host, config, entity, newId, memory } = parts;
  const recalled = recall(memory);
  const known = new Set(recalled);
  /** What listened before the agent was there is no change. */
  let mustLearn = recalled === null;
  let candidates: ReadonlySet<number> = new Set();

  function changeOf(listener: Listener, owner: Owner | null): Change {
    const { port, isReachable } = listener;
    const by = owner === null ? '' : `${owner.name}(pid ${owner.pid})`;
    const where = isReachable ? { ko: '', en: '' } : { ko: ' (루프백만)', en: ' (loopback only)' };
    return {
      id: `c-${newId()}`,
      kind: 'listener-opened',
      entity,
      atUnixMs: Math.round(host.nowMs()),
      summary: {
        ko: `${by === '' ? '' : `${josa(by, '이/가')} `}TCP 포트 ${josa(String(port), '을/를')} 열었습니다${where.ko}`,
        en: `${by === '' ? 'A program' : by.replace('(', ' (')} opened TCP port ${port}${where.en}`,
      },
      attributes: {
        'server.port': String(port),
        ...(owner === null ? {} : { 'process.executable.name': owner.name, 'process.pid': String(owner.pid) }),
      },
    };
  }

  function manyChange(count: number): Change {
    return {
      id: `c-${newId()}`,
      kind: 'listener-opened',
      entity,
      atUnixMs: Math.round(host.nowMs()),
      summary: { ko: `그 밖에 TCP 포트 ${count}개가 열렸습니다`, en: `${count} more TCP ports were opened` },
      attributes: {},
    };
  }

  function remember(fresh: readonly Listener[], listening: ReadonlyMap<number, Listener>): void {
    if (fresh.length === 0) return;
    for (const { port } of fresh) known.add(port);
    for (const port of known) {
      if (known.size <= MEMORY_LIMIT) break;
      if (!listening.has(port)) known.delete(port);
    }
    memory.save(MEMORY_KEY, JSON.stringify([...known].slice(-MEMORY_LIMIT)));
  }

  return {
    async poll() {
      const listeners = (await readListeners(host)).filter(
        ({ port, isReachable }) => isReachable || port < FIRST_EPHEMERAL_PORT,
      );
      const byPort = new Map(listeners.map((listener) => [listener.port, listener]));
      const unknown = [...byPort.values()].filter(({ port }) => !known.has(port) && !config.ignorePorts.includes(port));
      const fresh = mustLearn ? unknown : unknown.filter(({ port }) => candidates.has(port));
      candidates = new Set(unknown.map(({ port }) => port));
      remember(fresh, byPort);
      if (mustLearn || fresh.length === 0) {
        mustLearn = false;
        return [];
      }
      const owners = await ownersOf(host, fresh);
      const told = fresh.slice(0, TOLD_LIMIT).map((listener) => changeOf(listener, owners.get(listener.inode) ?? null));
      return fresh.length > told.length ? [...told, manyChange(fresh.length - told.length)] : told;
    },
  };
}

interface Owner {
  readonly pid: number;
  readonly name: string;
}

/** Processes that hold these sockets, as far as this user may look. Looks at every process, so only when a port is new. */
async function ownersOf(host: Host, listeners: readonly Listener[]): Promise<Map<string, Owner>> {
  const wanted = new Map(listeners.map(({ inode }) => [`socket:[${inode}]`, inode]));
  const owners = new Map<string, Owner>();
  for (const { pid, comm } of (await readHostEvidence(host)).processes) {
    if (owners.size === wanted.size) break;
    for (const fd of await host.list(`/proc/${pid}/fd`)) {
      const inode = wanted.get(host.readLink(`/proc/${pid}/fd/${fd}`) ?? '');
      // The first is the parent, which opened it.
      if (inode !== undefined && !owners.has(inode)) owners.set(inode, { pid, name: nameOf(comm) });
    }
  }
  return owners;
}

/** A process names itself as it likes. */
const nameOf = (comm: string): string => comm.replaceAll(/[\p{Cc}\p{Cf}()]/gu, '?').slice(0, 32) || 'unnamed';

function recall(memory: PositionStore): number[] | null {
  const text = memory.load(MEMORY_KEY);
  if (text === null) return null;
  try {
    return remembered.parse(JSON.parse(text));
  } catch {
    // A torn memory: what listens now is learnt anew.
    return null;
  }
}
