import { type CgroupName, cgroupName } from './cgroup-name.ts';
import type { Host } from './host.ts';

/** Where the files of cgroups are: one tree (v2), or a tree for each controller (v1). */
export interface CgroupRoots {
  readonly version: 1 | 2;
  /** In v2 all the same. */
  readonly cpu: string;
  readonly cpuTime: string;
  readonly memory: string;
  readonly io: string;
  readonly pids: string;
}

export interface FoundCgroup extends CgroupName {
  /** As the kernel has it, to be put behind a root. */
  readonly directory: string;
}

const MOUNT = '/sys/fs/cgroup';
/** Folders looked at in one search, and how deep: whoever may make cgroups may make very many. */
const FOLDER_LIMIT = 4_000;
const DEPTH_LIMIT = 10;
const CHILD_LIMIT = 1_000;

export async function cgroupRoots(host: Host): Promise<CgroupRoots | null> {
  if ((await host.tryReadText(`${MOUNT}/cgroup.controllers`)) !== null) {
    return { version: 2, cpu: MOUNT, cpuTime: MOUNT, memory: MOUNT, io: MOUNT, pids: MOUNT };
  }
  const roots = {
    version: 1,
    cpu: `${MOUNT}/cpu`,
    cpuTime: `${MOUNT}/cpuacct`,
    memory: `${MOUNT}/memory`,
    io: `${MOUNT}/blkio`,
    pids: `${MOUNT}/pids`,
  } as const;
  const isThere = await Promise.all([roots.memory, roots.cpuTime].map((root) => host.list(root)));
  return isThere.some((files) => files.length > 0) ? roots : null;
}

/**
 * Containers, services, and what has no further cgroups below it; at most `limit`, in this order, then by path. A
 * container is not looked into: what it makes below is its own affair.
 */
export async function findCgroups(host: Host, roots: CgroupRoots, limit: number): Promise<FoundCgroup[]> {
  const found = new Map<string, FoundCgroup>();
  for (const root of new Set([roots.memory, roots.cpuTime, roots.pids])) {
    for (const group of await searchBelow(host, root)) found.set(group.directory, group);
  }
  const order = { container: 0, service: 1, other: 2 } as const;
  return [...found.values()]
    .sort((a, b) => order[a.kind] - order[b.kind] || (a.directory < b.directory ? -1 : 1))
    .slice(0, limit);
}

async function searchBelow(host: Host, root: string): Promise<FoundCgroup[]> {
  const found: FoundCgroup[] = [];
  let level = [''];
  let looked = 0;
  for (let depth = 0; depth < DEPTH_LIMIT && level.length > 0; depth++) {
    const below: string[] = [];
    for (const directory of level) {
      if (looked++ >= FOLDER_LIMIT) return found;
      const name = cgroupName(directory);
      const children = name.kind === 'container' ? [] : await childrenOf(host, root + directory);
      if (directory !== '' && (name.kind !== 'other' || children.length === 0)) found.push({ ...name, directory });
      for (const child of children) below.push(`${directory}/${child}`);
    }
    level = below;
  }
  return found;
}

/** Folders only; the files of a cgroup are named after the controllers, and of no other name. */
async function childrenOf(host: Host, path: string): Promise<string[]> {
  const names = await host.list(path);
  return names.filter((name) => !isControlFile(name)).slice(0, CHILD_LIMIT);
}

const isControlFile = (name: string) =>
  /^(?:cgroup|cpu|cpuacct|cpuset|memory|io|blkio|pids|hugetlb|rdma|misc|devices|freezer|net_cls|net_prio|perf_event|irq|dmem)\.(?!.*\.(?:slice|scope|service|mount|socket|swap)$)/.test(
    name,
  ) || /^(?:tasks|notify_on_release|release_agent)$/.test(name);
