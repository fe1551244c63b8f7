import {
  type DeliveryClass,
  MAX_BATCH_COMPRESSED_BYTES,
  MAX_BATCH_ROWS,
  MAX_EVENT_BYTES,
  type Receipt,
} from '@airis/protocol';
import { AgentError } from '../errors.ts';
import type { Log } from '../log.ts';
import { DiskReserve, diskSpace } from './disk-reserve.ts';
import { bury, type Evicted, evict } from './spool-eviction.ts';
import { isCorrupt, isDiskFull, newEpoch, openSpoolFile, PAGE_BYTES, putAside, type SpoolFile } from './spool-file.ts';
import { type HeldBatch, type LossReason, priorities, type SpoolHealth, type SpoolItem } from './spool-item.ts';
import { batchRow, classes, classIndex, heldBatch, ROW_OVERHEAD_BYTES, toId } from './spool-row.ts';

export interface SpoolOptions {
  readonly path: string;
  /** Beyond this the least important and oldest batches become tombstones. */
  readonly limitBytes: number;
  /** Longest time an item may exist only in memory. */
  readonly syncEveryMs: number;
  /** Hard stop for the file's growth; by default room for the limit, what is pending beyond it, and index pages. */
  readonly maxFileBytes?: number;
  readonly nowMs: () => number;
  readonly log: Log;
}

/** A loss not yet written down: `places` sequences in a row. */
interface PendingLoss {
  places: number;
  rows: number;
  fromMs: number;
  toMs: number;
  readonly reason: LossReason;
}

/** What the file holds, by its own count. */
interface Held {
  bytes: number;
  batches: number;
  /** By class. */
  rows: number[];
  /** By class: receipts up to there have been acted on. */
  receiptsDone: number[];
}

/** Items waiting for a commit hold at most this; beyond it the commit happens at once. */
const MAX_PENDING_BYTES = 4 * 1024 * 1024;
/** `publishedUpTo` is written ahead in steps, so that handing out a batch rarely costs an fsync. */
const PUBLISH_RESERVE = 64;
/** A commit on a full disk is tried again so often, each time after giving up more of what is held. */
const MAX_TRIES = 4;
/** The disk is asked for room that often while less is held than the limit allows. */
const ROOM_EVERY_MS = 5_000;

/**
 * What waits for the hub, on disk: a sequence without holes for each class, in a file whose epoch nobody can guess.
 * An item is safe once a commit has passed (`syncEveryMs` at most); what a full or broken disk takes is told by
 * tombstones in the same sequence.
 */
export class Spool implements Disposable {
  readonly #options: SpoolOptions;
  readonly #reserve: DiskReserve;
  /** A payload beyond this could not be moved from journal to file on a full disk of this size. */
  readonly #maxPayloadBytes: number;
  #file: SpoolFile;
  /** The limit, or what a full disk has brought it down to. */
  #limitBytes: number;
  #roomAskedMs = Number.NEGATIVE_INFINITY;
  #epoch = '';
  #next = [1, 1];
  #nextAtOpen = [1, 1];
  /** By class: the highest sequence that this epoch's batches were handed out under, by this process or before it. */
  #handedOutTo = [0, 0];
  #publishedUpTo = [0, 0];
  #receiptTo = [0, 0];
  #held = emptyHeld();
  #loss = new Map<string, number>();
  #pending: SpoolItem[] = [];
  #pendingBytes = 0;
  #pendingLoss: (PendingLoss | null)[] = [null, null];
  #timer: NodeJS.Timeout | null = null;
  #timerDueMs = 0;
  #listeners: (() => void)[] = [];
  #previousSpooledAtUnixMs: number | null = null;

  constructor(options: SpoolOptions) {
    this.#options = options;
    this.#limitBytes = options.limitBytes;
    this.#reserve = new DiskReserve(`${options.path}.reserve`, options.limitBytes, options.log);
    this.#maxPayloadBytes = Math.floor(diskSpace(options.path).totalBytes / 16);
    this.#file = this.#open();
    this.#reserve.take();
    this.#load();
    this.#reportSetAside();
  }

  get epoch(): string {
    return this.#epoch;
  }

  /** When the last item before this start was spooled; `null` for a new file. */
  get previousSpooledAtUnixMs(): number | null {
    return this.#previousSpooledAtUnixMs;
  }

  /** Highest sequence that an item was stored under, by class. */
  get highest(): Record<DeliveryClass, number> {
    return { event: this.#next[0]! - 1, data: this.#next[1]! - 1 };
  }

  /** Highest sequence stored before this start, by class. */
  get highestAtOpen(): Record<DeliveryClass, number> {
    return { event: this.#nextAtOpen[0]! - 1, data: this.#nextAtOpen[1]! - 1 };
  }

  /** Highest sequence that the hub can have from this file, by class: nothing beyond it was handed out for publishing. */
  get handedOutUpTo(): Record<DeliveryClass, number> {
    return { event: this.#handedOutTo[0]!, data: this.#handedOutTo[1]! };
  }

  get receiptedUpTo(): Record<DeliveryClass, number> {
    return { event: this.#receiptTo[0]!, data: this.#receiptTo[1]! };
  }

  /** `listener` runs after each commit that added items. */
  onCommit(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Takes an item; it is durable after the next commit. An item beyond the wire's limits becomes a tombstone. */
  append(item: SpoolItem): void {
    this.#pending.push(item);
    this.#pendingBytes += item.payload.length;
    if (this.#pendingBytes > MAX_PENDING_BYTES) this.flush();
    else this.#schedule(this.#options.syncEveryMs);
  }

  /** Everything stored by the hub up to and with `upTo` may go. The deletion itself waits for the next commit. */
  receipt(name: DeliveryClass, upTo: number): void {
    const index = classIndex(name);
    const bounded = Math.min(upTo, this.#next[index]! - 1);
    if (bounded <= this.#receiptTo[index]!) return;
    this.#receiptTo[index] = bounded;
    this.#schedule(1_000);
  }

  /** Batches after `after` in order, at most `maxCount` of them and (beyond the first) `maxBytes`. */
  next(name: DeliveryClass, after: number, maxCount: number, maxBytes = 1024 * 1024): HeldBatch[] {
    const index = classIndex(name);
    const start = toId(index, Math.max(after, this.#receiptTo[index]!));
    return this.#guarded([], () => {
      const batches: HeldBatch[] = [];
      let bytes = 0;
      for (const row of this.#file.statements.read.iterate(start, toId(index + 1, 0), maxCount)) {
        const batch = heldBatch(batchRow(row));
        bytes += batch.payload.length;
        if (batches.length > 0 && bytes > maxBytes) break;
        batches.push(batch);
      }
      const last = batches.at(-1);
      if (last === undefined) return batches;
      if (last.seq > this.#publishedUpTo[index]!) this.#reservePublished(index, last.seq);
      this.#handedOutTo[index] = Math.max(this.#handedOutTo[index]!, last.seq);
      return batches;
    });
  }

  /** The hub will never take this batch: a tombstone goes in its place, so that it does not stop the line. */
  refuse(name: DeliveryClass, seq: number): void {
    const index = classIndex(name);
    this.#guarded(undefined, () => {
      const gone = this.#transaction(() => {
        const buried = bury(this.#file.statements, toId(index, seq), 'refused', this.#publishedUpTo);
        this.#countLoss('refused', buried.rows);
        this.#writeLoss();
        return buried;
      });
      this.#held.bytes -= gone.bytes;
      this.#held.batches -= gone.merged;
    });
  }

  /**
   * Compares the hub's memory with ours. A hub that knows more than was ever handed out from here has met our epoch
   * elsewhere: this file was set back or copied, and what it holds goes on under a new epoch. What was spooled but not
   * handed out does not count: the hub's batches under those numbers are not these, however many came meanwhile.
   *
   * @returns whether the epoch changed
   */
  reconcile(receipts: readonly Receipt[]): boolean {
    this.flush();
    const known = receipts.filter((receipt) => receipt.epoch === this.#epoch);
    const isAhead = known.some((receipt) => receipt.upTo > this.#handedOutTo[classIndex(receipt.class)]!);
    if (isAhead) {
      // What was there at start is what the hub has; what came since only looks like it.
      const stored = [0, 0];
      for (const { class: name, upTo } of known) {
        const index = classIndex(name);
        stored[index] = Math.min(upTo, this.#nextAtOpen[index]! - 1);
      }
      this.restartEpoch(stored);
      return true;
    }
    for (const [index, name] of classes.entries()) {
      const upTo = known.find((receipt) => receipt.class === name)?.upTo ?? 0;
      this.receipt(name, upTo);
      this.#fillHole(index, upTo);
    }
    return false;
  }

  /**
   * Numbers everything held after `storedUpTo` anew, from 1, under a new epoch.
   *
   * @param storedUpTo - by class, what the hub has for certain under the old epoch
   */
  restartEpoch(storedUpTo: readonly number[] = [0, 0]): void {
    this.flush();
    this.#guarded(undefined, () => {
      const epoch = newEpoch();
      const { statements } = this.#file;
      const next = this.#transaction(() => {
        const ends = classes.map((_, index) => {
          statements.deleteRange.run(toId(index, 0), toId(index, storedUpTo[index]!));
          return this.#renumber(index);
        });
        statements.setMeta.run('epoch', epoch);
        for (const [index, end] of ends.entries()) statements.setMeta.run(`next-${index}`, end);
        for (const index of [0, 1]) statements.setMeta.run(`published-${index}`, 0);
        return ends;
      });
      this.#options.log.warn('SPOOL_NEW_EPOCH', 'the hub knows more of this spool than the spool does', { epoch });
      this.#epoch = epoch;
      this.#next = next;
      this.#nextAtOpen = [...next];
      this.#handedOutTo = next.map((seq) => seq - 1);
      this.#publishedUpTo = [0, 0];
      this.#receiptTo = [0, 0];
      this.#held.receiptsDone = [0, 0];
      this.#measure();
    });
  }

  /** Commits what is pending, in pieces that the journal has room for on a full disk. */
  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const hasReceipts = this.#receiptTo.some((upTo, index) => upTo > this.#held.receiptsDone[index]!);
    const hasItems = this.#pending.length > 0 || this.#pendingLoss.some((loss) => loss !== null);
    if (!hasReceipts && !hasItems) return;
    try {
      this.#askForRoom();
      do this.#onFullDisk(() => this.#commit());
      while (this.#pending.length > 0);
    } catch (error) {
      if (isCorrupt(error)) {
        this.#beginAnew();
        this.flush();
      } else if (isDiskFull(error)) this.#shedPending(error);
      else
        throw new AgentError('SPOOL_UNUSABLE', `spool ${this.#options.path}`, 'check the data folder', {
          cause: error,
        });
      return;
    }
    if (hasItems) for (const listener of this.#listeners) listener();
  }

  health(): SpoolHealth {
    const oldest = this.#guarded(null, () => {
      const times = [0, 1].flatMap((index) =>
        this.#file.statements.read.all(toId(index, this.#receiptTo[index]!), toId(index + 1, 0), 1),
      );
      return times.length === 0 ? null : Math.min(...times.map((row) => Number(row.from_ms)));
    });
    return {
      bytes: this.#held.bytes,
      limitBytes: this.#limitBytes,
      batches: this.#held.batches,
      oldestUnixMs: oldest,
      lossRowsByReason: Object.fromEntries(this.#loss),
    };
  }

  [Symbol.dispose](): void {
    this.flush();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#file.database.close();
  }

  /** One transaction: what has its receipt goes, then losses and items come in order, then eviction down to the limit. */
  #commit(): void {
    const { statements } = this.#file;
    const items = this.#pending.slice(0, this.#pieceOfPending());
    this.#transaction(() => {
      this.#dropReceipted();
      for (const [index, loss] of this.#pendingLoss.entries()) {
        if (loss !== null) this.#insertTombstone(index, loss);
      }
      for (const item of items) {
        const index = classIndex(item.class);
        const reason = this.#refusal(item);
        if (reason === null) this.#insert(index, this.#next[index]!, item, null, item.payload);
        else {
          const { rows, fromUnixMs, toUnixMs } = item;
          this.#insertTombstone(index, { rows, fromMs: fromUnixMs, toMs: toUnixMs, reason, places: 1 });
        }
      }
      const excess = this.#held.bytes - this.#limitBytes;
      if (excess > 0) this.#evict(excess, this.#limitBytes < this.#options.limitBytes ? 'disk-full' : 'spool-full');
      for (const [index, value] of this.#next.entries()) statements.setMeta.run(`next-${index}`, value);
      if (items.length > 0) statements.setMeta.run('spooled-at', this.#options.nowMs());
      this.#writeLoss();
    });
    this.#pending = this.#pending.slice(items.length);
    this.#pendingBytes -= items.reduce((sum, item) => sum + item.payload.length, 0);
    this.#pendingLoss = [null, null];
  }

  #dropReceipted(): void {
    const { statements } = this.#file;
    for (const [index, upTo] of this.#receiptTo.entries()) {
      if (upTo <= this.#held.receiptsDone[index]!) continue;
      const gone = statements.sumRange.get(toId(index, 0), toId(index, upTo));
      statements.deleteRange.run(toId(index, 0), toId(index, upTo));
      this.#held.bytes -= Number(gone?.bytes);
      this.#held.batches -= Number(gone?.batches);
      this.#held.rows[index]! -= Number(gone?.rows);
      this.#held.receiptsDone[index] = upTo;
    }
  }

  /** @param seq - the place it ends at; the next one comes after it */
  #insert(
    index: number,
    seq: number,
    item: Omit<SpoolItem, 'payload'>,
    reason: LossReason | null,
    payload: Uint8Array | null,
  ): void {
    const size = (payload?.length ?? 0) + ROW_OVERHEAD_BYTES;
    const { priority, rows, fromUnixMs, toUnixMs, kind, schema } = item;
    const from = this.#next[index]!;
    const place = [toId(index, seq), from, priority, size, rows, fromUnixMs, toUnixMs] as const;
    this.#file.statements.insert.run(...place, kind, schema, reason, payload);
    this.#next[index] = seq + 1;
    this.#held.bytes += size;
    this.#held.batches++;
    this.#held.rows[index]! += rows;
  }

  #insertTombstone(index: number, loss: PendingLoss): void {
    const seq = this.#next[index]! + loss.places - 1;
    this.#insert(index, seq, tombstoneItem(classes[index]!, loss), loss.reason, null);
    this.#countLoss(loss.reason, loss.rows);
  }

  #evict(bytes: number, reason: LossReason): Evicted {
    const gone = evict(this.#file.statements, bytes, reason, this.#publishedUpTo);
    this.#held.bytes -= gone.bytes;
    this.#held.batches -= gone.merged;
    if (gone.rows > 0) this.#countLoss(reason, gone.rows);
    return gone;
  }

  /** How many of the pending items one transaction takes. */
  #pieceOfPending(): number {
    const room = this.#reserve.bytes / 4;
    let bytes = 0;
    const beyond = this.#pending.findIndex((item) => {
      bytes += item.payload.length + ROW_OVERHEAD_BYTES;
      return bytes > room;
    });
    return beyond === -1 ? this.#pending.length : Math.max(1, beyond);
  }

  #refusal(item: SpoolItem): LossReason | null {
    if (!isWithinLimits(item)) return 'refused';
    return item.payload.length > this.#maxPayloadBytes ? 'disk-full' : null;
  }

  /** Does work that writes; where the disk is full, what matters least makes room for it. */
  #onFullDisk<T>(work: () => T): T {
    for (let tries = 1; ; tries++) {
      try {
        return work();
      } catch (error) {
        if (!isDiskFull(error) || tries === MAX_TRIES) throw error;
        this.#makeRoom();
      }
    }
  }

  /**
   * Sees to it that the file has twice the reserve in free pages: from what has its receipt, else from what matters
   * least, told as 'disk-full', but no more than half of what is held. Half of the pages go back to the disk, for the
   * reserve; half stay free inside the file, so that the file need not grow for what comes next.
   */
  #makeRoom(): void {
    const { database } = this.#file;
    const { bytes: reserveBytes } = this.#reserve;
    this.#reserve.release();
    this.#checkpoint();
    this.#transaction(() => this.#dropReceipted());
    this.#checkpoint();
    let rows = 0;
    const atLeast = this.#held.bytes / 2;
    while (this.#freeFileBytes() < 2 * reserveBytes && this.#held.bytes > atLeast) {
      const evicted = this.#transaction(() => {
        const gone = this.#evict(reserveBytes / 4, 'disk-full');
        this.#writeLoss();
        return gone;
      });
      rows += evicted.rows;
      if (evicted.bytes <= 0) break;
      this.#checkpoint();
    }
    if (!this.#reserve.take()) {
      const backBytes = Math.min(reserveBytes, this.#freeFileBytes() / 2);
      database.exec(`PRAGMA incremental_vacuum(${Math.ceil(backBytes / PAGE_BYTES)})`);
      this.#checkpoint();
      this.#reserve.take();
    }
    const fitting = this.#held.bytes + Math.max(0, this.#freeFileBytes() - reserveBytes / 2);
    this.#limitBytes = Math.min(this.#options.limitBytes, fitting);
    this.#options.log.warn('SPOOL_DISK_FULL', 'what is held made room for what comes', {
      rowsLost: rows,
      limitBytes: this.#limitBytes,
      isReserveHeld: this.#reserve.isHeld,
    });
  }

  /** RESTART, not TRUNCATE: a journal that keeps its room can be written again however full the disk is. */
  #checkpoint(): void {
    this.#file.database.exec('PRAGMA wal_checkpoint(RESTART)');
  }

  #freeFileBytes(): number {
    return Number(this.#file.statements.freePages.get()?.freelist_count) * PAGE_BYTES;
  }

  /** After a full disk: takes the reserve back, and lets the limit rise again, when there is room. */
  #askForRoom(): void {
    if (this.#limitBytes === this.#options.limitBytes && this.#reserve.isHeld) return;
    const nowMs = performance.now();
    if (nowMs - this.#roomAskedMs < ROOM_EVERY_MS) return;
    this.#roomAskedMs = nowMs;
    if (!this.#reserve.take()) return;
    const spareBytes = diskSpace(this.#options.path).freeBytes - 2 * this.#reserve.bytes;
    if (spareBytes <= 0) return;
    const wanted = Math.max(this.#limitBytes, this.#held.bytes + Math.floor(spareBytes / 2));
    this.#limitBytes = Math.min(this.#options.limitBytes, wanted);
  }

  /** The disk takes nothing at all: what matters least is given up and counted, findings and changes wait in memory. */
  #shedPending(error: unknown): void {
    const isKept = (item: SpoolItem) => item.priority >= priorities.change;
    let kept = 0;
    const keep: SpoolItem[] = [];
    for (const item of this.#pending) {
      kept += item.payload.length;
      if (isKept(item) && kept <= MAX_PENDING_BYTES / 2) keep.push(item);
      else this.#lose(classIndex(item.class), 1, item.rows, item.fromUnixMs, item.toUnixMs, 'disk-full');
    }
    const shed = this.#pending.length - keep.length;
    this.#pending = keep;
    this.#pendingBytes = keep.reduce((sum, item) => sum + item.payload.length, 0);
    if (shed > 0) this.#options.log.warn('SPOOL_BLOCKED', String(error), { batchesLost: shed });
    this.#schedule(5_000);
  }

  #lose(index: number, places: number, rows: number, fromMs: number, toMs: number, reason: LossReason): void {
    const loss = this.#pendingLoss[index];
    if (loss === null || loss === undefined) {
      this.#pendingLoss[index] = { places, rows, fromMs, toMs, reason };
      return;
    }
    loss.places += places;
    loss.rows += rows;
    loss.fromMs = Math.min(loss.fromMs, fromMs);
    loss.toMs = Math.max(loss.toMs, toMs);
  }

  /** The hub forgot what it had told us was stored (set back itself): say that nobody holds it any more. */
  #fillHole(index: number, upTo: number): void {
    this.#guarded(undefined, () => {
      const first = this.#file.statements.read.get(toId(index, upTo), toId(index + 1, 0), 1);
      const firstHeld = first === undefined ? this.#next[index]! : Number(first.from_seq);
      if (firstHeld <= upTo + 1) return;
      const nowMs = this.#options.nowMs();
      this.#file.statements.insert.run(
        toId(index, firstHeld - 1),
        upTo + 1,
        priorities.finding,
        ROW_OVERHEAD_BYTES,
        0,
        nowMs,
        nowMs,
        'tombstone',
        'tombstone/1',
        'corrupt',
        null,
      );
      this.#held.bytes += ROW_OVERHEAD_BYTES;
      this.#held.batches++;
      this.#receiptTo[index] = upTo;
      this.#held.receiptsDone[index] = upTo;
    });
  }

  #renumber(index: number): number {
    let seq = 1;
    for (const row of this.#file.statements.ids.all(toId(index, 0), toId(index + 1, 0))) {
      this.#file.statements.renumber.run(toId(index, seq), seq, Number(row.id));
      seq++;
    }
    return seq;
  }

  #reservePublished(index: number, seq: number): void {
    const upTo = seq + PUBLISH_RESERVE;
    this.#file.statements.setMeta.run(`published-${index}`, upTo);
    this.#publishedUpTo[index] = upTo;
  }

  #open(): SpoolFile {
    const { path, limitBytes, nowMs, maxFileBytes = limitBytes * 1.25 + 4 * MAX_PENDING_BYTES } = this.#options;
    const openFile = () =>
      openSpoolFile(path, {
        nowMs: nowMs(),
        maxPages: Math.ceil(maxFileBytes / PAGE_BYTES),
        journalBytes: this.#reserve.bytes,
      });
    try {
      try {
        return openFile();
      } catch (error) {
        if (!isDiskFull(error) || !this.#reserve.isHeld) throw error;
        this.#reserve.release();
        return openFile();
      }
    } catch (error) {
      throw new AgentError(
        'SPOOL_UNUSABLE',
        `cannot open ${path}`,
        'check that the data folder is writable and has space',
        {
          cause: error,
        },
      );
    }
  }

  #load(): void {
    const { getMeta } = this.#file.statements;
    const number = (key: string, otherwise: number) => Number(getMeta.get(key)?.value ?? otherwise);
    this.#epoch = String(getMeta.get('epoch')?.value);
    this.#next = [number('next-0', 1), number('next-1', 1)];
    this.#nextAtOpen = [...this.#next];
    this.#handedOutTo = this.#next.map((seq) => seq - 1);
    this.#publishedUpTo = [number('published-0', 0), number('published-1', 0)];
    this.#receiptTo = [0, 0];
    this.#held.receiptsDone = [0, 0];
    this.#previousSpooledAtUnixMs = number('spooled-at', 0) || null;
    const loss: unknown = JSON.parse(String(getMeta.get('loss')?.value ?? '{}'));
    this.#loss = new Map(Object.entries(loss ?? {}).map(([reason, rows]) => [reason, Number(rows)]));
    this.#measure();
  }

  #measure(): void {
    const sums = [0, 1].map((index) => this.#file.statements.sumRange.get(toId(index, 0), toId(index + 1, 0) - 1));
    this.#held.bytes = sums.reduce((total, row) => total + Number(row?.bytes), 0);
    this.#held.batches = sums.reduce((total, row) => total + Number(row?.batches), 0);
    this.#held.rows = sums.map((row) => Number(row?.rows));
  }

  /** Found damaged at work: a new file, a new epoch, and a tombstone for what was held. */
  #beginAnew(): void {
    const rowsLost = [...this.#held.rows];
    const { path, nowMs } = this.#options;
    try {
      this.#file.database.close();
    } catch (error) {
      this.#options.log.warn('SPOOL_CLOSE', String(error));
    }
    const target = `${path}.corrupt-${nowMs()}`;
    putAside(path, target);
    this.#file = { ...this.#open(), setAside: { path: target, modifiedUnixMs: nowMs() } };
    this.#load();
    this.#reportSetAside(rowsLost);
  }

  #reportSetAside(rowsLost: readonly number[] = [0, 0]): void {
    const { setAside } = this.#file;
    if (setAside === null) return;
    this.#options.log.error('SPOOL_CORRUPT', 'the spool was damaged and put aside', {
      path: setAside.path,
      rowsLost: rowsLost[0]! + rowsLost[1]!,
    });
    const nowMs = this.#options.nowMs();
    for (const [index, rows] of rowsLost.entries()) {
      this.#lose(index, 1, rows, Math.min(setAside.modifiedUnixMs, nowMs), nowMs, 'corrupt');
    }
    this.#schedule(0);
  }

  #guarded<T>(otherwise: T, work: () => T): T {
    try {
      return this.#onFullDisk(work);
    } catch (error) {
      if (isCorrupt(error)) this.#beginAnew();
      else if (!isDiskFull(error)) throw error;
      return otherwise;
    }
  }

  /** All or nothing, on disk and in what is counted here. */
  #transaction<T>(work: () => T): T {
    const { database } = this.#file;
    const before = { held: copyOf(this.#held), next: [...this.#next], loss: new Map(this.#loss) };
    try {
      database.exec('BEGIN IMMEDIATE');
      const result = work();
      database.exec('COMMIT');
      return result;
    } catch (error) {
      this.#held = before.held;
      this.#next = before.next;
      this.#loss = before.loss;
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  }

  #countLoss(reason: LossReason, rows: number): void {
    this.#loss.set(reason, (this.#loss.get(reason) ?? 0) + rows);
  }

  #writeLoss(): void {
    this.#file.statements.setMeta.run('loss', JSON.stringify(Object.fromEntries(this.#loss)));
  }

  /** Commits in `delayMs` at the latest. */
  #schedule(delayMs: number): void {
    const dueMs = performance.now() + delayMs;
    if (this.#timer !== null && this.#timerDueMs <= dueMs) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timerDueMs = dueMs;
    this.#timer = setTimeout(() => this.flush(), delayMs);
  }
}

const emptyHeld = (): Held => ({ bytes: 0, batches: 0, rows: [0, 0], receiptsDone: [0, 0] });
const copyOf = (held: Held): Held => ({ ...held, rows: [...held.rows], receiptsDone: [...held.receiptsDone] });

function isWithinLimits(item: SpoolItem): boolean {
  if (item.rows > MAX_BATCH_ROWS) return false;
  return item.payload.length <= (item.class === 'event' ? MAX_EVENT_BYTES : MAX_BATCH_COMPRESSED_BYTES);
}

function tombstoneItem(name: DeliveryClass, loss: PendingLoss): Omit<SpoolItem, 'payload'> {
  return {
    class: name,
    kind: 'tombstone',
    schema: 'tombstone/1',
    priority: priorities.finding,
    rows: loss.rows,
    fromUnixMs: loss.fromMs,
    toUnixMs: loss.toMs,
  };
}
