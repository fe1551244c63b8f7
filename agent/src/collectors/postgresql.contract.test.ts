import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readHostEvidence } from '../discover/host-evidence.ts';
import { postgresqlRole } from '../discover/postgresql.ts';
import { createHost, type Host } from './host.ts';
import { postgresqlCollector } from './postgresql.ts';
import { startTestPostgresql, type TestPostgresql } from './postgresql-under-test.ts';

describe('postgresql collector', () => {
  let server: TestPostgresql;
  beforeAll(async () => {
    server = await startTestPostgresql();
  }, 60_000);
  afterAll(() => server?.[Symbol.asyncDispose]());

  let nowMs = 1_000_000;
  const host: Host = { ...createHost(), nowMs: () => nowMs };
  const reader = (user = 'airis', port = server.port) => {
    const { passwordFile } = server;
    const collector = postgresqlCollector.create({
      instances: [{ host: '127.0.0.1', port, user, passwordFile, database: 'shop' }],
    });
    const read = async () => {
      nowMs += 1_000;
      const written = new Map<string, number>();
      await collector.collect(host, {
        write(metric, value, attributes = {}) {
          expect(collector.emits).toHaveProperty([metric]);
          expect(attributes).toMatchObject({ 'db.namespace': 'shop', 'server.port': String(port) });
          const state = attributes['postgresql.backend.state'];
          written.set(state === undefined ? metric : `${metric} ${state}`, value);
        },
      });
      return written;
    };
    const takeSpans = () => collector.takeSpans?.() ?? [];
    return {
      read,
      takeSpans,
      context: () => collector.context?.(),
      [Symbol.asyncDispose]: async () => collector.close?.(),
    };
  };

  it('says who waits for a lock, how long, and who holds it', async () => {
    await using reading = reader();
    const quiet = await reading.read();
    expect(quiet.get('airis.db.server.lock.waiters')).toBe(0);
    expect(quiet.get('airis.db.server.lock.longest_wait')).toBe(0);
    expect(quiet.get('postgresql.db_size')).toBeGreaterThan(1_000_000);
    expect(reading.context()?.explanations).toEqual([]);

    const holder = await server.connect('month-end-closing');
    await holder.query('BEGIN');
    await holder.query('SELECT 1 FROM stock FOR UPDATE');
    const waiters = await Promise.all([server.connect('shop-app'), server.connect('shop-app')]);
    const waits = waiters.map((waiter) => waiter.query('UPDATE stock SET n = n - 1 WHERE id = 1'));
    await expect.poll(async () => (await reading.read()).get('airis.db.server.lock.waiters')).toBe(2);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const locked = await reading.read();
    expect(locked.get('airis.db.server.lock.longest_wait')).toBeGreaterThan(0.25);
    expect(locked.get('airis.db.server.lock.longest_wait')).toBeLessThan(20);
    expect(locked.get('postgresql.backends idle_in_transaction')).toBe(1);
    expect(locked.get('postgresql.backends active')).toBe(2);
    // Those who wait are not slow.
    expect(locked.get('airis.db.server.statement.longest')).toBeLessThan(0.25);
    const [explanation, ...more] = reading.context()?.explanations ?? [];
    expect(more).toEqual([]);
    expect(explanation).toMatchObject({
      trouble: 'lock',
      ref: expect.stringMatching(/^process:month-end-closing\[\d+\]$/),
    });
    expect(explanation?.note.en).toMatch(
      /month-end-closing \(pid \d+\), idle in a transaction it has not committed for \d+ s/,
    );
    expect(JSON.stringify(explanation)).not.toContain('stock');

    await holder.query('COMMIT');
    await Promise.all(waits);
    await Promise.all([holder, ...waiters].map((client) => client.end()));
    expect((await reading.read()).get('airis.db.server.lock.waiters')).toBe(0);
    expect(reading.context()?.explanations).toEqual([]);
  });

  it('sees a slow statement while it runs and in the mean afterwards', async () => {
    await using reading = reader();
    await reading.read();
    const slow = await server.connect('shop-app');
    const running = slow.query("SELECT pg_sleep(4), 'private' /* hidden */");
    await expect.poll(async () => (await reading.read()).get('airis.db.server.statement.longest')).toBeGreaterThan(0.6);
    const note = reading.context()?.explanations?.[0]?.note.en ?? '';
    expect(note).toMatch(/shop-app.*SELECT pg_sleep \(\?\), \?/);
    expect(note).not.toMatch(/private|hidden/);
    await running;
    await slow.end();
    await expect
      .poll(async () => (await reading.read()).get('airis.db.server.statement.duration') ?? 0)
      .toBeGreaterThan(0.3);
    expect((await reading.read()).get('airis.db.server.statement.longest')).toBe(0);
  });

  it('tells slow statements that name their trace as spans, waiting or running, without their literals', async () => {
    await using reading = reader();
    await reading.read();
    const [traceId, parentSpanId] = ['5bd66ef5095369c7b0d1f8f4bd33716a', 'c532cb4098ac3dd2'];
    const tagged = (sql: string) => `${sql} /*route='x',traceparent='00-${traceId}-${parentSpanId}-01'*/`;
    const [slow, holder, waiter, quiet] = await Promise.all(
      ['a', 'b', 'c', 'd'].map((name) => server.connect(`shop-${name}`)),
    );
    await holder!.query('BEGIN');
    await holder!.query('SELECT 1 FROM stock FOR UPDATE');
    const waits = waiter!.query(tagged('UPDATE stock SET n = n - 1 WHERE id = 1'));
    await quiet!.query("SELECT pg_sleep(0.6), 'untold'");
    // It begins and ends between two readings, and its session says so afterwards.
    await slow!.query(tagged("SELECT pg_sleep(0.6), 'private' FROM stock WHERE id = 1"));
    await reading.read();
    await holder!.query('COMMIT');
    await waits;
    await waiter!.end();
    await reading.read();
    const told = reading.takeSpans();
    expect(told.map(({ name, kind, role }) => [name, kind, role])).toEqual([
      ['SELECT pg_sleep (?), ? FROM stock WHERE id = ?', 2, 'postgresql'],
      ['UPDATE stock SET n = n - ? WHERE id = ?', 2, 'postgresql'],
    ]);
    for (const span of told) {
      expect(span).toMatchObject({ traceId, parentSpanId, service: '', peer: '' });
      expect(span.elapsedMs).toBeGreaterThan(590);
      expect(span.elapsedMs).toBeLessThan(10_000);
    }
    expect(JSON.stringify(told)).not.toMatch(/private|untold/);
    await reading.read();
    expect(reading.takeSpans()).toEqual([]);
    await Promise.all([slow, holder, quiet].map((client) => client!.end()));
  });

  it('says what a replication slot keeps, and how old transaction ids are', async () => {
    const owner = await server.connect('test');
    await owner.query("SELECT pg_create_physical_replication_slot('forgotten', true)");
    await owner.query('SELECT pg_switch_wal()');
    await owner.query('UPDATE stock SET n = n');
    await using reading = reader();
    const read = await reading.read();
    expect(read.get('airis.postgresql.replication_slot.retained')).toBeGreaterThan(100);
    expect(read.get('airis.postgresql.xid.age')).toBeGreaterThan(0);
    expect(read.has('postgresql.wal.delay')).toBe(false);
    await owner.query("SELECT pg_drop_replication_slot('forgotten')");
    await owner.end();
  });

  it('sees from both ends how far a standby is behind', async () => {
    await using standby = await server.startStandby();
    await using primary = reader();
    await using follower = reader('airis', standby.port);
    const step = (one: typeof primary) => {
      nowMs += 15_000;
      return one.read();
    };
    const patient = { timeout: 15_000 };
    const delayed = () =>
      step(follower).then(
        (read) => read.get('airis.postgresql.standby.delay'),
        () => undefined,
      );
    await expect.poll(delayed, patient).toBe(0);
    await expect.poll(async () => (await step(primary)).get('postgresql.replication.data_delay'), patient).toBe(0);

    const writer = await server.connect('test');
    // Without one the standby does not know how old it is.
    await writer.query('UPDATE stock SET n = n');
    await expect.poll(delayed, patient).toBe(0);
    const { Client } = await import('pg');
    const owner = new Client({
      host: '127.0.0.1',
      port: standby.port,
      user: 'owner',
      password: 'owner-secret',
      database: 'shop',
    });
    // Ends with its server.
    owner.on('error', () => undefined);
    await owner.connect();
    await expect
      .poll(async () => (await owner.query('SELECT pg_last_xact_replay_timestamp() AS at')).rows[0].at, patient)
      .not.toBeNull();
    await owner.query('SELECT pg_wal_replay_pause()');
    await writer.query('INSERT INTO stock SELECT n, n FROM generate_series(100, 2000) n');
    await expect
      .poll(async () => (await step(primary)).get('postgresql.replication.data_delay'), patient)
      .toBeGreaterThan(50_000);
    await expect.poll(delayed, patient).toBeGreaterThan(0);
    await owner.query('SELECT pg_wal_replay_resume()');
    await expect.poll(async () => (await step(primary)).get('postgresql.replication.data_delay'), patient).toBe(0);
    await Promise.all([writer.end(), owner.end()]);
  }, 60_000);

  it('says what to grant, and still what may be seen', async () => {
    await using reading = reader('blind');
    await expect(reading.read()).rejects.toThrow('GRANT pg_monitor TO "blind"');
  });

  it('is found as a role with its configuration', async () => {
    const found = await postgresqlRole.find(await readHostEvidence(host));
    expect(found.find(({ ports }) => ports.includes(server.port))).toMatchObject({
      configPath: `${server.folder}/data/postgresql.conf`,
      role: { name: 'postgresql', tier: 'database', version: expect.stringMatching(/^1\d$/), state: 'running' },
    });
  });

  it('says that the server is gone, pauses between attempts, and comes back', async () => {
    await using reading = reader();
    await reading.read();
    await server.kill();
    await expect(reading.read()).rejects.toThrow('shop at 127.0.0.1');
    await expect(reading.read()).rejects.toThrow(/ECONNREFUSED|terminat/);
    await server.start();
    nowMs += 15_000;
    expect((await reading.read()).get('airis.db.server.lock.waiters')).toBe(0);
  });
});
