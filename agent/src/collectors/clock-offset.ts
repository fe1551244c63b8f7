import { z } from 'zod';
import { defineCollector, stateless } from './collector.ts';
import type { Host } from './host.ts';
import { fieldsOf, wholeLines } from './proc-text.ts';

const config = z.strictObject({
  chronyTracking: z
    .string()
    .min(1)
    .max(1_024)
    .default('/var/log/chrony/tracking.log')
    .describe('written by chronyd with `log tracking`'),
  ntpLoopstats: z
    .string()
    .min(1)
    .max(1_024)
    .default('/var/log/ntpsec/loopstats')
    .describe('written by ntpd with `statistics loopstats`; older packages: /var/log/ntpstats/loopstats'),
});
type Paths = z.output<typeof config>;

/** An entry that is older says nothing of now: daemons write one at every poll, at most 1,024 s apart. */
const OLDEST_MS = 3_000_000;
const MAX_LOG_BYTES = 4 * 1024 * 1024;
const TIMESYNC = '/run/systemd/timesync';
const DAY_MS = 86_400_000;
/** 17 November 1858, from which modified Julian days count. */
const MJD_EPOCH_MS = -40_587 * DAY_MS;

export interface ClockReading {
  readonly atUnixMs: number;
  /** > 0: this host is ahead of true time. */
  readonly offsetSeconds: number;
}

/**
 * How far the host's clock is off, as its time daemon measured it. Only what a daemon leaves in files can be known: the
 * kernel tells its own estimate to a system call, in no file; chronyd and ntpd write their offset when told to log;
 * systemd-timesyncd leaves only a mark that it has set the clock once since boot.
 */
export const clockOffsetCollector = defineCollector({
  name: 'clock-offset',
  config,
  everyMs: 60_000,
  emits: {
    'airis.clock.offset': {
      unit: 's',
      kind: 'gauge',
      about:
        'last measured offset; above 0: this host is ahead. Nothing where no daemon logs it, or not for 50 minutes',
    },
    'airis.clock.synchronized': {
      unit: '1',
      kind: 'gauge',
      about: '1 once systemd-timesyncd has set the clock since boot, 0 before; nothing where it does not run',
    },
  },
  state: stateless,
  applies: async (host, paths) => (await isTimesyncThere(host)) || (await newestReading(host, paths)) !== null,
  async collect(host, paths, out) {
    const reading = await newestReading(host, paths);
    if (reading !== null && Math.abs(host.nowMs() - reading.atUnixMs) <= OLDEST_MS) {
      out.write('airis.clock.offset', reading.offsetSeconds);
    }
    const marks = await host.list(TIMESYNC);
    if (await isTimesyncThere(host)) out.write('airis.clock.synchronized', marks.includes('synchronized') ? 1 : 0);
  },
});

const isTimesyncThere = async (host: Host) => (await host.list('/run/systemd')).includes('timesync');

async function newestReading(host: Host, { chronyTracking, ntpLoopstats }: Paths): Promise<ClockReading | null> {
  const readings = [
    chronyReading((await lastLine(host, chronyTracking)) ?? ''),
    loopstatsReading((await lastLine(host, ntpLoopstats)) ?? ''),
  ].filter((reading) => reading !== null);
  return readings.sort((a, b) => b.atUnixMs - a.atUnixMs)[0] ?? null;
}

/** Logs are rotated by the day or week; of one that is not, the newest entry lies beyond what is read, and is too old. */
async function lastLine(host: Host, path: string): Promise<string | null> {
  try {
    const text = Buffer.from(await host.readBytes(path, MAX_LOG_BYTES)).toString('latin1');
    return wholeLines(text).findLast((line) => /^\d/.test(line.trimStart())) ?? null;
  } catch {
    // Not there, or not to be read by this user: the daemon does not log, which is no failure.
    return null;
  }
}

/** `2026-11-23 05:00:00 203.0.113.1 3 -12.3 0.01 -4.5e-05 N …`: the 7th field is by how many seconds the clock is ahead. */
export function chronyReading(line: string): ClockReading | null {
  const [date = '', time = '', , , , , offset = '', leap = '?'] = fieldsOf(line);
  // Not synchronised to anything: the entry says 0.
  if (leap === '?') return null;
  const atUnixMs = Date.parse(`${date}T${time}Z`);
  return readingOf(atUnixMs, offset, 1);
}

/** `60999 18000.123 -0.000045 -12.3 …`: modified Julian day, second of the day, by how many seconds the clock is behind. */
export function loopstatsReading(line: string): ClockReading | null {
  const [day = '', second = '', offset = ''] = fieldsOf(line);
  if (!/^\d{5}$/.test(day)) return null;
  return readingOf(MJD_EPOCH_MS + Number(day) * DAY_MS + Number.parseFloat(second) * 1_000, offset, -1);
}

function readingOf(atUnixMs: number, offset: string, sign: 1 | -1): ClockReading | null {
  if (!Number.isFinite(atUnixMs) || !/^[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?$/i.test(offset)) return null;
  return { atUnixMs: Math.round(atUnixMs), offsetSeconds: sign * Number(offset) };
}
