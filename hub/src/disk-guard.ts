import { statfs } from 'node:fs/promises';
import { errorText } from './errors.ts';
import type { Log } from './log.ts';

/** `low`: old data is dropped. `critical`: new data is refused as well, and waits in the agents' spools. */
export type DiskLevel = 'ok' | 'low' | 'critical';

export interface DiskSpace {
  readonly freeBytes: number;
  readonly totalBytes: number;
}

export interface DiskStatus extends DiskSpace {
  readonly guard: DiskLevel;
}

const GIB = 1024 ** 3;
/** The smaller of a share and a size: a small disk is usable to its last tenth, a large one does not keep terabytes free. */
const LOW = { share: 0.1, bytes: 4 * GIB };
const CRITICAL = { share: 0.03, bytes: GIB };
/** A level is left only with this much more free than it takes to enter it, so that it does not flap. */
const RECOVERY_FACTOR = 1.25;
/** Partitions dropped in one check at most: the next check sees what it gave. */
const MAX_DROPS_A_CHECK = 4;

/** The level that follows from the one before and the space there is. */
export function nextDiskLevel(previous: DiskLevel, { freeBytes, totalBytes }: DiskSpace): DiskLevel {
  const bound = (limit: typeof LOW, isInside: boolean) =>
    Math.min(limit.bytes, limit.share * totalBytes) * (isInside ? RECOVERY_FACTOR : 1);
  if (freeBytes < bound(CRITICAL, previous === 'critical')) return 'critical';
  return freeBytes < bound(LOW, previous !== 'ok') ? 'low' : 'ok';
}

export interface DiskGuardOptions {
  readonly folder: string;
  readonly everyMs: number;
  /** Drops the oldest that may go; false when nothing is left to drop. */
  readonly shrink: () => Promise<boolean>;
  /** Told of each change once the level lasts; a rejection is logged, and it is told again at the next look. */
  readonly onLevel: (level: DiskLevel) => Promise<void> | void;
  readonly log: Log;
  readonly readSpace?: (folder: string) => Promise<DiskSpace>;
}

export interface DiskGuard extends AsyncDisposable {
  status(): DiskStatus;
  /** Looks now; the guard's own timer does the same. */
  check(): Promise<void>;
}

/** Watches the free space of the data folder. The first look is done when this resolves. */
export async function startDiskGuard(options: DiskGuardOptions): Promise<DiskGuard> {
  const { folder, log, readSpace = readDiskSpace } = options;
  let status: DiskStatus = { freeBytes: 0, totalBytes: 0, guard: 'ok' };
  /** What `onLevel` was last told with success. */
  let told: DiskLevel = 'ok';
  let running: Promise<void> | null = null;

  async function look(): Promise<void> {
    const space = await readSpace(folder);
    const guard = nextDiskLevel(status.guard, space);
    const isChanged = guard !== status.guard;
    status = { ...space, guard };
    if (!isChanged) return;
    const fields = { guard, freeBytes: space.freeBytes, totalBytes: space.totalBytes };
    if (guard === 'ok') log.info('DISK_OK', 'there is room on the disk again', fields);
    else log.warn('DISK_LOW', 'the disk is nearly full', fields);
  }

  async function shrink(): Promise<void> {
    for (let drops = 0; drops < MAX_DROPS_A_CHECK && status.guard !== 'ok'; drops++) {
      if (!(await options.shrink())) return;
      await look();
    }
  }

  /** Telling may need the disk itself (a stream's settings are a file), so it is repeated until it succeeds. */
  async function tell(): Promise<void> {
    const level = status.guard;
    if (told === level) return;
    await options.onLevel(level);
    told = level;
  }

  /** Each step on its own: a full disk that lets one fail must not keep the others from mending it. */
  async function lookShrinkAndTell(): Promise<void> {
    for (const step of [look, tell, shrink, tell]) {
      await step().catch((thrown: unknown) => log.error('DISK_CHECK_FAILED', errorText(thrown)));
    }
  }

  function check(): Promise<void> {
    running ??= lookShrinkAndTell().finally(() => {
      running = null;
    });
    return running;
  }

  await check();
  const timer = setInterval(check, options.everyMs);
  return {
    status: () => status,
    check,
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await running;
    },
  };
}

async function readDiskSpace(folder: string): Promise<DiskSpace> {
  const { bavail, blocks, bsize } = await statfs(folder);
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
}
