import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Refusals } from '../refusals.ts';
import { FollowedFile, type OpenRefusal, openRefusal, parsePosition } from './followed-file.ts';
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
  /** What the floor of this host says, asked with every poll: a link may lead elsewhere by now. */
  readonly mayRead: (path: string) => boolean;
}

/** Read from one file in one poll, so that none starves the others; passing over a long line may go further. */
const POLL_BYTES = 4 * 1024 * 1024;
const SKIP_BYTES = 64 * 1024 * 1024;
/** After a rename the program writes into the old file until it opens the new one. */
const ROTATION_GRACE_MS = 3_000;
/** Files held open because the path has led to them in turn, while an older one is still read. */
const SUCCESSOR_LIMIT = 16;
/** A file that was refused is looked at again after this. */
const RETRY_REFUSED_MS = 30_000;

/**
 * Follows one log file through growth, rotation by rename or by a link that leads elsewhere (several times within the
 * grace too), truncation in place (copytruncate), and a reused inode.
 * Delivers each line at least once across restarts, and in order. Only regular files are ever opened.
 */
export class FileTail {
  readonly #options: FileTailOptions;
  #file: FollowedFile | null = null;
  /** What the path has led to since, oldest first. */
  #successors: FollowedFile[] = [];
  /** Inode of a file that had no place among them. */
  #passedOver: number | null = null;
  #splitter: LineSplitter;
  #joiner = new StackTraceJoiner();
  /** Lines that the sink has not taken yet: at most those of one read. */
  #waiting: SplitLine[] = [];
  #retryAtMs: number | null = null;
  #isFirstOpen = true;
  /** A file that came while it was waited for is new as a whole. */
  #wasAbsent = false;
  #saved = '';

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
    const waitMs = this.#retryAtMs === null ? 0 : this.#retryAtMs - nowMs;
    const isBarred = waitMs > 0 && waitMs <= RETRY_REFUSED_MS;
    if (!this.#drainWaiting() || isBarred) return this.#save();
    const there = await this.#statPath(nowMs);
    if (this.#file === null && there !== null) this.#file = await this.#openFirst(there, nowMs);
    if (this.#file === null) return;
    await this.#noteSuccessor(this.#file, there, nowMs);
    const grew = await this.#readNew(this.#file, there);
    if (!grew) this.#deliver(this.#joiner.flush());
    if (!grew && this.#waiting.length === 0) await this.#followRotation(this.#file, there, nowMs);
    this.#save();
  }

  async close(): Promise<void> {
    this.#save();
    for (const file of [this.#file, ...this.#successors]) await file?.handle.close();
    this.#file = null;
    this.#successors = [];
  }

  async #statPath(nowMs: number): Promise<Stats | null> {
    if (!this.#options.mayRead(this.path)) {
      this.#refuse('barred-by-floor', nowMs);
      return null;
    }
    try {
      const there = await stat(this.path);
      if (there.isFile()) return there;
      this.#refuse('not-a-regular-file', nowMs);
    } catch (error) {
      this.#refuse(openRefusal(error), nowMs);
    }
    return null;
  }

  /** Counted once until the file could be opened. */
  #refuse(reason: OpenRefusal, nowMs: number): void {
    if (reason === 'absent') {
      this.#wasAbsent = true;
      return;
    }
    if (this.#retryAtMs === null) this.#options.refusals.count(reason);
    this.#retryAtMs = nowMs + RETRY_REFUSED_MS;
  }

  /** Where reading went on before the agent's restart, in this file or under its rotated name; else at a start. */
  async #openFirst(there: Stats, nowMs: number): Promise<FollowedFile | null> {
    if (!this.#isFirstOpen) return this.#openAt(0, nowMs);
    const text = this.#options.positions.load(this.path);
    const position = text === null ? null : parsePosition(text);
    if (position === null) {
      if (text !== null) this.#options.refusals.count('position-unreadable');
      return this.#openAt(this.#wasAbsent || this.#options.startAt === 'beginning' ? 0 : there.size, nowMs);
    }
    const old = await FollowedFile.reopen(this.path, position);
    if (old !== null) return this.#begin(old);
    this.#options.refusals.count('log-rotated-away');
    return this.#openAt(0, nowMs);
  }

  async #openAt(offset: number, nowMs: number): Promise<FollowedFile | null> {
    const opened = await FollowedFile.open(this.path, offset);
    if (opened.ok) return this.#begin(opened.value);
    this.#refuse(opened.reason, nowMs);
    return null;
  }

  async #begin(file: FollowedFile): Promise<FollowedFile> {
    this.#isFirstOpen = false;
    this.#retryAtMs = null;
    this.#restart();
    await this.#noteMark(file);
    return file;
  }

  #restart(): void {
    this.#splitter = this.#newSplitter();
    this.#joiner = new StackTraceJoiner();
  }

  #newSplitter(): LineSplitter {
    const { maxLineBytes, encoding, refusals } = this.#options;
    return new LineSplitter(maxLineBytes, encoding, refusals);
  }

  /** Learns the encoding from the file's first bytes, and passes over the mark. */
  async #noteMark(file: FollowedFile): Promise<void> {
    const markBytes = this.#splitter.noteStart(await file.firstBytes(3));
    if (file.readAt >= markBytes) return;
    file.readAt = markBytes;
    file.deliveredTo = markBytes;
  }

  /** Reads up to the budget or the end; whether there was anything. */
  async #readNew(file: FollowedFile, there: Stats | null): Promise<boolean> {
    const { size } = file.isThe(there) ? there : await file.handle.stat();
    if (size === file.readAt) return false;
    if (size < file.readAt || !(await file.hasSameHead())) this.#startAnew(file);
    if (file.readAt === 0) await this.#noteMark(file);
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
    await file.noteHead();
    return true;
  }

  /** The file was emptied in place, or written anew: what was held of its old content is delivered as it is. */
  #startAnew(file: FollowedFile): void {
    this.#finishHeld();
    this.#restart();
    // Lines of the old content that still wait are no bytes of the new one.
    this.#waiting = this.#waiting.map(({ text }) => ({ text, bytes: 0 }));
    file.startAnew();
  }

  /** Opens at once what the path leads to now: it may be rotated away before the old file may be left. */
  async #noteSuccessor(file: FollowedFile, there: Stats | null, nowMs: number): Promise<void> {
    const newest = this.#successors.at(-1) ?? file;
    const inode = there?.ino ?? null;
    if (there === null || newest.isThe(there)) return;
    newest.rotatedAtMs ??= nowMs;
    if (this.#successors.length >= SUCCESSOR_LIMIT) {
      // It is read if it is still there when the line has moved up; what replaces it before that is gone.
      if (this.#passedOver !== null && this.#passedOver !== inode) this.#options.refusals.count('log-rotated-away');
      this.#passedOver = inode;
      return;
    }
    this.#passedOver = null;
    const opened = await FollowedFile.open(this.path, 0);
    if (opened.ok) this.#successors.push(opened.value);
    else this.#refuse(opened.reason, nowMs);
  }

  /** Once the old file has been quiet for a while after it was renamed, the one that came after it is read. */
  async #followRotation(file: FollowedFile, there: Stats | null, nowMs: number): Promise<void> {
    if (file.isThe(there) && this.#successors.length === 0) {
      file.rotatedAtMs = null;
      return;
    }
    file.rotatedAtMs ??= nowMs;
    if (Math.abs(nowMs - file.rotatedAtMs) < ROTATION_GRACE_MS) return;
    this.#finishHeld();
    // The sink is full: the old file stays open until its last line was taken.
    if (this.#waiting.length > 0) return;
    await file.handle.close();
    const next = this.#successors.shift();
    if (next !== undefined) this.#file = await this.#begin(next);
    else this.#file = there === null ? null : await this.#openAt(0, nowMs);
    if (this.#file !== null) await this.#readNew(this.#file, null);
  }

  #join(line: SplitLine): void {
    this.#deliver(this.#options.joinsStackTraces ? this.#joiner.push(line) : line);
  }

  /** The rest of a file that will not grow: its unfinished line counts as one. */
  #finishHeld(): void {
    const last = this.#splitter.flush();
    if (last !== null) this.#join(last);
    this.#deliver(this.#joiner.flush());
  }

  #deliver(line: SplitLine | null): void {
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
    if (this.#file === null) return;
    const text = JSON.stringify(this.#file.position);
    if (text === this.#saved) return;
    this.#saved = text;
    this.#options.positions.save(this.path, text);
  }
}
