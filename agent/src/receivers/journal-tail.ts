import { type ChildProcess, spawn } from 'node:child_process';
import { z } from 'zod';
import type { Host } from '../collectors/host.ts';
import type { Refusals } from '../refusals.ts';
import { LineSplitter } from './line-splitter.ts';
import type { LogLine, LogSink, PositionStore } from './log-line.ts';
import { defineReceiver, type Receiver } from './receiver.ts';
import { severityOf, severityOfPriority } from './severity.ts';

export const journalConfig = z.strictObject({
  mode: z
    .enum(['auto', 'on', 'off'])
    .default('auto')
    .describe('auto: only where journald runs and no syslog file repeats it'),
  program: z.string().default('journalctl').describe('found on PATH, or an absolute path'),
  directory: z.string().nullable().default(null).describe("a journal's folder instead of the host's own"),
  maxEntryBytes: z
    .int()
    .min(1024)
    .default(256 * 1024)
    .describe('a larger entry is passed over and counted'),
});
export type JournalConfig = z.output<typeof journalConfig>;

/** Entries, and characters of them, that wait for the sink; beyond, the pipe is not read, so that journalctl waits. */
const QUEUE_LIMIT = 5_000;
const QUEUE_LENGTH_LIMIT = 4 * 1024 * 1024;
const BACKOFF_MS = [0, 1_000, 5_000, 30_000, 60_000] as const;
const POSITION_KEY = 'journal';

/** The systemd journal. */
export const journalReceiver = defineReceiver({
  name: 'journal',
  config: journalConfig,
  async start({ host, ...parts }, config) {
    if (!(await journalApplies(host, config))) return null;
    const machineId = /^[0-9a-f]{32}$/m.exec((await host.tryReadText('/etc/machine-id')) ?? '')?.[0] ?? null;
    return createJournalTail(config, {
      ...parts,
      nowMs: host.nowMs,
      machineId,
      mayRead: () => host.mayRead('journal:'),
    });
  },
});

/** Whether there is a journal to read here and nothing else repeats it. */
export async function journalApplies(host: Host, { mode, directory }: JournalConfig): Promise<boolean> {
  if (mode !== 'auto') return mode === 'on';
  if (directory !== null) return true;
  if ((await host.list('/run/systemd/journal')).length === 0) return false;
  for (const path of ['/var/log/syslog', '/var/log/messages']) {
    if (
      await host.readBytes(path, 1).then(
        () => true,
        () => false,
      )
    )
      return false;
  }
  return true;
}

export interface JournalParts {
  readonly sink: LogSink;
  readonly positions: PositionStore;
  readonly refusals: Refusals;
  readonly nowMs: () => number;
  /** Of /etc/machine-id; `null` where there is none. */
  readonly machineId: string | null;
  /** What the floor of this host says, asked with every poll. */
  readonly mayRead: () => boolean;
}

interface Entry {
  readonly line: LogLine | null;
  readonly cursor: string;
}

/**
 * Follows the systemd journal through `journalctl -f -o json`, from the cursor that was reached before; starts journalctl
 * again after it ended, later each time.
 */
export function createJournalTail(
  config: JournalConfig,
  { sink, positions, refusals, nowMs, machineId, mayRead }: JournalParts,
): Receiver {
  let child: ChildProcess | null = null;
  let failures = 0;
  let startAtMs = Number.NEGATIVE_INFINITY;
  let isClosed = false;
  let isBarred = false;
  const queue: Entry[] = [];
  let queuedLength = 0;
  const isFull = () => queue.length >= QUEUE_LIMIT || queuedLength >= QUEUE_LENGTH_LIMIT;

  function start(): void {
    const started = spawn(config.program, journalArguments(config, positions.load(POSITION_KEY), machineId), {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    child = started;
    const splitter = new LineSplitter(config.maxEntryBytes, 'utf-8', refusals);
    started.stdout?.on('data', (chunk: Buffer) => {
      for (const { text } of splitter.push(chunk)) {
        const entry = text === null ? null : parseEntry(text, nowMs(), refusals);
        if (entry === null) continue;
        queue.push(entry);
        queuedLength += entry.line?.text.length ?? 0;
      }
      if (queue.length > 0) failures = 0;
      if (isFull()) started.stdout?.pause();
    });
    const ended = () => {
      if (child !== started) return;
      child = null;
      startAtMs = nowMs() + (BACKOFF_MS[Math.min(failures, BACKOFF_MS.length - 1)] ?? 0);
      failures++;
      if (!isClosed) refusals.count('journal-ended');
    };
    started.once('error', ended);
    started.once('exit', ended);
  }

  function handOver(): void {
    let done = 0;
    let cursor: string | null = null;
    for (const entry of queue) {
      if (entry.line !== null && !sink.accept(entry.line)) break;
      cursor = entry.cursor;
      queuedLength -= entry.line?.text.length ?? 0;
      done++;
    }
    queue.splice(0, done);
    if (cursor !== null) positions.save(POSITION_KEY, cursor);
    if (!isFull()) child?.stdout?.resume();
  }

  /** What waits is forgotten, not read on: its cursor is not saved, so that it comes again when it may. */
  function bar(): void {
    if (!isBarred) refusals.count('barred-by-floor');
    isBarred = true;
    queue.length = 0;
    queuedLength = 0;
    const ending = child;
    child = null;
    ending?.kill('SIGTERM');
  }

  return {
    poll() {
      if (!mayRead()) {
        bar();
        return;
      }
      isBarred = false;
      handOver();
      // What is queued has no cursor saved yet, so a new journalctl would give it again.
      if (child === null && !isClosed && queue.length === 0 && nowMs() >= startAtMs) start();
    },
    sources: () => (child === null ? [] : ['journal']),
    async [Symbol.asyncDispose]() {
      isClosed = true;
      const ending = child;
      if (ending === null || ending.exitCode !== null) return;
      const ended = new Promise((resolve) => ending.once('exit', resolve));
      ending.kill('SIGTERM');
      await ended;
    },
  };
}

/** `--merge` because following alone shows the running boot only: what came before a reboot would be lost. */
function journalArguments({ directory }: JournalConfig, cursor: string | null, machineId: string | null): string[] {
  const fields = 'MESSAGE,PRIORITY,_SYSTEMD_UNIT,SYSLOG_IDENTIFIER';
  return [
    '--follow',
    '--merge',
    '--output=json',
    `--output-fields=${fields}`,
    '--no-pager',
    '--quiet',
    ...(directory === null ? [] : [`--directory=${directory}`]),
    ...(cursor === null ? ['--lines=0'] : [`--after-cursor=${cursor}`, '--lines=all']),
    // Merging also shows journals that other hosts sent here.
    ...(directory === null && machineId !== null ? [`_MACHINE_ID=${machineId}`] : []),
  ];
}

const entrySchema = z.object({
  __CURSOR: z.string(),
  __REALTIME_TIMESTAMP: z.string().optional(),
  /** Bytes where it is not UTF-8, null where it is too large, several where the field was given twice. */
  MESSAGE: z.union([z.string(), z.array(z.number()), z.array(z.string()), z.null()]).optional(),
  PRIORITY: z.union([z.string(), z.array(z.string())]).optional(),
  _SYSTEMD_UNIT: z.union([z.string(), z.array(z.string())]).optional(),
  SYSLOG_IDENTIFIER: z.union([z.string(), z.array(z.string())]).optional(),
});

function parseEntry(text: string, nowMs: number, refusals: Refusals): Entry | null {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = null;
  }
  const parsed = entrySchema.safeParse(json);
  if (!parsed.success) {
    refusals.count('journal-entry-malformed');
    return null;
  }
  const entry = parsed.data;
  const message = messageText(entry.MESSAGE ?? null, refusals);
  if (message === '') return { line: null, cursor: entry.__CURSOR };
  const priority = Number(first(entry.PRIORITY) ?? Number.NaN);
  const micros = Number(entry.__REALTIME_TIMESTAMP ?? Number.NaN);
  const unit = first(entry._SYSTEMD_UNIT) ?? first(entry.SYSLOG_IDENTIFIER) ?? 'unknown';
  return {
    cursor: entry.__CURSOR,
    line: {
      // Units of sessions and transient services carry numbers: one name for all of them.
      source: `journal:${unit.replace(/\d{2,}/g, '#').slice(0, 100)}`,
      timeUnixMs: Number.isFinite(micros) ? Math.floor(micros / 1000) : nowMs,
      severity: Number.isFinite(priority) ? severityOfPriority(priority) : severityOf(message),
      text: message,
    },
  };
}

const first = (value: string | readonly string[] | undefined) => (typeof value === 'string' ? value : value?.[0]);

function messageText(message: string | readonly (string | number)[] | null, refusals: Refusals): string {
  if (message === null) {
    refusals.count('line-too-long');
    return '';
  }
  if (typeof message === 'string') return message;
  if (typeof message[0] === 'string') return message.join('\n');
  refusals.count('invalid-encoding');
  return Buffer.from(message.map(Number)).toString('utf8');
}
