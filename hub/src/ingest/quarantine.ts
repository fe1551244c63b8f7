import { mkdirSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { IngestStore } from '../store/state/ingest.ts';
import type { StreamMessage } from './stream-message.ts';

export interface Quarantine {
  /** Keeps the payload with the reason; the oldest go when there are too many. Never throws: a full disk loses evidence only. */
  put(message: StreamMessage, agent: string, reason: string, detail: string): Promise<void>;
}

export interface QuarantineLimits {
  readonly count: number;
  readonly bytes: number;
}

const defaultLimits: QuarantineLimits = { count: 1_000, bytes: 64 * 1024 * 1024 };

/** A folder that only the hub's user can enter; its index is in the state store. */
export function createQuarantine(
  folder: string,
  store: IngestStore,
  onError: (thrown: unknown) => void,
  limits: QuarantineLimits = defaultLimits,
): Quarantine {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const put = async (message: StreamMessage, agent: string, reason: string, detail: string): Promise<void> => {
    // Sorts by time; the sequence makes it the same again after a crash between here and the commit.
    const id = `${message.receivedAtMs.toString(36).padStart(9, '0')}-${message.stream}-${message.sequence}`;
    await writeFile(join(folder, id), message.data, { mode: 0o600 });
    await store.addQuarantined({
      id,
      atUnixMs: message.receivedAtMs,
      agent: agent.slice(0, 64),
      subject: message.subject.slice(0, 200),
      reason,
      detail: detail.slice(0, 500),
      sizeBytes: message.data.length,
    });
    await trim();
  };
  const trim = async (): Promise<void> => {
    for (;;) {
      const size = await store.quarantineSize();
      if (size.count <= limits.count && size.bytes <= limits.bytes) return;
      for (const id of await store.removeOldestQuarantined(Math.max(1, size.count - limits.count))) {
        await rm(join(folder, id), { force: true });
      }
    }
  };
  // One after the other, so that the bound holds.
  let tail: Promise<void> = Promise.resolve();
  return {
    put(message, agent, reason, detail) {
      tail = tail.then(() => put(message, agent, reason, detail)).catch(onError);
      return tail;
    },
  };
}
