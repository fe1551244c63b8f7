import { z } from 'zod';
import type { Host } from '../collectors/host.ts';
import { Refusals } from '../refusals.ts';
import { createJournalTail, journalApplies, journalConfig } from './journal-tail.ts';
import type { LogSink, PositionStore } from './log-line.ts';
import { createLogTail, logTailConfig } from './log-tail.ts';

export const receiversConfig = z.strictObject({
  files: logTailConfig.prefault({}),
  journal: journalConfig.prefault({}),
});
export type ReceiversConfig = z.output<typeof receiversConfig>;

/** All sources of log lines, behind one loop. */
export interface LogReceivers {
  /** Reads what is new everywhere; to be called every second, one call at a time. */
  poll(): Promise<void>;
  /** Files followed and whether the journal is. */
  sources(): string[];
  /** Lines and files refused since start, by reason. */
  refusedByReason(): Record<string, number>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function createLogReceivers(
  host: Host,
  config: ReceiversConfig,
  sink: LogSink,
  positions: PositionStore,
): Promise<LogReceivers> {
  const refusals = new Refusals();
  const files = createLogTail({ host, config: config.files, sink, positions, refusals });
  const machineId = /^[0-9a-f]{32}$/m.exec((await host.tryReadText('/etc/machine-id')) ?? '')?.[0] ?? null;
  const journal = (await journalApplies(host, config.journal))
    ? createJournalTail(config.journal, { sink, positions, refusals, nowMs: host.nowMs, machineId })
    : null;
  return {
    async poll() {
      journal?.poll();
      await files.poll();
    },
    sources: () => [...files.sources(), ...(journal?.isRunning === true ? ['journal'] : [])],
    refusedByReason: () => refusals.snapshot(),
    async [Symbol.asyncDispose]() {
      await journal?.[Symbol.asyncDispose]();
      await files[Symbol.asyncDispose]();
    },
  };
}
