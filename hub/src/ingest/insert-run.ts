import { setTimeout as delay } from 'node:timers/promises';
import { createBackoff, joinBatches, type SignalName, signals } from '@airis/protocol';
import type { Log } from '../log.ts';
import { type ArrowInsert, ArrowInsertError } from '../store/telemetry/arrow-insert.ts';
import type { IngestStats } from './ingest-stats.ts';
import { insertToken, type StoredBatch } from './run.ts';

export interface InsertContext {
  readonly insertArrow: ArrowInsert;
  readonly stats: IngestStats;
  readonly log: Log;
  readonly stopping: AbortSignal;
  /** A batch that the store itself refuses, alone. */
  readonly onPoison: (batch: StoredBatch, detail: string) => Promise<void>;
}

/**
 * Stores batches of one signal under one token and returns only when that is done; while the store is away, or its answer
 * is not about these rows, it tries again under the same token: the rows may be there although a rollup failed.
 * A joined insert that the store refuses is halved until the batch at fault is alone: nothing of a refused insert is
 * stored (one block, read wholly before it is written), so the halves may have tokens of their own.
 */
export async function insertBatches(
  context: InsertContext,
  signal: SignalName,
  stream: string,
  batches: readonly StoredBatch[],
  token: string,
): Promise<void> {
  const refusal = await insertUntilAnswered(context, signal, joinBatches(signals[signal], batches), token);
  if (refusal === null) return;
  if (batches.length === 1) {
    await context.onPoison(batches[0]!, refusal.message);
    return;
  }
  const middle = batches.length >> 1;
  for (const half of [batches.slice(0, middle), batches.slice(middle)]) {
    await insertBatches(context, signal, stream, half, insertToken(stream, signal, half));
  }
}

/** Null once stored; the refusal where these rows will never be taken. */
async function insertUntilAnswered(
  context: InsertContext,
  table: string,
  joined: Uint8Array,
  token: string,
): Promise<ArrowInsertError | null> {
  const { stats, log, stopping } = context;
  const backoff = createBackoff({ firstMs: 100, limitMs: 3_000 }, Math.random);
  for (;;) {
    try {
      await context.insertArrow(table, joined, token);
      stats.trouble = null;
      return null;
    } catch (thrown) {
      if (!(thrown instanceof ArrowInsertError)) throw thrown;
      if (thrown.failure === 'data') return thrown;
      stats.insertRetries += 1;
      stats.trouble = thrown.message.slice(0, 200);
      log.warn('ingest.insert-retry', thrown.message.slice(0, 300), { table, token });
      await delay(backoff.fail(), undefined, { signal: stopping });
    }
  }
}
