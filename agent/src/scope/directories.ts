import type { Dirent } from 'node:fs';
import { lstat, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { semconv } from '@airis/protocol';
import { BoundedAttributes } from '../collectors/bounded-attributes.ts';
import { defineCollector } from '../collectors/collector.ts';
import { scopeConfig } from './scope-config.ts';

const { metric, attribute } = semconv;

const EVERY_MS = 2_000;
/** A folder with more is told in part, from its top down: its use is then at least that. */
const ENTRY_LIMIT = 10_000;
const DEPTH_LIMIT = 16;

/** Folders with a quota: the sizes of their files, as quotas count them. */
export const directoriesCollector = defineCollector({
  name: 'directories',
  watches: 'scope',
  // The settings of the whole scope come in; the other keys belong to others.
  config: scopeConfig.pick({ directories: true }).strip(),
  everyMs: EVERY_MS,
  emits: {
    [metric.directoryUsage]: { unit: 'By', kind: 'gauge', about: 'size of the files in the folder and below' },
    [metric.directoryLimit]: { unit: 'By', kind: 'gauge', about: 'its quota, as configured' },
    [metric.directoryUtilization]: { unit: '1', kind: 'gauge', about: 'in use of its quota' },
  },
  state: () => new BoundedAttributes(8, (name) => ({ [attribute.directoryName]: name })),
  applies: async (_, { directories }) => directories.length > 0,
  async collect(host, { directories }, out, of) {
    const unread: string[] = [];
    for (const { name, path, quotaBytes } of directories) {
      const attributes = of.get(name);
      const bytes = host.mayRead(path) ? await usedBytes(path) : null;
      if (bytes === null) unread.push(path);
      if (bytes === null || attributes === null) continue;
      out.write(metric.directoryUsage, bytes, attributes);
      out.write(metric.directoryLimit, quotaBytes, attributes);
      out.write(metric.directoryUtilization, bytes / quotaBytes, attributes);
    }
    if (unread.length > 0)
      throw new Error(
        `cannot read ${unread.join(', ')}: check that it exists, may be read, and that floor.yaml allows it`,
      );
  },
});

/** Bytes of the files below, links not followed; `null` when the folder itself cannot be read. */
async function usedBytes(top: string): Promise<number | null> {
  let bytes = 0;
  let entries = 0;
  let level = [top];
  for (let depth = 0; depth < DEPTH_LIMIT && level.length > 0; depth++) {
    const below: string[] = [];
    for (const folder of level) {
      const listed = await listFolder(folder, ENTRY_LIMIT - entries);
      if (listed === null && folder === top) return null;
      entries += listed?.length ?? 0;
      for (const entry of listed ?? []) {
        const path = join(folder, entry.name);
        if (entry.isDirectory()) below.push(path);
        else if (entry.isFile()) bytes += await fileBytes(path);
      }
    }
    level = below;
  }
  return bytes;
}

/** `null` where it may not be read or is gone meanwhile. */
async function listFolder(path: string, limit: number): Promise<Dirent[] | null> {
  const entries: Dirent[] = [];
  try {
    for await (const entry of await opendir(path)) {
      if (entries.length >= limit) break;
      entries.push(entry);
    }
    return entries;
  } catch {
    return entries.length > 0 ? entries : null;
  }
}

/** A file that went meanwhile takes nothing. */
async function fileBytes(path: string): Promise<number> {
  try {
    return (await lstat(path)).size;
  } catch {
    return 0;
  }
}
