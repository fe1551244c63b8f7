import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, openSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { errorText } from '../errors.ts';
import type { Log } from '../log.ts';

const MIN_BYTES = 64 * 1024;
const MAX_BYTES = 4 * 1024 * 1024;
const PIECE_BYTES = 64 * 1024;

/**
 * Disk room kept back beside a database: even a deletion must first write to the journal, so a file that filled its
 * disk could never be emptied again. Given up when the disk is full, taken back when there is room.
 */
export class DiskReserve {
  readonly bytes: number;
  readonly #path: string;
  readonly #log: Log;
  #isHeld: boolean;

  /** @param limitBytes - what the database may hold; the reserve stays below an eighth of it and of the disk */
  constructor(path: string, limitBytes: number, log: Log) {
    this.#path = path;
    this.#log = log;
    const eighth = Math.floor(Math.min(limitBytes, diskSpace(path).totalBytes) / 8);
    this.bytes = Math.min(MAX_BYTES, Math.max(MIN_BYTES, eighth));
    this.#isHeld = existsSync(path) && statSync(path).size >= this.bytes;
  }

  get isHeld(): boolean {
    return this.#isHeld;
  }

  /** @returns whether the room is kept now */
  take(): boolean {
    if (this.#isHeld) return true;
    try {
      const file = openSync(this.#path, 'w', 0o600);
      try {
        // Random, so that a file system that compresses really keeps the room.
        for (let done = 0; done < this.bytes; ) done += writeSync(file, randomBytes(PIECE_BYTES));
      } finally {
        closeSync(file);
      }
      this.#isHeld = true;
    } catch {
      // No room yet is what this file is about: the next try comes.
      this.release();
    }
    return this.#isHeld;
  }

  release(): void {
    this.#isHeld = false;
    try {
      rmSync(this.#path, { force: true });
    } catch (error) {
      this.#log.warn('RESERVE_NOT_RELEASED', errorText(error), { path: this.#path });
    }
  }
}

/** Size of the file system that holds `path`, and what of it this process may still fill, in bytes. */
export function diskSpace(path: string): { totalBytes: number; freeBytes: number } {
  const { blocks, bavail, bsize } = statfsSync(dirname(path));
  return { totalBytes: blocks * bsize, freeBytes: bavail * bsize };
}
