import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compressBatch, encodeBatch, joinBatches, listColumn, openBatch, signals } from '@airis/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLog } from '../../log.ts';
import { ArrowInsertError, createArrowInsert } from './arrow-insert.ts';
import { startTelemetryStore, type TelemetryStore } from './telemetry-store.ts';

const now = Date.now();
const log = createLog('error');

/** A joined stream of one agent's block: `values` of one series from `startMs`, one every `stepMs`. */
function blockStream(agent: number, seriesId: bigint, startMs: number, stepMs: number, values: readonly number[]) {
  const stream = encodeBatch(
    signals.block,
    [
      BigUint64Array.of(seriesId),
      BigInt64Array.of(BigInt(startMs)),
      Uint32Array.of(stepMs),
      listColumn([values]),
      listColumn([[]]),
      listColumn([[]]),
    ],
    1,
  );
  const opened = openBatch(signals.block, compressBatch(stream), now);
  if (!opened.ok) throw new Error(`${opened.reason}: ${opened.detail}`);
  return joinBatches(signals.block, [{ batch: opened.value, agent, receivedAtMs: now }]);
}

describe('embedded telemetry store', () => {
  let dataDir: string;
  let store: TelemetryStore;
  const rows = async <T>(query: string, parameters: Record<string, unknown> = {}, settings = {}): Promise<T[]> => {
    const answer = await store.client.query({
      query,
      query_params: parameters,
      clickhouse_settings: settings,
      format: 'JSONEachRow',
    });
    return answer.json<T>();
  };

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'airis-telemetry-'));
    store = await startTelemetryStore({ dataDir, log });
  });
  afterAll(async () => {
    await store[Symbol.asyncDispose]();
    await rm(dataDir, { recursive: true, force: true });
  });

  it('answers a ping and refuses a wrong password', async () => {
    expect((await store.client.ping()).success).toBe(true);
    const answer = await fetch(`${store.url}/?query=select+1`, { headers: { 'X-ClickHouse-User': 'airis' } });
    expect(answer.status).toBe(403);
    expect(answer.headers.get('x-clickhouse-exception-code')).toBe('516');
  });

  it('binds parameters, also texts full of quotes and escapes', async () => {
    const text = `it's \\ "quoted" 한글 {x:String} --`;
    expect(await rows('SELECT {text:String} AS text, {n:UInt32} AS n', { text, n: 7 })).toEqual([{ text, n: 7 }]);
    await expect(rows('SELECT {text:String}')).rejects.toMatchObject({ code: '456' });
  });

  it('does not let the settings of one query reach the next', async () => {
    const settings = { max_result_rows: '3', result_overflow_mode: 'throw' } as const;
    await expect(rows('SELECT number FROM numbers(10)', {}, settings)).rejects.toMatchObject({ code: '396' });
    for (let i = 0; i < 8; i += 1) expect(await rows('SELECT number FROM numbers(10)')).toHaveLength(10);
  });

  it('runs questions side by side', async () => {
    const startedAt = performance.now();
    await Promise.all([1, 2, 3, 4].map(() => rows('SELECT sleep(0.5)')));
    expect(performance.now() - startedAt).toBeLessThan(1_800);
  });

  it('stops computing when the caller goes away', async () => {
    const abort = new AbortController();
    const query = store.client.query({
      query: 'SELECT count() FROM numbers(200000000000) WHERE number % 7 = 3 AND {tag:String} = {tag:String}',
      query_params: { tag: 'runaway' },
      abort_signal: abort.signal,
      format: 'JSONEachRow',
    });
    setTimeout(() => abort.abort(), 300);
    await expect(query).rejects.toThrow(/abort/i);
    await expect
      .poll(() =>
        rows(
          "SELECT 1 FROM system.processes WHERE is_cancelled = 0 AND query LIKE '%200000000000%' AND query NOT LIKE '%processes%'",
        ),
      )
      .toEqual([]);
  });

  it('refuses results beyond the bound', async () => {
    await expect(rows('SELECT repeat(toString(number), 1000) AS x FROM numbers(1000000)')).rejects.toMatchObject({
      code: '396',
    });
  });

  it('stores an Arrow stream once per token, rollups included', async () => {
    const startMs = Math.floor(now / 3_600_000) * 3_600_000 - 5_000;
    const stream = blockStream(901, 1n, startMs, 1_000, [1, 2, Number.NaN, 4, 5, 6, 7, 8, 9, 10]);
    for (let attempt = 0; attempt < 3; attempt += 1) await store.insertArrow('block', stream, 'DATA:block:1-1');
    expect(await rows('SELECT count() AS n, sum(length(mean)) AS v FROM block WHERE agent = 901')).toEqual([
      { n: 1, v: 10 },
    ]);
    const minutes = await rows(
      `SELECT toUnixTimestamp(t) * 1000 - {start:Int64} AS at, sum(count) AS count, sum(seconds) AS seconds,
         sum(integral) AS integral, min(min) AS min, max(max) AS max
       FROM block_1m WHERE agent = 901 GROUP BY t ORDER BY t`,
      { start: startMs },
    );
    // Five seconds before the full hour, five after; the third value is a gap.
    expect(minutes).toEqual([
      { at: 5_000 - 60_000, count: 4, seconds: 4, integral: 12, min: 1, max: 5 },
      { at: 5_000, count: 5, seconds: 5, integral: 40, min: 6, max: 10 },
    ]);
    expect(await rows('SELECT sum(count) AS n, uniqExact(t) AS hours FROM block_1h WHERE agent = 901')).toEqual([
      { n: 9, hours: 2 },
    ]);
  });

  it('deals a block that spans several minutes to each of them', async () => {
    const startMs = Math.floor(now / 60_000) * 60_000 - 600_000 + 30_500;
    await store.insertArrow('block', blockStream(902, 2n, startMs, 1_000, Array(150).fill(2)), 'DATA:block:2-2');
    const counts = await rows<{ count: number }>(
      'SELECT sum(count) AS count FROM block_1m WHERE agent = 902 GROUP BY t ORDER BY t',
    );
    expect(counts.map((row) => Number(row.count))).toEqual([30, 60, 60]);
  });

  it('tells refused rows from a store that is away', async () => {
    const failure = await store.insertArrow('block', new Uint8Array(64), 'DATA:block:3-3').catch((error) => error);
    expect(failure).toBeInstanceOf(ArrowInsertError);
    expect(failure).toMatchObject({ failure: 'data' });
    expect(await readdir(join(dataDir, 'chdb', 'incoming'))).toEqual([]);
  });

  it('takes a stream over HTTP as well, once for both ways', async () => {
    const { url, username, password } = store;
    const overHttp = createArrowInsert({ url, username, password, incoming: null });
    const stream = blockStream(905, 5n, now - 60_000, 1_000, [1, 2]);
    await overHttp.insert('block', stream, 'DATA:block:6-6');
    await store.insertArrow('block', stream, 'DATA:block:6-6');
    overHttp.close();
    expect(await rows('SELECT toFloat64(count()) AS n FROM block WHERE agent = 905')).toEqual([{ n: 1 }]);
    expect(await readdir(join(dataDir, 'chdb', 'incoming'))).toEqual([]);
  });

  it('reads no body from outside of its folder', async () => {
    for (const name of ['../server.pid', '/etc/hostname', '00000000-0000-0000-0000-000000000000']) {
      const answer = await fetch(`${store.url}/?query=INSERT+INTO+block+FORMAT+ArrowStream`, {
        method: 'POST',
        headers: {
          Authorization: `Basic ${Buffer.from(`${store.username}:${store.password}`).toString('base64')}`,
          'X-Airis-Body-File': name,
        },
      });
      expect(answer.status).toBe(name.startsWith('0') ? 404 : 400);
    }
    expect(await readdir(join(dataDir, 'chdb'))).toContain('server.pid');
  });

  it('does not leave a body behind when the sender breaks off', async () => {
    const url = new URL(`${store.url}/?query=INSERT+INTO+block+FORMAT+ArrowStream`);
    const sent = request(url, {
      method: 'POST',
      auth: `${store.username}:${store.password}`,
      headers: { 'Content-Length': 1_000_000 },
    });
    sent.on('error', () => undefined);
    sent.write(new Uint8Array(1_000));
    setTimeout(() => sent.destroy(), 100);
    await new Promise((resolve) => sent.once('close', resolve));
    await expect.poll(() => readdir(join(dataDir, 'chdb', 'incoming'))).toEqual([]);
    expect(await rows('SELECT 1 AS x')).toEqual([{ x: 1 }]);
  });

  it('says so when the folder is in use', async () => {
    await expect(startTelemetryStore({ dataDir, log })).rejects.toMatchObject({ code: 'TELEMETRY_LOCKED' });
  });

  it('is back within seconds after kill -9, with what it had acknowledged', async () => {
    await store.insertArrow('block', blockStream(903, 3n, now - 60_000, 1_000, [1]), 'DATA:block:4-4');
    const pid = store.pid;
    expect(pid).not.toBeNull();
    const startedAt = performance.now();
    process.kill(pid!, 'SIGKILL');
    const stored = () => rows('SELECT count() AS n FROM block WHERE agent = 903').catch(() => []);
    await expect.poll(stored, { timeout: 10_000, interval: 50 }).toEqual([{ n: 1 }]);
    expect(performance.now() - startedAt).toBeLessThan(8_000);
    await store.insertArrow('block', blockStream(903, 3n, now - 60_000, 1_000, [1]), 'DATA:block:4-4');
    expect(await stored()).toEqual([{ n: 1 }]);
    expect(store.status()).toMatchObject({ ok: true, restarts: 1 });
  });

  it('drops the oldest day when asked to free disk', async () => {
    await store.insertArrow('block', blockStream(904, 4n, now - 3 * 86_400_000, 1_000, [1]), 'DATA:block:5-5');
    expect(await store.diskGuard.dropOldest()).toMatchObject({ table: 'block', rows: 1 });
    expect(await store.diskGuard.dropOldest()).toMatchObject({ table: 'block_1m', rows: 1 });
  });
});
