import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AnswerChunk, formatSeriesId, openBatch, signals } from '@airis/protocol';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Asks } from './link/asks.ts';
import type { Ask } from './link/hub-link.ts';
import { silentLog } from './log.ts';
import { MetricPath } from './metric-path.ts';
import { Refusals } from './refusals.ts';
import { SeriesRegistry } from './series-registry.ts';
import { LocalStore } from './store/local-store.ts';
import { Spool } from './store/spool.ts';
import type { HeldBatch } from './store/spool-item.ts';

const t0 = 1_800_000_000_000;
const emits = { m: { unit: '1', kind: 'gauge', about: '' } } as const;
let folder: string;
let nowMs = t0;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'airis-path-'));
  nowMs = t0;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

let opened = 0;
function rig() {
  const shared = { nowMs: () => nowMs, log: silentLog };
  const name = opened++;
  const spool = new Spool({ path: join(folder, `spool-${name}`), limitBytes: 1e8, syncEveryMs: 10_000, ...shared });
  const path = join(folder, `local-${name}`);
  const localStore = new LocalStore({ path, limitBytes: 1e8, retentionMs: 48 * 3_600_000, ...shared });
  const registry = new SeriesRegistry({ resource: {}, refusals: new Refusals() });
  const writer = registry.writer(emits);
  const metricPath = new MetricPath({ registry, spool, localStore });
  /** One second: the value is the second itself, so that what arrives can be told. */
  const second = () => {
    for (const i of ['0', '1']) writer.write('m', (nowMs - t0) / 1_000, { i });
    metricPath.step(nowMs);
    registry.endStep();
    nowMs += 1_000;
  };
  const sent = (): HeldBatch[] => {
    spool.flush();
    return spool.next('data', 0, 10_000, 1e9);
  };
  return {
    spool,
    localStore,
    registry,
    metricPath,
    second,
    sent,
    [Symbol.dispose]: () => {
      spool[Symbol.dispose]();
      localStore[Symbol.dispose]();
    },
  };
}

interface Block {
  readonly id: string;
  readonly t0: number;
  readonly stepMs: number;
  readonly mean: readonly number[];
}

function blocksOf(payload: Uint8Array): Block[] {
  const batch = openBatch(signals.block, payload, nowMs);
  if (!batch.ok) throw new Error(batch.detail);
  const mean = batch.value.column('mean', 'listFloat64');
  const ids = batch.value.column('seriesId', 'uint64');
  const times = batch.value.column('t0', 'timestampMs');
  const steps = batch.value.column('stepMs', 'uint32');
  return Array.from({ length: batch.value.rows }, (_, row) => ({
    id: formatSeriesId(ids[row]!),
    t0: Number(times[row]),
    stepMs: steps[row]!,
    mean: [...mean.values.subarray(mean.offsets[row], mean.offsets[row + 1])],
  }));
}

const blocksIn = (batches: readonly HeldBatch[]): Block[] =>
  batches.filter((batch) => batch.kind === 'block').flatMap((batch) => blocksOf(batch.payload));

describe('the way of metrics', () => {
  it('announces series once, and sends a summary of every ten seconds', () => {
    using path = rig();
    for (let i = 0; i < 31; i++) path.second();
    const batches = path.sent();
    expect(batches.map(({ kind, rows }) => [kind, rows])).toEqual([
      ['series', 2],
      ['block', 2],
      ['block', 2],
      ['block', 2],
    ]);
    const [first] = blocksIn(batches);
    expect(first).toMatchObject({ t0, stepMs: 10_000, mean: [4.5] });
    path.metricPath.announceAll();
    expect(path.sent().filter(({ kind }) => kind === 'series')).toHaveLength(2);
  });

  it('announces again under a new epoch', () => {
    using path = rig();
    path.second();
    path.spool.restartEpoch();
    path.second();
    expect(path.sent().filter(({ kind }) => kind === 'series')).toHaveLength(2);
  });

  it('sends every second at most once, and all that was asked for, whatever overlaps', () => {
    const event = fc.record({
      at: fc.integer({ min: 0, max: 1_300 }),
      what: fc.constantFrom('finding' as const, 'live' as const, 'full' as const, 'summary' as const),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 8 }), (events) => {
        nowMs = t0;
        using path = rig();
        const wanted = new Set<number>();
        let policy = 'summary';
        let liveUntil = 0;
        for (let second = 0; second < 1_400; second++) {
          for (const { at, what } of events) {
            if (at !== second) continue;
            if (what === 'finding') {
              path.metricPath.sendAround(nowMs - 600_000, nowMs + 300_000, nowMs);
              for (let s = Math.max(0, second - 600); s < Math.min(1_380, second + 300); s++) wanted.add(s);
            } else if (what === 'live') {
              path.metricPath.watchUntil(nowMs + 30_000, nowMs);
              liveUntil = Math.max(liveUntil, second + 30);
            } else {
              path.metricPath.setPolicy(what);
              policy = what;
            }
          }
          if ((policy === 'full' || second < liveUntil) && second < 1_380) wanted.add(second);
          path.second();
        }
        path.metricPath.finish();
        const seen = new Map<number, number>();
        const id = formatSeriesId(path.registry.series[0]!.id);
        for (const block of blocksIn(path.sent())) {
          if (block.stepMs !== 1_000 || block.id !== id) continue;
          block.mean.forEach((value, i) => {
            if (Number.isNaN(value)) return;
            expect(value).toBe((block.t0 - t0) / 1_000 + i);
            seen.set(value, (seen.get(value) ?? 0) + 1);
          });
        }
        expect([...seen].filter(([, times]) => times > 1)).toEqual([]);
        expect([...wanted].filter((second) => !seen.has(second))).toEqual([]);
      }),
      {
        numRuns: 25,
        // A lease that ended just after a minute began, and another that begins with the next.
        examples: [
          [
            [
              { at: 451, what: 'live' },
              { at: 540, what: 'live' },
            ],
          ],
        ],
      },
    );
  });

  it('answers a window from disk and memory in chunks, within bytes and deadline', async () => {
    using path = rig();
    for (let i = 0; i < 150; i++) path.second();
    const ask = async (change: object, payload?: string, verb = 'window') => {
      const chunks: AnswerChunk[] = [];
      const wanted = {
        request: 'request-1',
        deadlineUnixMs: nowMs + 1_000,
        maxBytes: 1_000_000,
        metric: 'm',
        fromUnixMs: t0 + 50_000,
        toUnixMs: t0 + 129_000,
        ...change,
      };
      const asked: Ask = {
        verb,
        payload: Buffer.from(payload ?? JSON.stringify(wanted)),
        answer: (_, chunk) => chunks.push(JSON.parse(Buffer.from(chunk).toString())) > 0,
      };
      const { localStore, metricPath } = path;
      const nothing = { frames: () => [].values() };
      const held = {
        segments: nothing,
        lines: nothing,
        spans: nothing,
        recordings: nothing,
        threads: { machines: () => [], dump: async () => '' },
        gate: { admitSource: () => null, admitProgramLine: (line: string) => line },
      };
      const asks = new Asks({
        held: { ...held, localStore, metricPath, nowMs: () => nowMs },
        mayAsk: (verb) => verb !== 'trace',
        refusals: new Refusals(),
        log: silentLog,
      });
      await asks.take(asked);
      return chunks;
    };
    const [chunk] = await ask({});
    expect(chunk).toMatchObject({ chunk: 0, last: true, error: null });
    const blocks = blocksOf(Buffer.from(chunk!.body, 'base64'));
    const id = formatSeriesId(path.registry.series[0]!.id);
    const values = blocks.filter((block) => block.id === id).flatMap((block) => block.mean);
    expect(values).toEqual(Array.from({ length: 80 }, (_, i) => 50 + i));

    expect(await ask({ deadlineUnixMs: nowMs - 1 })).toMatchObject([{ last: true, error: { code: 'deadline' } }]);
    expect(await ask({ maxBytes: 10 })).toMatchObject([{ last: true, error: { code: 'too-large' } }]);
    expect(await ask({}, undefined, 'trace')).toMatchObject([{ last: true, error: { code: 'not-allowed' } }]);
    expect(await ask({ metric: 'unknown' })).toMatchObject([{ last: true, error: null, body: '' }]);
    expect(await ask({}, undefined, 'constructor')).toMatchObject([{ last: true, error: { code: 'unknown' } }]);
    expect(await ask({ maxBytes: 1e9 })).toMatchObject([{ last: true, error: { code: 'malformed' } }]);
    expect(await ask({}, 'no question')).toEqual([]);
  });
});
