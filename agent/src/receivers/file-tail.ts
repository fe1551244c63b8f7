import { createHash } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import type { Refusals } from '../refusals.ts';
import { LineSplitter, type LogEncoding, type SplitLine } from './line-splitter.ts';
import type { PositionStore } from './log-line.ts';
import { StackTraceJoiner } from './stack-trace-joiner.ts';

export interface FileTailOptions {
  readonly path: string;
  readonly encoding: LogEncoding;
  readonly maxLineBytes: number;
  readonly joinsStackTraces: boolean;
  /** For a file without remembered position. */
  readonly startAt: 'beginning' | 'end';
  readonly positions: PositionStore;
  readonly refusals: Refusals;
  /** `false` when it cannot be taken now: the same text is offered again with the next poll. */
  readonly deliver: (text: string) => boolean;
  /** Scratch space for reads; may be shared by tails that are polled one after the other. */
  readonly buffer: Buffer;
  readonly nowMs: () => number;
}

/** Read from one file in one poll, so that none starves the others; passing over a long line may go further. */
const POLL_BYTES = 4 * 1024 * 1024;
const SKIP_BYTES = 64 * 1024 * 1024;
/** After a rename the program writes into the old file until it opens the new one. */
const ROTATION_GRACE_MS = 3_000;
/** A file that was refused is looked at again after this. */
const RETRY_REFUSED_MS = 30_000;
/** The first bytes tell a file that was written anew from one that grew. */
const HEAD_BYTES = 256;
const SIBLING_LIMIT = 200;

const positionSchema = z.object({
  dev: z.number(),
  inode: z.number(),
  offset: z.number().int().nonnegative(),
  headBytes: z.number().int().min(0).max(HEAD_BYTES),
  head: z.string(),
});
type Position = z.infer<typeof positionSchema>;

interface OpenFile {
  readonly handle: FileHandle;
  readonly dev: number;
  readonly inode: number;
  readAt: number;
  /** Everything before was delivered or refused. */
  deliveredTo: number;
  headBytes: number;
  head: string;
  /** When it was seen under another name or gone; `null` while it is the file at the path. */
  rotatedAtMs: number | null;
}

/**
 * Follows one log file through growth, rotation by rename, truncation in place (copytruncate), and a reused inode.
 * Delivers each line at least once across restarts, and in order. Only regular files are ever opened.
 */
export class FileTail {
  readonly #options: FileTailOptions;
  #file: OpenFile | null = null;
  #splitter: LineSplitter;
  #joiner = new StackTraceJoiner();
  #waiting: SplitLine[] = [];
  #retryAtMs = Number.NEGATIVE_INFINITY;
  #isFirstOpen = true;
  #saved = '';
  /** A file that came while it was waited for is new as a whole. */
  #wasAbsent = false;

  constructor(options: FileTailOptions) {
    this.#options = options;
    this.#splitter = this.#newSplitter();
  }

  get path(): string {
    return this.#options.path;
  }

  get isOpen(): boolean {
    return this.#file !== null;
  }

  /** Reads what is new. Rejects only for errors of the disk; what cannot be followed is counted. */
  async poll(): Promise<void> {
    const nowMs = this.#options.nowMs();
    const isBarred = nowMs < this.#retryAtMs && this.#retryAtMs - nowMs <= RETRY_REFUSED_MS;
    if (!this.#drainWaiting() || isBarred) return this.#save();
    const there = await this.#statPath(nowMs);
    if (this.#file === null && there !== null) this.#file = await this.#openFirst(there, nowMs);
    if (this.#file === null) return;
    const grew = await this.#readNew(this.#file);
    if (!grew) this.#deliverAll(this.#joiner.flush());
    if (!grew && this.#waiting.length === 0) await this.#followRotation(this.#file, there, nowMs);
    this.#save();
  }

  async close(): Promise<void> {
    this.#save();
    await this.#file?.handle.close();
    this.#file = null;
  }

  #newSplitter(): LineSplitter {
    const { maxLineBytes, encoding, refusals } = this.#options;
    return new LineSplitter(maxLineBytes, encoding, refusals);
  }

  async #statPath(nowMs: number): Promise<Stats | null> {
    try {
      const there = await stat(this.path);
      if (there.isFile()) return there;
      this.#refuse('not-a-regular-file', nowMs);
    } catch (error) {
      if (codeOf(error) === 'EACCES') this.#refuse('permission-denied', nowMs);
      else this.#wasAbsent = true;
    }
    return null;
  }

  #refuse(reason: string, nowMs: number): void {
    if (this.#retryAtMs === Number.NEGATIVE_INFINITY) this.#options.refusals.count(reason);
    this.#retryAtMs = nowMs + RETRY_REFUSED_MS;
  }

  /** The place where reading went on before the agent's restart, in this file or under its rotated name; else a start. */
  async #openFirst(there: Stats, nowMs: number): Promise<OpenFile | null> {
    const remembered = this.#isFirstOpen ? this.#remembered() : null;
    const isNew = this.#isFirstOpen && remembered === null && !this.#wasAbsent && this.#options.startAt === 'end';
    if (remembered !== null) {
      const old = await this.#openRemembered(remembered, there, nowMs);
      if (old !== null) return old;
    }
    return this.#openAt(this.path, isNew ? there.size : 0, nowMs);
  }

  #remembered(): Position | null {
    const text = this.#options.positions.load(this.path);
    if (text === null) return null;
    try {
      return positionSchema.parse(JSON.parse(text));
    } catch {
      this.#options.refusals.count('position-unreadable');
      return null;
    }
  }

  async #openRemembered(position: Position, there: Stats, nowMs: number): Promise<OpenFile | null> {
    if (there.ino === position.inode && there.dev === position.dev) {
      return this.#openIfSame(this.path, position, nowMs);
    }
    const folder = dirname(this.path);
    const names = (await readdir(folder)).filter((name) => name.startsWith(basename(this.path)));
    for (const name of names.slice(0, SIBLING_LIMIT)) {
      const sibling = join(folder, name);
      const found = await stat(sibling).catch(() => null);
      if (found === null || !found.isFile() || found.ino !== position.inode) continue;
      const old = await this.#openIfSame(sibling, position, nowMs);
      if (old !== null) return { ...old, rotatedAtMs: nowMs };
    }
    return null;
  }

  async #openIfSame(path: string, position: Position, nowMs: number): Promise<OpenFile | null> {
    const file = await this.#openAt(path, position.offset, nowMs);
    if (file === null) return null;
    file.headBytes = position.headBytes;
    file.head = position.head;
    const { size } = await file.handle.stat();
    if (size >= position.offset && (await this.#hasSameHead(file))) return file;
    await file.handle.close();
    return null;
  }

  async #openAt(path: string, offset: number, nowMs: number): Promise<OpenFile | null> {
    let handle: FileHandle;
    try {
      handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT')
        this.#refuse(codeOf(error) === 'EACCES' ? 'permission-denied' : 'unreadable', nowMs);
      return null;
    }
    const opened = await handle.stat();
    if (!opened.isFile()) {
      await handle.close();
      this.#refuse('not-a-regular-file', nowMs);
      return null;
    }
    this.#isFirstOpen = false;
    this.#retryAtMs = Number.NEGATIVE_INFINITY;
    this.#restart();
    const file: OpenFile = {
      handle,
      dev: opened.dev,
      inode: opened.ino,
      readAt: offset,
      deliveredTo: offset,
      headBytes: 0,
      head: hashOf(Buffer.alloc(0)),
      rotatedAtMs: null,
    };
    await this.#startReading(file);
    return file;
  }

  #restart(): void {
    this.#splitter = this.#newSplitter();
    this.#joiner = new StackTraceJoiner();
  }

  /** Learns the encoding from the file's first bytes, and passes over the mark. */
  async #startReading(file: OpenFile): Promise<void> {
    const head = Buffer.alloc(3);
    const { bytesRead } = await file.handle.read(head, 0, 3, 0);
    const markBytes = this.#splitter.noteStart(head.subarray(0, bytesRead));
    if (file.readAt < markBytes) file.readAt = file.deliveredTo = markBytes;
  }

  /** Reads up to the budget or the end; whether there was anything. */
  async #readNew(file: OpenFile): Promise<boolean> {
    const { size } = await file.handle.stat();
    if (size < file.readAt || (size > file.readAt && !(await this.#hasSameHead(file)))) {
      await this.#startAnew(file);
      if (size === 0) return true;
    }
    if (size === file.readAt) return false;
    const start = file.readAt;
    const { buffer } = this.#options;
    for (;;) {
      const done = file.readAt - start;
      if (done >= (this.#splitter.isSkipping ? SKIP_BYTES : POLL_BYTES) || this.#waiting.length > 0) break;
      const { bytesRead } = await file.handle.read(buffer, 0, buffer.length, file.readAt);
      if (bytesRead === 0) break;
      file.readAt += bytesRead;
      for (const line of this.#splitter.push(buffer.subarray(0, bytesRead))) this.#join(line);
    }
    await this.#extendHead(file);
    return true;
  }

  /** The file was emptied in place, or written anew: what was held of its old content is delivered as it is. */
  async #startAnew(file: OpenFile): Promise<void> {
    this.#finishHeld();
    this.#restart();
    // Lines of the old content that still wait are no bytes of the new one.
    this.#waiting = this.#waiting.map(({ text }) => ({ text, bytes: 0 }));
    file.readAt = 0;
    file.deliveredTo = 0;
    file.headBytes = 0;
    file.head = hashOf(Buffer.alloc(0));
    await this.#startReading(file);
  }

  async #hasSameHead(file: OpenFile): Promise<boolean> {
    return file.headBytes === 0 || hashOf(await readHead(file.handle, file.headBytes)) === file.head;
  }

  async #extendHead(file: OpenFile): Promise<void> {
    if (file.headBytes >= HEAD_BYTES) return;
    const head = await readHead(file.handle, Math.min(HEAD_BYTES, file.readAt));
    file.headBytes = head.length;
    file.head = hashOf(head);
  }

  /** Once the old file has been quiet for a while after it was renamed, the file now at the path is opened. */
  async #followRotation(file: OpenFile, there: Stats | null, nowMs: number): Promise<void> {
    const isSame = there !== null && there.ino === file.inode && there.dev === file.dev;
    if (isSame) {
      file.rotatedAtMs = null;
      return;
    }
    file.rotatedAtMs ??= nowMs;
    if (nowMs - file.rotatedAtMs < ROTATION_GRACE_MS) return;
    this.#finishHeld();
    // The sink is full: the old file stays open until its last line was taken.
    if (this.#waiting.length > 0) return;
    await file.handle.close();
    this.#file = there === null ? null : await this.#openAt(this.path, 0, nowMs);
    if (this.#file !== null) await this.#readNew(this.#file);
  }

  #join(line: SplitLine): void {
    if (this.#options.joinsStackTraces) this.#deliverAll(this.#joiner.push(line));
    else this.#deliverAll(line);
  }

  /** The rest of a file that will not grow: its unfinished line counts as one. */
  #finishHeld(): void {
    const last = this.#splitter.flush();
    if (last !== null) this.#join(last);
    this.#deliverAll(this.#joiner.flush());
  }

  #deliverAll(line: SplitLine | null): void {
    if (line === null) return;
    this.#waiting.push(line);
    this.#drainWaiting();
  }

  /** Hands over what waits, in order; `false` when the sink is full. */
  #drainWaiting(): boolean {
    let done = 0;
    for (const { text, bytes } of this.#waiting) {
      if (text !== null && !this.#options.deliver(text)) break;
      if (this.#file !== null) this.#file.deliveredTo += bytes;
      done++;
    }
    if (done > 0) this.#waiting.splice(0, done);
    return this.#waiting.length === 0;
  }

  #save(): void {
    const file = this.#file;
    if (file === null) return;
    const { dev, inode, deliveredTo, headBytes, head } = file;
    const position: Position = { dev, inode, offset: deliveredTo, headBytes, head };
    const text = JSON.stringify(position);
    if (text === this.#saved) return;
    this.#saved = text;
    this.#options.positions.save(this.path, text);
  }
}

async function readHead(handle: FileHandle, bytes: number): Promise<Buffer> {
  const head = Buffer.alloc(bytes);
  const { bytesRead } = await handle.read(head, 0, bytes, 0);
  return head.subarray(0, bytesRead);
}

const hashOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex').slice(0, 16);

const codeOf = (error: unknown): string | null =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
