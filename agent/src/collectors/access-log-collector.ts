import { entityId } from '@airis/protocol';
import { z } from 'zod';
import { FileTail } from '../receivers/file-tail.ts';
import { Refusals } from '../refusals.ts';
import { TransactionColumns } from '../transactions/transaction-columns.ts';
import { type LoggedTransaction, readJsonLine } from './access-line.ts';
import { CallStats, callMetrics } from './call-stats.ts';
import { defineCollector } from './collector.ts';
import { noteTransaction } from './note-transaction.ts';
import { RequestStats, requestMetrics } from './request-stats.ts';
import { readTomcatLine } from './tomcat-access-line.ts';

const config = z.strictObject({
  files: z
    .array(
      z.strictObject({
        path: z.string().min(1).max(1_024),
        format: z
          .enum(['json', 'tomcat'])
          .default('json')
          .describe('one JSON object a line, or Tomcat common or combined'),
        timeUnit: z
          .enum(['us', 'ms', 's'])
          .default('us')
          .describe('of the number that ends a Tomcat line: %D, %{ms}T, %T'),
        service: entityId.optional().describe('what answers here; by default what the agent speaks for'),
        peerKind: z.enum(['http', 'database']).default('http').describe('what stands behind the peers of this log'),
      }),
    )
    .max(16)
    .default([])
    .describe('access logs of the service that is watched; nginx is found by itself'),
});

const KiB = 1024;

interface FollowedLog {
  readonly tail: FileTail;
  readonly calls: CallStats;
}

interface State {
  readonly stats: RequestStats;
  readonly transactions: TransactionColumns;
  readonly logs: readonly FollowedLog[];
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
    const buffer = Buffer.allocUnsafe(64 * KiB);
    const logs = files.map(({ path, format, timeUnit, peerKind, service = '' }): FollowedLog => {
      const calls = new CallStats(peerKind);
      const read = (line: string): LoggedTransaction | null =>
        format === 'json' ? readJsonLine(line) : readTomcatLine(line, timeUnit);
      const tail = new FileTail({
        path,
        encoding: 'utf-8',
        maxLineBytes: 16 * KiB,
        joinsStackTraces: false,
        startAt: 'end',
        // Counters begin anew with each start of the agent, so there is no place to remember.
        positions: { load: () => null, save: () => undefined },
        refusals: new Refusals(),
        deliver: (line) => {
          const request = read(line);
          const route = stats.add(request);
          if (request === null) return true;
          calls.add(request);
          noteTransaction(transactions, request, route, service, Date.now());
          return true;
        },
        buffer,
        nowMs: Date.now,
      });
      return { tail, calls };
    });
    return { stats, transactions, logs };
  },
  applies: async (_host, { files }) => files.length > 0,
  async collect(_host, _config, out, { logs, stats }) {
    for (const { tail } of logs) await tail.poll();
    if (!logs.some(({ tail }) => tail.isOpen)) return;
    stats.write(out);
    for (const { calls } of logs) calls.write(out);
  },
  context: ({ logs }) => ({ calls: logs.flatMap(({ calls }) => calls.calls()) }),
  transactions: (state) => state.transactions,
  async close({ logs }) {
    for (const { tail } of logs) await tail.close();
  },
});
