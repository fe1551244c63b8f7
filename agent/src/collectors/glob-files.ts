import type { Host } from './host.ts';
import { pathMatcher } from './path-pattern.ts';

/** Files a pattern may match, and folders looked into on the way. */
const MATCH_LIMIT = 1_000;

/**
 * Absolute paths that match a shell pattern: `*`, `?` and `[…]` within one part of the path, never a dot file unless the
 * part begins with a dot. A pattern without these is answered as it stands, whether the file exists or not.
 */
export async function globFiles(host: Pick<Host, 'list'>, pattern: string): Promise<string[]> {
  let found = [''];
  for (const part of pattern.split('/').filter((text) => text !== '')) {
    if (!/[*?[]/.test(part)) {
      found = found.map((path) => `${path}/${part}`);
      continue;
    }
    const matches = pathMatcher(part);
    const next: string[] = [];
    for (const path of found) {
      for (const name of (await host.list(path === '' ? '/' : path)).sort()) {
        if (next.length < MATCH_LIMIT && matches(name) && (!name.startsWith('.') || part.startsWith('.'))) {
          next.push(`${path}/${name}`);
        }
      }
    }
    found = next;
  }
  return found;
}
