import { openStream, signals } from '@airis/protocol';
import { describe, expect, it } from 'vitest';
import { createLog } from '../log.ts';
import { ArrowInsertError, type ArrowInsertFailure } from '../store/telemetry/arrow-insert.ts';
import { IngestStats } from './ingest-stats.ts';
import { insertBatches } from './insert-run.ts';
import { insertToken, type StoredBatch } from './run.ts';
import { blockStream } from './testing/agent-for-tests.ts';

const now = Date.now();

function batchOf(sequence: number): StoredBatch {
  const opened = openStream(
    signals.block,
    blockStream(now, BigUint64Array.of(1n), 1, () => sequence, 1_000),
    now,
  );
  if (!opened.ok) throw new Error(opened.detail);
  const message = {
    stream: 'DATA',
    sequence,
    receivedAtMs: now,
    subject: 'airis.data.web-1.block',
    data: new Uint8Array(),
    header: () => `web-1.${sequence}`,
    ackSubject: null,
  };
  return { batch: opened.value, agent: 1, agentId: 'web-1', receivedAtMs: now, message };
}

/** Inserts eight batches into a store that answers as told; returns what was stored and what was given up. */
async function insertEight(
  answer: (bytes: number, tries: number) => ArrowInsertFailure | null,
  isPoison = (_sequence: number) => false,
) {
  const stored: string[] = [];
  const poison: number[] = [];
  let tries = 0;
  const batches = [1, 2, 3, 4, 5, 6, 7, 8].map(batchOf);
  const stats = new IngestStats();
  const context = {
    stats,
    log: createLog('error', () => undefined),
    stopping: new AbortController().signal,
    async insertArrow(_table: string, stream: Uint8Array, token: string) {
      tries += 1;
      const [first, last] = /:(\d+)-(\d+):/.exec(token)!.slice(1).map(Number) as [number, number];
      const failure = answer(stream.length, tries);
      if (failure !== null) throw new ArrowInsertError(failure, 0, failure);
      for (let sequence = first; sequence <= last; sequence += 1) {
        if (isPoison(sequence)) throw new ArrowInsertError('data', 117, 'incorrect data');
      }
      stored.push(token);
    },
    async onPoison(batch: StoredBatch) {
      poison.push(batch.message.sequence);
    },
  };
  await insertBatches(context, 'block', 'DATA', batches, insertToken('DATA', 'block', batches));
  return { stored, poison, stats };
}

describe('insertBatches', () => {
  it('stores all under one token', async () => {
    const { stored, poison } = await insertEight(() => null);
    expect(stored).toEqual([expect.stringMatching(/^DATA:block:1-8:[0-9a-f]{16}$/)]);
    expect(poison).toEqual([]);
  });

  it('waits for a store that is away, and repeats the very same insert', async () => {
    const { stored, stats } = await insertEight((_bytes, tries) => (tries < 4 ? 'away' : null));
    expect(stored).toHaveLength(1);
    expect(stats.insertRetries).toBe(3);
  });

  it('finds the batch that the store refuses and stores the others', async () => {
    const { stored, poison } = await insertEight(
      () => null,
      (sequence) => sequence === 6,
    );
    expect(poison).toEqual([6]);
    expect(stored.map((token) => /:(\d+-\d+):/.exec(token)?.[1])).toEqual(['1-4', '5-5', '7-8']);
  });
});

describe('insertToken', () => {
  it('stands for one list only', () => {
    const tokens = [
      [1, 2, 3],
      [1, 3],
      [2, 3],
      [1, 2],
    ].map((list) => insertToken('DATA', 'block', list.map(batchOf)));
    expect(new Set(tokens).size).toBe(4);
  });
});
