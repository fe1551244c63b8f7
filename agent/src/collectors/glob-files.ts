import type { Host } from './host.ts';

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
    const regex = segmentRegex(part);
    const next: string[] = [];
    for (const path of found) {
      for (const name of (await host.list(path === '' ? '/' : path)).sort()) {
        if (next.length < MATCH_LIMIT && regex.test(name) && (!name.startsWith('.') || part.startsWith('.'))) {
          next.push(`${path}/${name}`);
        }
      }
    }
    found = next;
  }
  return found;
}

/** A pattern over whole paths as one expression, for asking whether a known path is meant; `**` crosses folders. */
export function pathMatcher(pattern: string): (path: string) => boolean {
  const regex = new RegExp(
    `^${pattern
      .split('**')
      .map((piece) => segmentSource(piece))
      .join('.*')}$`,
  );
  return (path) => regex.test(path);
}

const segmentRegex = (part: string) => new RegExp(`^${segmentSource(part)}$`);

function segmentSource(part: string): string {
  return part.replace(/\[[^\]/]+\]|[*?]|[.+^${}()|\\[\]]/g, (token) => {
    if (token === '*') return '[^/]*';
    if (token === '?') return '[^/]';
    if (token.length > 1) return token.replace('[!', '[^').replaceAll('\\', '\\\\');
    return `\\${token}`;
  });
}
