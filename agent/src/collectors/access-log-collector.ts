import { entityId } from '@airis/protocol';
import { z } from 'zod';
import { apacheCombinedFormat } from '../discover/apache-facts.ts';
import { combinedFormat } from '../discover/nginx-facts.ts';
import type { FileTail } from '../receivers/file-tail.ts';
import { TransactionColumns } from '../transactions/transaction-columns.ts';
import { type LoggedTransaction, readJsonLine } from './access-line.ts';
import { compileAccessLog } from './access-log.ts';
import { compileApacheLog } from './apache-log.ts';
import { CallStats, callMetrics, type PeerKind } from './call-stats.ts';
import { defineCollector } from './collector.ts';
import { accessLogBuffer, followAccessLog } from './follow-access-log.ts';
import { noteTransaction } from './note-transaction.ts';
import { RequestStats, requestMetrics } from './request-stats.ts';
import { readTomcatLine, type TomcatTime } from './tomcat-access-line.ts';

interface FileFormat {
  readonly format: 'json' | 'tomcat' | 'nginx' | 'apache';
  readonly logFormat?: string | undefined;
  readonly timeUnit: TomcatTime;
}
type ReadLine = (line: string) => LoggedTransaction | null;

/** `null` for a format that does not say the status. */
function readerOf({ format, logFormat, timeUnit }: FileFormat): ReadLine | null {
  if (format === 'json') return readJsonLine;
  if (format === 'tomcat') return (line) => readTomcatLine(line, timeUnit);
  if (format === 'apache') return compileApacheLog(logFormat ?? apacheCombinedFormat);
  return compileAccessLog(logFormat ?? combinedFormat);
}

const fileConfig = z
  .strictObject({
    path: z.string().min(1).max(1_024),
    format: z
      .enum(['json', 'tomcat', 'nginx', 'apache'])
      .default('json')
      .describe('one JSON object a line, Tomcat common or combined, a log_format of nginx, or a LogFormat of Apache'),
    logFormat: z
      .string()
      .max(4_096)
      .optional()
      .describe('text of log_format or LogFormat without its quotes; combined where it is absent'),
    timeUnit: z.enum(['us', 'ms', 's']).default('us').describe('of the number after a Tomcat line: %D, %{ms}T, %T'),
    service: entityId.optional().describe('what answers here; by default what the agent speaks for'),
    peerKind: z.enum(['http', 'database']).default('http').describe('what stands behind the peers of this log'),
  })
  .refine((file) => readerOf(file) !== null, { path: ['logFormat'], error: 'must contain $status, or %>s for Apache' });

const config = z.strictObject({
  files: z
    .array(fileConfig)
    .max(16)
    .default([])
    .describe('access logs of the service that is watched; logs of nginx that stand here are read by nobody else'),
});

/** The logs that are followed with such settings, for whoever finds logs by itself. */
export const accessLogPaths = (settings: unknown): string[] =>
  config.parse(settings ?? {}).files.map(({ path }) => path);

interface State {
  readonly stats: RequestStats;
  readonly transactions: TransactionColumns;
  readonly tails: readonly FileTail[];
  /** By kind of peer, over all logs: two logs may have the same peer. */
  readonly calls: Readonly<Record<PeerKind, CallStats>>;
  /** The host's, from the first reading on. */
  /** Of the machine that is read: known with the first reading. */
  readonly machine: { nowMs: () => number; mayRead: (path: string) => boolean };
}

/** Requests that a service has answered and the calls it made for them, from its access logs; followed from their ends. */
export const accessLogCollector = defineCollector({
  name: 'access-log',
  watches: 'both',
  config,
  emits: { ...requestMetrics, ...callMetrics },
  state: ({ files }): State => {
    const stats = new RequestStats();
    const transactions = new TransactionColumns();
    const machine: State['machine'] = { nowMs: Date.now, mayRead: () => false };
    const buffer = accessLogBuffer();
    const calls = { http: new CallStats('http'), database: new CallStats('database') };
    const tails = files.map((file) => {
      const read = readerOf(file) ?? (() => null);
      return followAccessLog({
        path: file.path,
        onLine: (line) => {
          const request = read(line);
          const route = stats.add(request);
          if (request === null) return;
          calls[file.peerKind].add(request);
          noteTransaction(transactions, request, route, file.service ?? '', machine.nowMs());
        },
        buffer,
        nowMs: () => machine.nowMs(),
        mayRead: (path) => machine.mayRead(path),
      });
    });
    return { stats, transactions, tails, calls, machine };
  },
  applies: async (_host, { files }) => files.length > 0,
  async collect(host, _config, out, { tails, stats, calls, machine }) {
    machine.nowMs = host.nowMs;
    machine.mayRead = host.mayRead;
    for (const tail of tails) await tail.poll();
    if (!tails.some((tail) => tail.isOpen)) return;
    stats.write(out);
    for (const one of [calls.http, calls.database]) one.write(out);
  },
  context: ({ calls }) => ({ calls: [...calls.http.calls(), ...calls.database.calls()] }),
  transactions: (state) => state.transactions,
  async close({ tails }) {
    for (const tail of tails) await tail.close();
  },
});
