import type { PackageEntry } from './entry.ts';

const fileTypes = { file: 0o100000, link: 0o120000, folder: 0o040000 } as const;

/** Mode with the kind of the entry, as `stat` gives it. */
export const fullMode = (entry: PackageEntry): number =>
  fileTypes[entry.kind] | (entry.kind === 'link' ? 0o777 : entry.mode);

/** What an entry holds: its bytes, where a link leads, nothing of a folder. */
export function bytesOf(entry: PackageEntry): Buffer {
  if (entry.kind === 'file') return entry.content;
  return Buffer.from(entry.kind === 'link' ? entry.target : '');
}

/** A cpio archive as RPM holds it: `./` before every path, owner root, no times. */
export function cpioOf(entries: readonly PackageEntry[]): Buffer {
  const pieces: Buffer[] = [];
  for (const [at, entry] of entries.entries())
    pieces.push(...memberOf(`.${entry.path}`, at + 1, fullMode(entry), bytesOf(entry)));
  pieces.push(...memberOf('TRAILER!!!', 0, 0, Buffer.alloc(0)));
  return Buffer.concat(pieces);
}

/** @see cpio(5), "new ASCII format" */
function memberOf(name: string, inode: number, mode: number, content: Buffer): Buffer[] {
  const nameBytes = Buffer.byteLength(name) + 1;
  const fields = [inode, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, nameBytes, 0];
  const head = Buffer.from(`070701${fields.map((value) => value.toString(16).padStart(8, '0')).join('')}${name}\0`);
  return [head, padding(head.length), content, padding(content.length)];
}

const padding = (length: number): Buffer => Buffer.alloc((4 - (length % 4)) % 4);
