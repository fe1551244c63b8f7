import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createUserKey } from '@airis/protocol';
import { writeIdentity } from '../identity.ts';
import { silentLog } from '../log.ts';
import { diskSpace } from './disk-reserve.ts';
import { LocalStore } from './local-store.ts';
import { MINUTE_MS, MinuteBuffer } from './minute-buffer.ts';
import { PositionFile } from './position-file.ts';
import { SegmentStore } from './segment-store.ts';
import { Spool } from './spool.ts';
import { type HeldBatch, priorities, type SpoolItem } from './spool-item.ts';
import { TextFile } from './text-file.ts';

/**
 * `full-disk-under-test.ts FOLDER STORY`: runs on a small disk of its own, for `full-disk.contract.test.ts`, and prints
 * what became of everything as one line of JSON.
 */
const [folder = '', story = ''] = process.argv.slice(2);
const path = join(folder, 'spool.sqlite');
const filler = join(folder, 'filler');
const ROWS = 5;
let appended = 0;

const open = () => new Spool({ path, limitBytes: 256 * 2 ** 20, syncEveryMs: 50, nowMs: Date.now, log: silentLog });

function append(spool: Spool, count: number, bytes = 2_000): void {
  for (let done = 0; done < count; done++) {
    appended++;
    const isFinding = appended % 50 === 0;
    const payload = Buffer.alloc(isFinding ? 200 : bytes, appended % 251);
    const item: SpoolItem = {
      class: isFinding ? 'event' : 'data',
      kind: 'x',
      schema: 'x/1',
      priority: isFinding ? priorities.finding : priorities.summary,
      rows: ROWS,
      fromUnixMs: appended,
      toUnixMs: appended,
      payload,
    };
    spool.append(item);
    if (done % 3 === 0) spool.flush();
  }
  spool.flush();
}

/** Reads everything, as a hub that is back would, and gives receipts for it. */
function drain(spool: Spool): { whole: number; told: number; holes: number; findings: number } {
  const sum = { whole: 0, told: 0, holes: 0, findings: 0 };
  for (const name of ['event', 'data'] as const) {
    let after = spool.receiptedUpTo[name];
    for (;;) {
      const batches: HeldBatch[] = spool.next(name, after, 20);
      if (batches.length === 0) break;
      for (const batch of batches) {
        if (batch.from !== after + 1) sum.holes++;
        if (batch.isTombstone) sum.told += batch.rows;
        else sum.whole += batch.rows;
        if (name === 'event' && !batch.isTombstone) sum.findings++;
        after = batch.seq;
      }
      spool.receipt(name, after);
      spool.flush();
    }
    if (after !== spool.highest[name]) sum.holes++;
  }
  return sum;
}

/** Somebody else takes all that the disk has left. */
function fillDisk(): void {
  let size = diskSpace(path).freeBytes;
  for (; size > 0; size -= 4_096) {
    try {
      writeFileSync(filler, Buffer.alloc(size));
      return;
    } catch {
      rmSync(filler, { force: true });
    }
  }
}

async function until(what: string, limitMs: number, probe: () => boolean): Promise<void> {
  const endsAtMs = performance.now() + limitMs;
  while (!probe()) {
    if (performance.now() > endsAtMs) throw new Error(`in vain for ${what}`);
    await new Promise((done) => setTimeout(done, 100));
  }
}

const runAgent = (): ChildProcess =>
  spawn(
    process.execPath,
    ['--conditions=airis-source', join(import.meta.dirname, '../cli.ts'), 'run', '--dir', folder],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
const lives = (child: ChildProcess): boolean => child.exitCode === null && child.signalCode === null;

function hasStatusOf(child: ChildProcess): boolean {
  const file = join(folder, 'status.json');
  return existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).pid === child.pid;
}

const stories: Record<string, () => object | Promise<object>> = {
  /** The whole agent lives on a full disk, starts on one after kill -9. */
  agent: async () => {
    const shared = { jwt: '', caPem: null, certificatePem: null, roots: [], hubUrl: 'http://127.0.0.1' };
    const { seed } = createUserKey();
    writeIdentity(folder, { agent: 'full-1', seed, natsUrls: ['nats://127.0.0.1:1'], enrolledAtUnixMs: 1, ...shared });
    const first = runAgent();
    await until('the first status', 20_000, () => hasStatusOf(first));
    fillDisk();
    await new Promise((done) => setTimeout(done, 11_000));
    const didFirstLive = lives(first);
    const ended = new Promise((done) => first.once('exit', done));
    first.kill('SIGKILL');
    await ended;
    const second = runAgent();
    await new Promise((done) => setTimeout(done, 5_000));
    const didSecondLive = lives(second);
    second.kill('SIGKILL');
    return { didFirstLive, didSecondLive };
  },
  /** The spool alone fills its disk, is emptied, and fills it again. */
  own: () => {
    using spool = open();
    append(spool, 1_500);
    const first = drain(spool);
    append(spool, 10);
    const second = drain(spool);
    append(spool, 1_500);
    const third = drain(spool);
    return { appended, first, second, third, lost: spool.health().lossRowsByReason };
  },
  /** Killed when full: what is on disk is opened again, goes on, and can be emptied. */
  restart: () => {
    const before = open();
    append(before, 1_500);
    using spool = open();
    append(spool, 300);
    return { appended, first: drain(spool), lost: spool.health().lossRowsByReason };
  },
  /** Another program fills the disk: what is held can still be delivered, and new rows go on in place of old ones. */
  foreign: () => {
    using spool = open();
    append(spool, 100);
    fillDisk();
    append(spool, 300);
    const first = drain(spool);
    append(spool, 5);
    const second = drain(spool);
    rmSync(filler);
    append(spool, 20);
    return { appended, first, second, third: drain(spool), lost: spool.health().lossRowsByReason };
  },
  /** Lines, spans and dots: the newest are kept for the oldest, also where another program has filled the disk. */
  kept: () => {
    const refused: Record<string, number> = {};
    const openStore = () =>
      new SegmentStore({
        folder: join(folder, 'local'),
        limitBytes: () => 1e9,
        retentionMs: 48 * 3_600_000,
        nowMs: Date.now,
        log: silentLog,
        onRefused: (reason) => {
          refused[reason] = (refused[reason] ?? 0) + 1;
        },
      });
    let t = 0;
    const put = (store: SegmentStore, count: number): void => {
      for (let i = 0; i < count; i++, t++) {
        store.append('log', { fromUnixMs: t, toUnixMs: t, payload: randomBytes(64 * 1024) });
      }
    };
    const newest = (store: SegmentStore) => [...store.frames('log', 0, t)].at(-1)?.toUnixMs === t - 1;
    fillDisk();
    using before = openStore();
    put(before, 3);
    const refusedWhenFull = refused['local-store-not-written'];
    rmSync(filler);
    put(before, 300);
    const hasNewest = newest(before);
    fillDisk();
    put(before, 50);
    const hasNewestBeside = newest(before);
    using after = openStore();
    return { refusedWhenFull, hasNewest, hasNewestBeside, hasNewestAfter: newest(after), refused };
  },
  /** Everything else that the agent keeps on disk: nothing throws, and writing goes on when there is room. */
  others: () => {
    const refused: string[] = [];
    const refuse = (reason: string): void => void refused.push(reason);
    const nowMs = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
    const series = Array.from({ length: 200 }, (_, index) => ({
      index,
      id: BigInt(index + 1),
      identity: { metric: 'a', resource: {}, attributes: {}, unit: '1', kind: 'gauge' as const },
    }));
    using store = new LocalStore({
      path: join(folder, 'local.sqlite'),
      limitBytes: 1e9,
      retentionMs: 48 * 3_600_000,
      nowMs: () => nowMs,
      log: silentLog,
      onRefused: refuse,
    });
    const write = (minute: number): void => {
      const buffer = new MinuteBuffer();
      const noise = Float64Array.from({ length: series.length }, () => Math.random());
      for (let second = 0; second < 60; second++) {
        buffer.put(
          nowMs + minute * MINUTE_MS + second * 1_000,
          noise.map((value) => value * Math.random()),
          noise.length,
        );
      }
      const whole = buffer.peek();
      if (whole !== null) store.write(whole, series);
    };
    for (let minute = -60; minute < 0; minute++) write(minute);
    const hasNewest = [...store.minute(nowMs - MINUTE_MS)].length;
    fillDisk();
    const positions = new PositionFile(join(folder, 'positions.json'), silentLog, refuse);
    positions.save('a', 'b'.repeat(5_000));
    positions.persist();
    const wasSaved = new TextFile(join(folder, 'status.json'), silentLog, refuse).save('x'.repeat(5_000));
    rmSync(filler, { force: true });
    positions.persist();
    write(0);
    const again = new PositionFile(join(folder, 'positions.json'), silentLog, refuse).load('a')?.length;
    return {
      hasNewest,
      hasNext: [...store.minute(nowMs)].length,
      wasSaved,
      again,
      refused: [...new Set(refused)].sort(),
    };
  },
};

process.stdout.write(`${JSON.stringify(await stories[story]?.())}\n`);
