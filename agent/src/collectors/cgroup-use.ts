import type { CgroupRoots } from './cgroup-tree.ts';
import type { Host } from './host.ts';
import { parseNamedNumbers, wholeLines } from './proc-text.ts';

/** What a cgroup uses and may use; `null` where its controller is off or there is no limit. */
export interface CgroupUse {
  readonly cpuSeconds: number | null;
  readonly cpuLimit: number | null;
  readonly periods: number | null;
  readonly throttledPeriods: number | null;
  readonly throttledSeconds: number | null;
  readonly memoryBytes: number | null;
  /** Without the file cache that can be given back at once. */
  readonly workingSetBytes: number | null;
  readonly memoryLimitBytes: number | null;
  readonly oomKills: number | null;
  readonly readBytes: number | null;
  readonly writtenBytes: number | null;
  readonly threads: number | null;
  readonly threadLimit: number | null;
}

/** v1 says "no limit" as the largest number of whole pages. */
const UNLIMITED_V1 = 2 ** 62;

export async function readCgroup(host: Host, roots: CgroupRoots, directory: string): Promise<CgroupUse> {
  const text = async (root: string, file: string) => (await host.tryReadText(`${root}${directory}/${file}`)) ?? '';
  return roots.version === 2 ? readV2(roots, text) : readV1(roots, text);
}

type ReadFile = (root: string, file: string) => Promise<string>;

async function readV2(roots: CgroupRoots, text: ReadFile): Promise<CgroupUse> {
  const cpu = parseNamedNumbers(await text(roots.cpu, 'cpu.stat'));
  const [quota, period] = (await text(roots.cpu, 'cpu.max')).split(/\s/).map(Number);
  const memoryBytes = wholeNumber(await text(roots.memory, 'memory.current'));
  const memory = parseNamedNumbers(await text(roots.memory, 'memory.stat'));
  const io = ioV2(await text(roots.io, 'io.stat'));
  return {
    cpuSeconds: scaled(cpu.get('usage_usec'), 1e6),
    cpuLimit: cpusOf(quota, period),
    periods: cpu.get('nr_periods') ?? null,
    throttledPeriods: cpu.get('nr_throttled') ?? null,
    throttledSeconds: scaled(cpu.get('throttled_usec'), 1e6),
    memoryBytes,
    workingSetBytes: workingSet(memoryBytes, memory.get('inactive_file')),
    memoryLimitBytes: wholeNumber(await text(roots.memory, 'memory.max')),
    oomKills: parseNamedNumbers(await text(roots.memory, 'memory.events')).get('oom_kill') ?? null,
    ...io,
    threads: wholeNumber(await text(roots.pids, 'pids.current')),
    threadLimit: wholeNumber(await text(roots.pids, 'pids.max')),
  };
}

async function readV1(roots: CgroupRoots, text: ReadFile): Promise<CgroupUse> {
  const cpu = parseNamedNumbers(await text(roots.cpu, 'cpu.stat'));
  const quota = signedNumber(await text(roots.cpu, 'cpu.cfs_quota_us'));
  const period = wholeNumber(await text(roots.cpu, 'cpu.cfs_period_us'));
  const memoryBytes = wholeNumber(await text(roots.memory, 'memory.usage_in_bytes'));
  const memory = parseNamedNumbers(await text(roots.memory, 'memory.stat'));
  const limit = wholeNumber(await text(roots.memory, 'memory.limit_in_bytes'));
  return {
    cpuSeconds: scaled(wholeNumber(await text(roots.cpuTime, 'cpuacct.usage')) ?? undefined, 1e9),
    cpuLimit: cpusOf(quota ?? undefined, period ?? undefined),
    periods: cpu.get('nr_periods') ?? null,
    throttledPeriods: cpu.get('nr_throttled') ?? null,
    throttledSeconds: scaled(cpu.get('throttled_time'), 1e9),
    memoryBytes,
    workingSetBytes: workingSet(memoryBytes, memory.get('total_inactive_file')),
    memoryLimitBytes: limit !== null && limit < UNLIMITED_V1 ? limit : null,
    oomKills: parseNamedNumbers(await text(roots.memory, 'memory.oom_control')).get('oom_kill') ?? null,
    ...ioV1(await text(roots.io, 'blkio.throttle.io_service_bytes')),
    threads: wholeNumber(await text(roots.pids, 'pids.current')),
    threadLimit: wholeNumber(await text(roots.pids, 'pids.max')),
  };
}

type Io = Pick<CgroupUse, 'readBytes' | 'writtenBytes'>;

/** `8:0 rbytes=1 wbytes=2 rios=…`, a line for each device. */
function ioV2(text: string): Io {
  if (text === '') return { readBytes: null, writtenBytes: null };
  const sum = { readBytes: 0, writtenBytes: 0 };
  for (const line of wholeLines(text)) {
    sum.readBytes += Number(/ rbytes=(\d+)(?: |$)/.exec(line)?.[1] ?? 0);
    sum.writtenBytes += Number(/ wbytes=(\d+)(?: |$)/.exec(line)?.[1] ?? 0);
  }
  return sum;
}

/** `8:0 Read 1`, `8:0 Write 2`, …, and a last line with the total. */
function ioV1(text: string): Io {
  if (text === '') return { readBytes: null, writtenBytes: null };
  const sum = { readBytes: 0, writtenBytes: 0 };
  for (const line of wholeLines(text)) {
    const match = /^\d+:\d+ (Read|Write) (\d+)$/.exec(line);
    if (match?.[1] === 'Read') sum.readBytes += Number(match[2]);
    else if (match !== null) sum.writtenBytes += Number(match[2]);
  }
  return sum;
}

const scaled = (value: number | undefined, by: number) => (value === undefined ? null : value / by);
const wholeNumber = (text: string) => (/^\d+\n$/.test(text) ? Number(text) : null);
const signedNumber = (text: string) => (/^-?\d+\n$/.test(text) ? Number(text) : null);

function cpusOf(quota: number | undefined, period: number | undefined): number | null {
  if (quota === undefined || period === undefined) return null;
  return quota > 0 && period > 0 ? quota / period : null;
}

function workingSet(usage: number | null, inactiveFile: number | undefined): number | null {
  return usage === null || inactiveFile === undefined ? null : Math.max(0, usage - inactiveFile);
}
