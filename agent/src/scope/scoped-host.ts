import type { Host } from '../collectors/host.ts';
import type { ProcessTree } from './process-tree.ts';

/** The machine as if only the processes of the tree ran: `/proc` lists no others. */
export function onlyWithin(host: Host, tree: ProcessTree): Host {
  return listing(host, async (entries) => {
    await tree.refresh(host);
    const members = new Set(tree.pids.map(String));
    return entries.filter((entry) => members.has(entry) || !isPid(entry));
  });
}

/** The machine without the processes of these trees. */
export function notWithin(host: Host, trees: readonly ProcessTree[]): Host {
  if (trees.length === 0) return host;
  return listing(host, async (entries) => {
    await Promise.all(trees.map((tree) => tree.refresh(host)));
    const members = new Set(trees.flatMap(({ pids }) => pids).map(String));
    return entries.filter((entry) => !members.has(entry));
  });
}

const isPid = (entry: string): boolean => /^\d+$/.test(entry);

const listing = (host: Host, choose: (entries: readonly string[]) => Promise<string[]>): Host => ({
  ...host,
  list: async (path) => {
    const entries = await host.list(path);
    return path === '/proc' ? choose(entries) : entries;
  },
});
