import { z } from 'zod';
import type { Host } from '../collectors/host.ts';
import { Refusals } from '../refusals.ts';
import { journalReceiver } from './journal-tail.ts';
import type { LogSink, PositionStore } from './log-line.ts';
import { filesReceiver } from './log-tail.ts';
import type { Receiver, ReceiverDefinition } from './receiver.ts';

/** Every receiver there is, in the order they are polled; a new one is one file and one line. */
export const receivers: readonly ReceiverDefinition[] = [journalReceiver, filesReceiver];

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

export async function createLogReceivers(
  host: Host,
  config: ReceiversConfig,
  sink: LogSink,
  positions: PositionStore,
): Promise<LogReceivers> {
  const refusals = new Refusals();
  await using stack = new AsyncDisposableStack();
  const running: Receiver[] = [];
  for (const definition of receivers) {
    const receiver = await definition.start({ host, sink, positions, refusals }, config[definition.name]);
    if (receiver !== null) running.push(stack.use(receiver));
  }
  const started = stack.move();
  return {
    async poll() {
      for (const receiver of running) await receiver.poll();
    },
    sources: () => running.flatMap((receiver) => receiver.sources()),
    refusedByReason: () => refusals.snapshot(),
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}
