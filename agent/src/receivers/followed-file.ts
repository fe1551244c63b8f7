import { createHash } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ok, type Result, refused } from '@airis/protocol';
import { z } from 'zod';

/** The first bytes tell a file that was written anew from one that grew. */
const HEAD_BYTES = 256;
/** Names beside a log that are looked at for its rotated file. */
const SIBLING_LIMIT = 200;

const positionSchema = z.object({
  dev: z.number(),
  inode: z.number(),
  offset: z.number().int().nonnegative(),
  headBytes: z.number().int().min(0).max(HEAD_BYTES),
  head: z.string(),
  /** Where the path led when it was opened: a link may lead elsewhere by now. */
  target: z.string().optional(),
});
/** How far a file was delivered, and how to know the file again. */
export type FilePosition = z.infer<typeof positionSchema>;

export function parsePosition(text: string): FilePosition | null {
  try {
    return positionSchema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}

export type OpenRefusal = 'barred-by-floor' | 'not-a-regular-file' | 'permission-denied' | 'absent' | 'unreadable';

/** An open log file: where reading stands, and whether it is still the file it was. */
export class FollowedFile {
  readonly handle: FileHandle;
  readonly #dev: number;
  readonly #inode: number;
  readonly #target: string;
  #headBytes = 0;
  #head = hashOf(Buffer.alloc(0));
  readAt: number;
  /** Everything before was delivered or refused. */
  deliveredTo: number;
  /** When it was seen under another name or gone; `null` while it is the file at the path. */
  rotatedAtMs: number | null = null;

  private constructor(handle: FileHandle, opened: Stats, target: string, offset: number) {
    this.handle = handle;
    this.#target = target;
    this.#dev = opened.dev;
    this.#inode = opened.ino;
    this.readAt = offset;
    this.deliveredTo = offset;
  }

  /** Opens a regular file and nothing else; without waiting, should it be a FIFO by now. */
  static async open(path: string, offset: number): Promise<Result<FollowedFile, OpenRefusal>> {
    let handle: FileHandle;
    try {
      handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    } catch (error) {
      return refused(openRefusal(error), path);
    }
    const opened = await handle.stat();
    if (!opened.isFile()) {
      await handle.close();
      return refused('not-a-regular-file', path);
    }
    const target = await realpath(path).catch(() => path);
    const file = new FollowedFile(handle, opened, target, offset);
    await file.noteHead();
    return ok(file);
  }

  /** The file that a position speaks of, at its path or under the name that rotation gave it; `null` when it is gone. */
  static async reopen(path: string, position: FilePosition): Promise<FollowedFile | null> {
    const { target = path } = position;
    const candidates = new Set([path, target, ...(await rotatedNames(path)), ...(await rotatedNames(target))]);
    for (const candidate of candidates) {
      const found = await stat(candidate).catch(() => null);
      const mayBe = found?.isFile() === true && found.ino === position.inode && found.dev === position.dev;
      if (!mayBe || found.size < position.offset) continue;
      const opened = await FollowedFile.open(candidate, position.offset);
      if (!opened.ok) continue;
      opened.value.#headBytes = position.headBytes;
      opened.value.#head = position.head;
      if (await opened.value.hasSameHead()) return opened.value;
      await opened.value.handle.close();
    }
    return null;
  }

  get position(): FilePosition {
    return {
      dev: this.#dev,
      inode: this.#inode,
      offset: this.deliveredTo,
      headBytes: this.#headBytes,
      head: this.#head,
      target: this.#target,
    };
  }

  isThe(there: Stats | null): there is Stats {
    return there !== null && there.ino === this.#inode && there.dev === this.#dev;
  }

  async hasSameHead(): Promise<boolean> {
    return this.#headBytes === 0 || hashOf(await this.firstBytes(this.#headBytes)) === this.#head;
  }

  /** Remembers the first bytes, as far as they were read. */
  async noteHead(): Promise<void> {
    if (this.#headBytes >= HEAD_BYTES || this.#headBytes >= this.readAt) return;
    const head = await this.firstBytes(Math.min(HEAD_BYTES, this.readAt));
    this.#headBytes = head.length;
    this.#head = hashOf(head);
  }

  async firstBytes(bytes: number): Promise<Buffer> {
    const head = Buffer.alloc(bytes);
    const { bytesRead } = await this.handle.read(head, 0, bytes, 0);
    return head.subarray(0, bytesRead);
  }

  /** The file was emptied in place: reading begins at its start, and nothing of it is known. */
  startAnew(): void {
    this.readAt = 0;
    this.deliveredTo = 0;
    this.#headBytes = 0;
    this.#head = hashOf(Buffer.alloc(0));
  }
}

/** Files beside a log whose names begin like its own. */
async function rotatedNames(path: string): Promise<string[]> {
  const folder = dirname(path);
  const names = await readdir(folder).catch(() => []);
  const rotated = names.filter((name) => name !== basename(path) && name.startsWith(basename(path)));
  return rotated.slice(0, SIBLING_LIMIT).map((name) => join(folder, name));
}

const hashOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex').slice(0, 16);

export function openRefusal(error: unknown): OpenRefusal {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'absent';
  return code === 'EACCES' || code === 'EPERM' ? 'permission-denied' : 'unreadable';
}
