import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { errorText } from '../errors.ts';
import type { Log } from '../log.ts';

/** What is kept beside metrics; where room is short the first goes first. */
export const segmentKinds = ['replay', 'log', 'span', 'transaction'] as const;
export type SegmentKind = (typeof segmentKinds)[number];

export interface SegmentStoreOptions {
  readonly folder: string;
  readonly retentionMs: number;
  /** What all segments may hold now; other stores under the same cap may leave more or less. */
  readonly limitBytes: () => number;
  readonly nowMs: () => number;
  readonly log: Log;
  readonly onRefused: (reason: string) => void;
}

/** Rows of one kind as somebody encoded them, and the times they span. */
export interface Frame {
  readonly fromUnixMs: number;
  readonly toUnixMs: number;
  readonly payload: Uint8Array;
}

interface Segment {
  readonly path: string;
  readonly kind: SegmentKind;
  bytes: number;
  fromUnixMs: number;
  toUnixMs: number;
  writtenAtMs: number;
}

interface Writing {
  readonly segment: Segment;
  readonly descriptor: number;
  readonly openedAtMs: number;
}

const MAGIC = 0x31534941;
/** Magic, length, CRC-32, four bytes for later, from, to. */
const HEADER_BYTES = 32;
const MAX_FRAME_BYTES = 8 * 1024 * 1024;
const SEGMENT_BYTES = 4 * 1024 * 1024;
const SEGMENT_MS = 3_600_000;
/** An agent that is started again and again makes small files: the oldest go. */
const MAX_SEGMENTS = 1_000;
/** A kind is let alone while it holds less than this share of what all may hold. */
const OWN_SHARE = 1 / 4;

/**
 * Log lines, spans and dots on the host, in files that only ever grow and go as a whole: room is made by removing the
 * oldest file of the least important kind, which needs no room itself. A cache, not a promise: nothing is synced, and
 * reading a file ends at the first frame that is torn or damaged. A start never writes on into an old file.
 */
export class SegmentStore implements Disposable {
  readonly #options: SegmentStoreOptions;
  /** Oldest first. */
  #segments: Segment[] = [];
  readonly #writing = new Map<SegmentKind, Writing>();
  #made = 0;
  #isRefusing = false;

  constructor(options: SegmentStoreOptions) {
    this.#options = options;
    if (existsSync(options.folder)) this.#load();
    this.#makeRoom();
  }

  get bytes(): number {
    return this.#segments.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  bytesOf(kind: SegmentKind): number {
    return this.#segments.reduce((sum, segment) => sum + (segment.kind === kind ? segment.bytes : 0), 0);
  }

  /** On a full disk the oldest goes for the newest; a frame that finds no room even so is counted and left out. */
  append(kind: SegmentKind, frame: Frame): void {
    try {
      try {
        this.#write(kind, frame);
      } catch (error) {
        if (!isDiskFull(error) || !this.#removeOldest()) throw error;
        this.#write(kind, frame);
      }
      this.#isRefusing = false;
    } catch (error) {
      this.#options.onRefused('local-store-not-written');
      if (!this.#isRefusing) this.#options.log.warn('LOCAL_STORE_NOT_WRITTEN', errorText(error), { kind });
      this.#isRefusing = true;
    }
    this.#makeRoom();
  }

  /** Frames of a kind that touch the window, as they were written, oldest first, read as they are asked for. */
  *frames(kind: SegmentKind, fromUnixMs: number, toUnixMs: number): Generator<Frame> {
    for (const segment of [...this.#segments]) {
      if (segment.kind !== kind || segment.toUnixMs < fromUnixMs || segment.fromUnixMs > toUnixMs) continue;
      for (const frame of this.#read(segment, true)) {
        if (frame.toUnixMs >= fromUnixMs && frame.fromUnixMs <= toUnixMs) yield frame;
      }
    }
  }

  [Symbol.dispose](): void {
    for (const { descriptor } of this.#writing.values()) closeSync(descriptor);
    this.#writing.clear();
  }

  #write(kind: SegmentKind, { fromUnixMs, toUnixMs, payload }: Frame): void {
    const { descriptor, segment } = this.#open(kind);
    const frame = Buffer.alloc(HEADER_BYTES + payload.length);
    frame.writeUInt32LE(MAGIC, 0);
    frame.writeUInt32LE(payload.length, 4);
    frame.writeUInt32LE(crc32(payload), 8);
    frame.writeDoubleLE(fromUnixMs, 16);
    frame.writeDoubleLE(toUnixMs, 24);
    frame.set(payload, HEADER_BYTES);
    try {
      for (let done = 0; done < frame.length; ) done += writeSync(descriptor, frame, done);
    } catch (error) {
      ftruncateSync(descriptor, segment.bytes);
      throw error;
    }
    segment.bytes += frame.length;
    segment.fromUnixMs = Math.min(segment.fromUnixMs, fromUnixMs);
    segment.toUnixMs = Math.max(segment.toUnixMs, toUnixMs);
    segment.writtenAtMs = this.#options.nowMs();
  }

  #open(kind: SegmentKind): Writing {
    const nowMs = this.#options.nowMs();
    const known = this.#writing.get(kind);
    const isUsable =
      known !== undefined &&
      known.segment.bytes < SEGMENT_BYTES &&
      Math.abs(nowMs - known.openedAtMs) < SEGMENT_MS &&
      this.#segments.includes(known.segment);
    if (isUsable) return known;
    if (known !== undefined) this.#close(kind, known);
    const name = `${kind}-${String(Math.round(nowMs)).padStart(15, '0')}-${process.pid}-${this.#made++}.seg`;
    const path = join(this.#options.folder, name);
    mkdirSync(this.#options.folder, { recursive: true, mode: 0o700 });
    const descriptor = openSync(path, 'ax', 0o600);
    const segment: Segment = {
      path,
      kind,
      bytes: 0,
      fromUnixMs: Number.POSITIVE_INFINITY,
      toUnixMs: Number.NEGATIVE_INFINITY,
      writtenAtMs: nowMs,
    };
    const made = { segment, descriptor, openedAtMs: nowMs };
    this.#segments.push(segment);
    this.#writing.set(kind, made);
    return made;
  }

  #close(kind: SegmentKind, { descriptor }: Writing): void {
    this.#writing.delete(kind);
    closeSync(descriptor);
  }

  #makeRoom(): void {
    const { nowMs, retentionMs, limitBytes } = this.#options;
    const oldestMs = nowMs() - retentionMs;
    for (const segment of [...this.#segments]) if (segment.writtenAtMs < oldestMs) this.#remove(segment);
    while (this.#segments.length > MAX_SEGMENTS || this.bytes > limitBytes()) {
      if (!this.#removeOldest()) return;
    }
  }

  /** The oldest of the least important kind that has more than its own share; else the oldest of all. */
  #removeOldest(): boolean {
    const share = this.#options.limitBytes() * OWN_SHARE;
    const kind = segmentKinds.find((one) => this.bytesOf(one) > share);
    const oldest = this.#segments.find((segment) => kind === undefined || segment.kind === kind);
    return oldest !== undefined && this.#remove(oldest);
  }

  /** @returns whether it is gone; one that cannot be removed counts no more, so that nobody waits for its room */
  #remove(segment: Segment): boolean {
    this.#segments = this.#segments.filter((one) => one !== segment);
    const writing = this.#writing.get(segment.kind);
    if (writing?.segment === segment) this.#close(segment.kind, writing);
    try {
      rmSync(segment.path, { force: true });
      return true;
    } catch (error) {
      this.#options.onRefused('local-store-not-removed');
      this.#options.log.warn('LOCAL_STORE_NOT_REMOVED', errorText(error), { path: segment.path });
      return false;
    }
  }

  #load(): void {
    for (const name of readdirSync(this.#options.folder).sort()) {
      const kind = segmentKinds.find((one) => name.startsWith(`${one}-`) && name.endsWith('.seg'));
      if (kind === undefined) continue;
      const path = join(this.#options.folder, name);
      const { size, mtimeMs } = statSync(path);
      const segment: Segment = {
        path,
        kind,
        bytes: size,
        fromUnixMs: Number.POSITIVE_INFINITY,
        toUnixMs: Number.NEGATIVE_INFINITY,
        // The agent's clock, as all else here; the file system's may be another.
        writtenAtMs: Number(name.split('-')[1]) || mtimeMs,
      };
      for (const { fromUnixMs, toUnixMs } of this.#read(segment, false)) {
        segment.fromUnixMs = Math.min(segment.fromUnixMs, fromUnixMs);
        segment.toUnixMs = Math.max(segment.toUnixMs, toUnixMs);
      }
      this.#segments.push(segment);
    }
    this.#made = this.#segments.length;
    this.#segments.sort((a, b) => a.writtenAtMs - b.writtenAtMs);
  }

  /** @param withPayload - without, only the headers are read and payloads are empty */
  *#read({ path }: Segment, withPayload: boolean): Generator<Frame> {
    let descriptor: number;
    try {
      descriptor = openSync(path, 'r');
    } catch (error) {
      // Removed while somebody was reading the ones before.
      this.#options.log.warn('LOCAL_STORE_UNREADABLE', errorText(error), { path });
      return;
    }
    try {
      const { size } = fstatSync(descriptor);
      const header = Buffer.alloc(HEADER_BYTES);
      for (let at = 0; at + HEADER_BYTES <= size; ) {
        readSync(descriptor, header, 0, HEADER_BYTES, at);
        const length = header.readUInt32LE(4);
        const end = at + HEADER_BYTES + length;
        if (header.readUInt32LE(0) !== MAGIC || length > MAX_FRAME_BYTES || end > size) return this.#damaged(path, at);
        const payload = Buffer.alloc(withPayload ? length : 0);
        readSync(descriptor, payload, 0, payload.length, at + HEADER_BYTES);
        if (withPayload && crc32(payload) !== header.readUInt32LE(8)) return this.#damaged(path, at);
        yield { fromUnixMs: header.readDoubleLE(16), toUnixMs: header.readDoubleLE(24), payload };
        at = end;
      }
    } finally {
      closeSync(descriptor);
    }
  }

  #damaged(path: string, at: number): void {
    this.#options.onRefused('local-store-damaged');
    this.#options.log.warn('LOCAL_STORE_DAMAGED', 'the rest of this file is left out', { path, at });
  }
}

/** No room, or no more of this user's share of it. */
const isDiskFull = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
