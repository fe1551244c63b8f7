import { dirname } from 'node:path';
import type { PackageEntry } from './entry.ts';

const BLOCK = 512;
/** Bytes of a name in a header of the old format; what is longer does not occur here and is refused. */
const NAME_BYTES = 100;

/**
 * A tar archive as dpkg reads it: `./` before every path, every parent named, owner root, no times.
 *
 * @see POSIX.1-1988, ustar
 */
export function tarOf(entries: readonly PackageEntry[]): Buffer {
  const blocks: Buffer[] = [];
  for (const entry of withParents(entries)) {
    const content = entry.kind === 'file' ? entry.content : Buffer.alloc(0);
    blocks.push(headerOf(entry), content, Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK));
  }
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)]);
}

function withParents(entries: readonly PackageEntry[]): PackageEntry[] {
  const all = new Map(entries.map((entry) => [entry.path, entry]));
  for (const { path } of entries) {
    for (let parent = dirname(path); parent !== '/' && parent !== '.'; parent = dirname(parent)) {
      if (!all.has(parent)) all.set(parent, { kind: 'folder', path: parent, mode: 0o755, owner: 'root' });
    }
  }
  return [...all.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

const typeFlags = { file: '0', link: '2', folder: '5' } as const;

function headerOf(entry: PackageEntry): Buffer {
  const header = Buffer.alloc(BLOCK);
  const text = (value: string, at: number) => header.write(value, at, 'utf8');
  const octal = (value: number, at: number, digits: number) => text(`${value.toString(8).padStart(digits, '0')}\0`, at);
  const name = `.${entry.path.startsWith('/') ? '' : '/'}${entry.path}${entry.kind === 'folder' ? '/' : ''}`;
  if (Buffer.byteLength(name) > NAME_BYTES) throw new Error(`${name} is longer than ${NAME_BYTES} bytes`);
  text(name, 0);
  octal(entry.kind === 'link' ? 0o777 : entry.mode, 100, 7);
  octal(0, 108, 7);
  octal(0, 116, 7);
  octal(entry.kind === 'file' ? entry.content.length : 0, 124, 11);
  octal(0, 136, 11);
  // The sum is taken with blanks in its own place.
  text(' '.repeat(8), 148);
  text(typeFlags[entry.kind], 156);
  if (entry.kind === 'link') text(entry.target, 157);
  text('ustar\x0000', 257);
  text('root', 265);
  text('root', 297);
  octal(
    header.reduce((sum, byte) => sum + byte, 0),
    148,
    6,
  );
  return header;
}
