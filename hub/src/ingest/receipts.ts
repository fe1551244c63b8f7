import { type Receipt, subjects } from '@airis/protocol';
import type { NatsConnection } from '@nats-io/transport-node';

/** Tells agents what is stored for good. Within a moment only the newest receipt of each (agent, epoch, class) is sent. */
export interface Receipts {
  add(agent: string, receipt: Receipt): void;
  close(): void;
}

const COALESCE_MS = 50;

export function createReceipts(nats: NatsConnection): Receipts {
  const pending = new Map<string, { agent: string; receipt: Receipt }>();
  let timer: NodeJS.Timeout | null = null;
  const send = (): void => {
    timer = null;
    // A receipt that is lost is made good by the next one, or by the watermark asked for on connect.
    if (!nats.isClosed()) {
      for (const { agent, receipt } of pending.values()) nats.publish(subjects.receipt(agent), JSON.stringify(receipt));
    }
    pending.clear();
  };
  return {
    add(agent, receipt) {
      pending.set(`${agent}.${receipt.epoch}.${receipt.class}`, { agent, receipt });
      timer ??= setTimeout(send, COALESCE_MS);
    },
    close() {
      if (timer !== null) clearTimeout(timer);
      send();
    },
  };
}
