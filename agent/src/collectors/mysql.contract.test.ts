import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readHostEvidence } from '../discover/host-evidence.ts';
import { mysqlRole } from '../discover/mysql.ts';
import { createHost, type Host } from './host.ts';
import { mysqlCollector } from './mysql.ts';
import { startTestMysql, type TestMysql } from './mysql-under-test.ts';

/** InnoDB renews its tables of transactions only when nobody read them for 100 ms. */
const PATIENT = { timeout: 15_000, interval: 300 };

describe('mysql collector', () => {
  let server: TestMysql;
  beforeAll(async () => {
    server = await startTestMysql();
  }, 60_000);
  afterAll(() => server?.[Symbol.asyncDispose]());

  // What a failed test still holds would make the next one wait.
  afterEach(() => server.disconnect());

  let nowMs = 1_000_000;
  const host: Host = { ...createHost(), nowMs: () => nowMs };
  const reader = (user = 'airis', bySocket = false) => {
    const { port, passwordFile, socket } = server;
    const place = bySocket ? { socket } : { host: '127.0.0.1', port };
    const collector = mysqlCollector.create({ instances: [{ ...place, user, passwordFile }] });
    const written = new Map<string, number>();
    const read = async () => {
      nowMs += 1_000;
      written.clear();
      await collector.collect(host, {
        write(metric, value, attributes = {}) {
          expect(collector.emits).toHaveProperty([metric]);
          const { 'db.system.name': system, 'server.port': _, 'network.peer.address': __, ...own } = attributes;
          expect(system).toBe('mysql');
          const key = [metric, ...Object.values(own)].join(' ');
          expect(written.has(key), key).toBe(false);
          written.set(key, value);
        },
      });
      return written;
    };
    return {
      read,
      written,
      context: () => collector.context?.(),
      takeSpans: () => collector.takeSpans?.() ?? [],
      [Symbol.asyncDispose]: async () => collector.close?.(),
    };
  };

  it('says who waits for a lock, how long, and who holds it', async () => {
    await using reading = reader('airis', true);
    const quiet = await reading.read();
    expect(quiet.get('airis.db.server.lock.waiters')).toBe(0);
    expect(quiet.get('airis.db.server.lock.longest_wait')).toBe(0);
    expect(quiet.get('airis.mysql.connection.limit')).toBe(151);
    expect(quiet.get('mysql.buffer_pool.limit')).toBe(134_217_728);
    expect(quiet.get('mysql.threads connected')).toBeGreaterThanOrEqual(1);

    const holder = await server.connect('month-end');
    await holder.query('BEGIN');
    await holder.query('SELECT * FROM stock FOR UPDATE');
    const waiters = await Promise.all([server.connect('shop-app'), server.connect('shop-app')]);
    const waits = waiters.map((waiter) => waiter.query('UPDATE stock SET n = n - 1 WHERE id = 1'));
    await expect.poll(async () => (await reading.read()).get('airis.db.server.lock.waiters'), PATIENT).toBe(2);
    await expect
      .poll(async () => (await reading.read()).get('airis.db.server.lock.longest_wait'), PATIENT)
      .toBeGreaterThan(0.5);
    expect(reading.written.get('airis.mysql.sessions waiting')).toBe(2);
    expect(reading.written.get('airis.mysql.sessions idle')).toBe(1);
    expect(reading.written.get('airis.mysql.transaction.longest')).toBeGreaterThan(0.5);
    // Those who wait are not slow.
    expect(reading.written.get('airis.db.server.statement.longest')).toBe(0);
    const [explanation, ...more] = reading.context()?.explanations ?? [];
    expect(more).toEqual([]);
    expect(explanation).toMatchObject({ trouble: 'lock', ref: expect.stringMatching(/^process:month-end\[\d+\]$/) });
    expect(explanation?.note.en).toMatch(
      /month-end \(connection \d+\), idle in a transaction it has not committed for \d+ s/,
    );

    await holder.query('COMMIT');
    await Promise.all(waits);
    await Promise.all([holder, ...waiters].map((client) => client.end()));
    await expect.poll(async () => (await reading.read()).get('airis.db.server.lock.waiters'), PATIENT).toBe(0);
    expect(reading.context()?.explanations).toEqual([]);
  });

  it('names a table that is locked by a change of its columns', async () => {
    await using reading = reader();
    const [holder, waiter] = await Promise.all([server.connect('month-end'), server.connect('shop-app')]);
    await holder.query('BEGIN');
    await holder.query('SELECT * FROM stock');
    const waits = waiter.query('ALTER TABLE stock ADD COLUMN m int');
    await expect.poll(async () => (await reading.read()).get('airis.db.server.lock.waiters'), PATIENT).toBe(1);
    await holder.query('COMMIT');
    await waits;
    await Promise.all([holder.end(), waiter.end()]);
  });

  it('sees a slow statement while it runs, without its literals, and in the mean afterwards', async () => {
    await using reading = reader();
    await reading.read();
    const slow = await server.connect('shop-app');
    const running = slow.query("SELECT SLEEP(4), 'private' /* hidden */ FROM stock WHERE id IN (1)");
    await expect
      .poll(async () => (await reading.read()).get('airis.db.server.statement.longest'), PATIENT)
      .toBeGreaterThan(0.6);
    const note = reading.context()?.explanations?.[0]?.note.en ?? '';
    expect(note).toMatch(/shop-app.*SELECT SLEEP \(\?\), \? FROM stock WHERE id IN \(\?\)/);
    expect(note).not.toMatch(/private|hidden/);
    await running;
    await slow.end();
    await expect
      .poll(async () => (await reading.read()).get('airis.db.server.statement.duration') ?? 0, PATIENT)
      .toBeGreaterThan(0);
    expect((await reading.read()).get('airis.db.server.statement.longest')).toBe(0);
  });

  it('tells slow statements that name their trace as spans, without their literals', async () => {
    await using reading = reader();
    const [traceId, parentSpanId] = ['5bd66ef5095369c7b0d1f8f4bd33716a', 'c532cb4098ac3dd2'];
    const slow = await server.connect('shop-app');
    const running = slow.query(
      `SELECT SLEEP(2), 'private' FROM stock WHERE id IN (1) /*traceparent='00-${traceId}-${parentSpanId}-01'*/`,
    );
    await expect
      .poll(async () => (await reading.read()).get('airis.db.server.statement.longest'), PATIENT)
      .toBeGreaterThan(1);
    expect(reading.takeSpans()).toEqual([]);
    await running;
    await reading.read();
    const [span, ...more] = reading.takeSpans();
    expect(more).toEqual([]);
    expect(span).toMatchObject({ traceId, parentSpanId, kind: 2, role: 'mysql' });
    expect(span?.name).toBe('SELECT SLEEP (?), ? FROM stock WHERE id IN (?)');
    expect(span?.elapsedMs).toBeGreaterThan(1_000);
    expect(span?.elapsedMs).toBeLessThan(2_500);
    await slow.end();
  });

  it('says what to grant, and still what may be seen', async () => {
    await using reading = reader('blind');
    await expect(reading.read()).rejects.toThrow("GRANT PROCESS ON *.* TO 'blind'@'localhost'");
    expect(reading.written.get('mysql.threads connected')).toBeGreaterThanOrEqual(1);
    expect(reading.written.has('airis.db.server.lock.waiters')).toBe(false);
  });

  it('is found as a role with its evidence', async () => {
    const found = await mysqlRole.find(await readHostEvidence(host));
    expect(found.find(({ ports }) => ports.includes(server.port))).toMatchObject({
      role: { name: 'mysql', tier: 'database', state: 'running' },
    });
  });

  it('says that the server is gone, pauses between attempts, and comes back', async () => {
    await using reading = reader();
    await reading.read();
    await server.kill();
    await expect(reading.read()).rejects.toThrow('127.0.0.1');
    await expect(reading.read()).rejects.toThrow(/ECONNREFUSED|closed/);
    await server.start();
    nowMs += 15_000;
    expect((await reading.read()).get('airis.db.server.lock.waiters')).toBe(0);
  });
});
