import { z } from 'zod';
import type { Host } from '../collectors/host.ts';
import { Refusals } from '../refusals.ts';
import { journalReceiver } from './journal-tail.ts';
import type { LogSink, PositionStore } from './log-line.ts';
import { filesReceiver } from './log-tail.ts';
import type { Receiver, ReceiverDefinition } from './receiver.ts';
import { snmpTrapsReceiver } from './snmp-traps.ts';
import { syslogReceiver } from './syslog.ts';

/** Every receiver there is, in the order they are polled; a new one is one file and one line. */
export const receivers: readonly ReceiverDefinition[] = [
  journalReceiver,
  filesReceiver,
  syslogReceiver,
  snmpTrapsReceiver,
];

export const receiversConfig = z.strictObject(
  Object.fromEntries(receivers.map(({ name, config }) => [name, config.prefault({})])),
);
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

/** A receiver that could not start, because its port is taken, is tried again this often. */
const RETRY_MS = 30_000;

/** @param onFailed - told each time a receiver cannot start; the others go on, and it is tried again */
export async function createLogReceivers(
  host: Host,
  config: ReceiversConfig,
  sink: LogSink,
  positions: PositionStore,
  onFailed: (name: string, error: unknown) => void,
): Promise<LogReceivers> {
  const refusals = new Refusals();
  const stack = new AsyncDisposableStack();
  const running: Receiver[] = [];
  let failed: ReceiverDefinition[] = [];
  let triedAtMs = host.nowMs();

  async function startAll(definitions: readonly ReceiverDefinition[]): Promise<void> {
    triedAtMs = host.nowMs();
    failed = [];
    for (const definition of definitions) {
      try {
        const receiver = await definition.start({ host, sink, positions, refusals }, config[definition.name]);
        if (receiver !== null) running.push(stack.use(receiver));
      } catch (error) {
        failed.push(definition);
        refusals.count(`receiver-failed-${definition.name}`);
        onFailed(definition.name, error);
      }
    }
  }

  await startAll(receivers);
  return {
    async poll() {
      if (failed.length > 0 && Math.abs(host.nowMs() - triedAtMs) >= RETRY_MS) await startAll(failed);
      for (const receiver of running) await receiver.poll();
    },
    sources: () => running.flatMap((receiver) => receiver.sources()),
    refusedByReason: () => refusals.snapshot(),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
