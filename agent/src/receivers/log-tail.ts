import { z } from 'zod';
import { globFiles } from '../collectors/glob-files.ts';
import type { Host } from '../collectors/host.ts';
import type { Refusals } from '../refusals.ts';
import { FileTail } from './file-tail.ts';
import { timeOfLine } from './line-time.ts';
import type { LogSink, PositionStore } from './log-line.ts';
import { defineReceiver, type Receiver } from './receiver.ts';
import { severityOf } from './severity.ts';

const KiB = 1024;

export const logTailConfig = z.strictObject({
  files: z
    .array(
      z.strictObject({
        path: z.string().startsWith('/').max(500).describe('a file, or a pattern with * ? [ ]'),
        encoding: z
          .enum(['auto', 'utf-8', 'euc-kr', 'utf-16le', 'utf-16be'])
          .default('auto')
          .describe('auto: UTF-16 by its mark, UTF-8, else CP949 where the bytes are valid; euc-kr means CP949'),
        joinStackTraces: z.boolean().default(true).describe('indented lines belong to the line before'),
      }),
    )
    .max(100)
    .prefault([
      { path: '/var/log/syslog' },
      { path: '/var/log/messages' },
      { path: '/var/log/auth.log' },
      { path: '/var/log/nginx/*.log' },
      { path: '/var/log/apache2/error.log' },
      { path: '/var/log/httpd/error_log' },
    ]),
  maxLineBytes: z
    .int()
    .min(1 * KiB)
    .max(1024 * KiB)
    .default(64 * KiB)
    .describe('a longer line is passed over and counted as line-too-long'),
  rescanEveryMs: z.int().min(1_000).default(10_000).describe('how often patterns are looked up again'),
  fileLimit: z.int().min(1).max(1_000).default(200).describe('files followed at once; further ones are counted'),
  startAt: z
    .enum(['beginning', 'end'])
    .default('end')
    .describe('where to begin in files that are there at the very first start'),
});
export type LogTailConfig = z.output<typeof logTailConfig>;

export interface LogTailParts {
  readonly host: Pick<Host, 'list' | 'nowMs' | 'mayRead'>;
  readonly config: LogTailConfig;
  readonly sink: LogSink;
  readonly positions: PositionStore;
  readonly refusals: Refusals;
}

const READ_BYTES = 256 * KiB;

/** Log files of this machine, by path or pattern. */
export const filesReceiver = defineReceiver({
  name: 'files',
  config: logTailConfig,
  start: async (parts, config) => createLogTail({ ...parts, config }),
});

/** Follows all files that the patterns name, one after the other, with one buffer. */
export function createLogTail({ host, config, sink, positions, refusals }: LogTailParts): Receiver {
  const tails = new Map<string, FileTail>();
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  let scannedAtMs = Number.NEGATIVE_INFINITY;
  let isFirstScan = true;

  async function scan(): Promise<void> {
    const wanted = new Set<string>();
    for (const rule of config.files) {
      for (const path of await globFiles(host, rule.path)) {
        wanted.add(path);
        if (tails.has(path)) continue;
        if (tails.size >= config.fileLimit) {
          refusals.count('too-many-files');
          continue;
        }
        const deliver = (text: string) => {
          const nowMs = host.nowMs();
          return sink.accept({ source: path, timeUnixMs: timeOfLine(text, nowMs), severity: severityOf(text), text });
        };
        tails.set(
          path,
          new FileTail({
            path,
            encoding: rule.encoding,
            maxLineBytes: config.maxLineBytes,
            joinsStackTraces: rule.joinStackTraces,
            // A file that appears later is new as a whole.
            startAt: isFirstScan ? config.startAt : 'beginning',
            positions,
            refusals,
            deliver,
            buffer,
            nowMs: host.nowMs,
            mayRead: host.mayRead,
          }),
        );
      }
    }
    for (const [path, tail] of tails) if (!wanted.has(path) && !tail.isOpen) tails.delete(path);
    isFirstScan = false;
  }

  return {
    async poll() {
      const nowMs = host.nowMs();
      if (Math.abs(nowMs - scannedAtMs) >= config.rescanEveryMs) {
        scannedAtMs = nowMs;
        await scan();
      }
      for (const tail of tails.values()) {
        try {
          await tail.poll();
        } catch {
          // An error of the disk under one file must not keep the others from being read; it shows in the count.
          refusals.count('read-error');
        }
      }
    },
    sources: () => [...tails.values()].filter((tail) => tail.isOpen).map((tail) => tail.path),
    async [Symbol.asyncDispose]() {
      for (const tail of tails.values()) await tail.close();
      tails.clear();
    },
  };
}
