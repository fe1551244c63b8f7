import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createUserKey, MAX_BATCH_COMPRESSED_BYTES, privateKeyFromSeed, subjects, type UserKey } from '@airis/protocol';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, headers, jwtAuthenticator, type NatsConnection } from '@nats-io/transport-node';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { openCertificateAuthority } from '../auth/certificates.ts';
import { openKeyFolder } from '../auth/key-folder.ts';
import { createLog } from '../log.ts';
import type { Broker } from './broker.ts';
import { startEmbeddedBroker } from './embedded-broker.ts';

const repository = resolve(import.meta.dirname, '../../..');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'airis-broker-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function startBroker(host = '127.0.0.1', revokedKeys: readonly string[] = []): Promise<Broker> {
  const keys = openKeyFolder(join(folder, 'keys'));
  return await startEmbeddedBroker({
    folder: join(folder, 'nats'),
    keys,
    authority: await openCertificateAuthority(keys),
    listen: { host, port: 0 },
    publicHost: host === '127.0.0.1' ? null : '127.0.0.1',
    places: {
      named: process.env.AIRIS_NATS_SERVER ?? null,
      searchPath: '',
      folders: [join(repository, '.tools'), '/usr/local/bin', '/usr/bin'],
    },
    revokedKeys,
    log: createLog('error'),
  });
}

interface Agent {
  readonly id: string;
  readonly key: UserKey;
  readonly jwt: string;
  readonly certificatePem: string | null;
}

async function enrol(broker: Broker, id: string): Promise<Agent> {
  const key = createUserKey();
  const identity = { id, publicKey: key.publicKey };
  return {
    id,
    key,
    jwt: await broker.identities.mintAgentJwt(identity),
    certificatePem: await broker.identities.mintAgentCertificate(identity),
  };
}

async function connectAgent(broker: Broker, agent: Agent, options: object = {}): Promise<NatsConnection> {
  const connection = await connect({
    servers: broker.identities.agentUrls[0] ?? '',
    authenticator: jwtAuthenticator(agent.jwt, Buffer.from(agent.key.seed)),
    inboxPrefix: subjects.inboxPrefix(agent.id),
    maxReconnectAttempts: 0,
    timeout: 3_000,
    ...options,
  });
  onTestFinished(() => connection.close());
  return connection;
}

/** The server's reason for not letting a subscription be, or null where it lets it. */
async function subscribeRefusal(connection: NatsConnection, subject: string): Promise<string | null> {
  let reason: string | null = null;
  connection.subscribe(subject, {
    callback: (error) => {
      if (error !== null) reason = error.message;
    },
  });
  await connection.flush();
  await connection.flush();
  return reason;
}

describe('the embedded broker', () => {
  it('lets an agent speak for itself and for nobody else', async () => {
    await using broker = await startBroker();
    const agent = await enrol(broker, 'web-1');
    await broker.identities.writeFirstDesired({ id: 'web-1', generalLogSources: ['/var/log/nginx/*'] });
    await broker.identities.writeFirstDesired({ id: 'was-1', generalLogSources: [] });
    const connection = await connectAgent(broker, agent);
    const js = jetstream(connection, { timeout: 700 });

    const stored = await js.publish(subjects.data('web-1', 'block'), 'rows', { msgID: 'web-1.a.data.1' });
    expect(stored).toMatchObject({ stream: 'DATA', duplicate: false });
    expect(await js.publish(subjects.data('web-1', 'block'), 'rows', { msgID: 'web-1.a.data.1' })).toMatchObject({
      duplicate: true,
      seq: stored.seq,
    });
    const atRest = await broker.manager.streams.getMessage('DATA', { seq: stored.seq });
    expect(atRest?.subject).toMatch(/^airis\.part\.\d+\.web-1\.block$/);
    expect(await js.publish(subjects.event('web-1', 'finding'), '{}')).toMatchObject({ stream: 'EVENT' });
    expect(await js.publish('$KV.actual.web-1', '{}')).toMatchObject({ stream: 'KV_actual' });
    const desired = await connection.request('$JS.API.DIRECT.GET.KV_desired.$KV.desired.web-1', '', { timeout: 700 });
    expect(desired.json()).toMatchObject({ revision: 1, generalLogSources: ['/var/log/nginx/*'] });

    for (const forged of [
      subjects.data('was-1', 'block'),
      subjects.event('was-1', 'finding'),
      '$KV.actual.was-1',
      '$KV.desired.web-1',
      subjects.receipt('web-1'),
      subjects.order('was-1'),
    ]) {
      await expect(js.publish(forged, 'forged'), forged).rejects.toThrow();
    }
    for (const foreign of [
      '_INBOX.was-1.>',
      '_INBOX.>',
      '>',
      'airis.>',
      subjects.receipt('was-1'),
      subjects.ask('was-1', '*'),
      '$KV.desired.>',
      '$SYS.>',
    ]) {
      expect(await subscribeRefusal(connection, foreign), foreign).toMatch(/permissions violation/i);
    }
    const own = [
      subjects.receipt('web-1'),
      subjects.ask('web-1', '*'),
      subjects.order('web-1'),
      subjects.nudge('web-1'),
    ];
    for (const subject of own) expect(await subscribeRefusal(connection, subject), subject).toBeNull();
    await expect(
      connection.request('$JS.API.DIRECT.GET.KV_desired.$KV.desired.was-1', '', { timeout: 500 }),
    ).rejects.toThrow();
    await expect(connection.request('$JS.API.STREAM.DELETE.DATA', '', { timeout: 500 })).rejects.toThrow();
    await expect(connection.request('$JS.API.STREAM.PURGE.DATA', '', { timeout: 500 })).rejects.toThrow();
    await expect(jetstreamManager(connection, { timeout: 500 })).rejects.toThrow();
    expect((await broker.manager.streams.info('DATA')).state.messages).toBe(1);
  });

  it('keeps what an agent may publish from emptying what others published', async () => {
    await using broker = await startBroker();
    const connection = await connectAgent(broker, await enrol(broker, 'web-1'));
    await broker.jetstream.publish('$KV.actual.was-1', '{}');
    const rollup = headers();
    rollup.set('Nats-Rollup', 'all');
    await expect(
      jetstream(connection, { timeout: 700 }).publish('$KV.actual.web-1', '{}', { headers: rollup }),
    ).rejects.toThrow(/rollup/);
    expect((await broker.manager.streams.info('KV_actual')).state.messages).toBe(1);
    await expect(broker.manager.streams.purge('DATA')).rejects.toThrow(/not permitted/);
  });

  it('refuses what is larger than a batch may be, and serves everybody else', async () => {
    await using broker = await startBroker();
    const big = await connectAgent(broker, await enrol(broker, 'big-1'));
    const other = await connectAgent(broker, await enrol(broker, 'web-1'));
    const publish = (connection: NatsConnection, agent: string, bytes: number) =>
      jetstream(connection, { timeout: 3_000 }).publish(subjects.data(agent, 'block'), new Uint8Array(bytes));
    // Within what a connection may send, but more than a stream takes: this message fails, the connection stays.
    await expect(publish(big, 'big-1', MAX_BATCH_COMPRESSED_BYTES + 16 * 1024)).rejects.toThrow(/size exceeds/);
    expect(await publish(big, 'big-1', MAX_BATCH_COMPRESSED_BYTES)).toMatchObject({ stream: 'DATA' });
    const event = jetstream(big, { timeout: 3_000 }).publish(
      subjects.event('big-1', 'finding'),
      new Uint8Array(90_000),
    );
    await expect(event).rejects.toThrow(/size exceeds/);
    await expect(publish(big, 'big-1', MAX_BATCH_COMPRESSED_BYTES + 1024 * 1024)).rejects.toThrow();
    expect(await publish(other, 'web-1', 1_000)).toMatchObject({ stream: 'DATA' });
    expect((await broker.manager.streams.info('DATA')).state.messages).toBe(2);
  });

  it('frees room as messages are acknowledged, and refuses the share of one agent alone', async () => {
    await using broker = await startBroker();
    const connection = await connectAgent(broker, await enrol(broker, 'web-1'));
    const publish = async (count: number) => {
      const results = await Promise.allSettled(
        Array.from({ length: count }, () => jetstream(connection).publish(subjects.event('web-1', 'change'), '{}')),
      );
      return results.filter((result) => result.status === 'rejected').length;
    };
    expect(await publish(4_100)).toBe(4);
    expect(await broker.jetstream.publish(subjects.event('was-1', 'change'), '{}')).toMatchObject({ stream: 'EVENT' });
    await broker.manager.consumers.add('EVENT', {
      durable_name: 'hub',
      filter_subject: 'airis.event.>',
      ack_policy: 'explicit',
      max_ack_pending: 5_000,
    });
    const consumer = await broker.jetstream.consumers.get('EVENT', 'hub');
    for await (const message of await consumer.fetch({ max_messages: 4_000, expires: 5_000 })) message.ack();
    await broker.connection.flush();
    await expect
      .poll(async () => (await broker.manager.streams.info('EVENT')).state.messages, { timeout: 20_000 })
      .toBe(97);
    expect(await publish(4)).toBe(0);
  });

  it('cuts a revoked agent in mid-stream, and keeps it out over a restart', async () => {
    const revokedKeys: string[] = [];
    let web: Agent;
    let was: Agent;
    let url: string;
    {
      await using broker = await startBroker();
      url = broker.url;
      [web, was] = [await enrol(broker, 'web-1'), await enrol(broker, 'was-1')];
      const connection = await connectAgent(broker, web, { maxReconnectAttempts: 2, reconnectTimeWait: 100 });
      const other = await connectAgent(broker, was);
      const closed = connection.closed();
      let published = 0;
      const stream = (async () => {
        while (!connection.isClosed()) {
          await jetstream(connection, { timeout: 500 }).publish(subjects.data('web-1', 'block'), 'rows');
          published++;
        }
      })().catch(() => undefined); // the cut rejects the publish in flight
      await expect.poll(() => published).toBeGreaterThan(20);
      revokedKeys.push(web.key.publicKey);
      const startedAt = performance.now();
      await broker.identities.pushRevocations([revoked(web)]);
      await closed;
      const cutMs = performance.now() - startedAt;
      expect(cutMs).toBeLessThan(5_000);
      await stream;
      await expect(connectAgent(broker, web)).rejects.toThrow();
      await other.flush();
      revokedKeys.push(was.key.publicKey);
      await broker.identities.pushRevocations([revoked(web), revoked(was)]);
      await other.closed();
    }
    await using again = await startBroker('127.0.0.1', revokedKeys);
    expect(again.url).toBe(url);
    await expect(connectAgent(again, web)).rejects.toThrow();
    await expect(connectAgent(again, was)).rejects.toThrow();
    await connectAgent(again, await enrol(again, 'new-1'));
  });

  it('keeps messages, identities and keys over a restart', async () => {
    let agent: Agent;
    {
      await using broker = await startBroker();
      agent = await enrol(broker, 'web-1');
      const js = jetstream(await connectAgent(broker, agent));
      for (let n = 0; n < 50; n++) await js.publish(subjects.data('web-1', 'block'), `${n}`);
    }
    await using broker = await startBroker();
    expect((await broker.manager.streams.info('DATA')).state.messages).toBe(50);
    await jetstream(await connectAgent(broker, agent)).publish(subjects.data('web-1', 'block'), 'more');
    expect(statSync(join(folder, 'keys')).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, 'keys', 'nats-account.nk')).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'nats', 'nats-server.conf')).mode & 0o777).toBe(0o600);
  });

  it('is back within 10 s of a kill -9, with everything it acknowledged', async () => {
    await using broker = await startBroker();
    const agent = await enrol(broker, 'web-1');
    const connection = await connectAgent(broker, agent, { maxReconnectAttempts: -1, reconnectTimeWait: 100 });
    const js = jetstream(connection, { timeout: 1_000 });
    let acknowledged = 0;
    for (let kill = 0; kill < 3; kill++) {
      for (let n = 0; n < 100; n++) {
        await js.publish(subjects.data('web-1', 'block'), `${n}`);
        acknowledged++;
      }
      const killedAt = performance.now();
      process.kill(broker.status().pid ?? 0, 'SIGKILL');
      await expect.poll(() => broker.status().restarts, { timeout: 10_000 }).toBe(kill + 1);
      await expect
        .poll(async () => (await js.publish(subjects.event('web-1', 'change'), '{}')).seq, { timeout: 10_000 })
        .toBeGreaterThan(0);
      const backMs = performance.now() - killedAt;
      console.log(`kill ${kill + 1}: back after ${Math.round(backMs)} ms`);
      expect(backMs).toBeLessThan(10_000);
    }
    await expect
      .poll(async () => (await broker.manager.streams.info('DATA')).state.messages, { timeout: 10_000 })
      .toBe(acknowledged);
  });

  it('ends the server that a killed hub left behind', async () => {
    const pidFile = join(folder, 'nats', 'nats-server.pid');
    const script = `
      import { startEmbeddedBroker } from '${resolve(import.meta.dirname, 'embedded-broker.ts')}';
      import { openCertificateAuthority } from '${resolve(import.meta.dirname, '../auth/certificates.ts')}';
      import { openKeyFolder } from '${resolve(import.meta.dirname, '../auth/key-folder.ts')}';
      import { createLog } from '${resolve(import.meta.dirname, '../log.ts')}';
      const keys = openKeyFolder(process.argv[1] + '/keys');
      await startEmbeddedBroker({ folder: process.argv[1] + '/nats', keys, authority: await openCertificateAuthority(keys),
        listen: { host: '127.0.0.1', port: 0 }, publicHost: null, revokedKeys: [], log: createLog('error'),
        places: { named: process.env.AIRIS_NATS_SERVER ?? null, searchPath: '', folders: ['${join(repository, '.tools')}', '/usr/local/bin', '/usr/bin'] } });
      console.log('up');
      setInterval(() => {}, 1000);`;
    const hub = spawn(
      process.execPath,
      ['--conditions=airis-source', '--input-type=module-typescript', '-e', script, folder],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    await new Promise((up) => hub.stdout.once('data', up));
    const orphan = Number(readFileSync(pidFile, 'utf8'));
    hub.kill('SIGKILL');
    await using broker = await startBroker();
    expect(broker.status().pid).not.toBe(orphan);
    await expect.poll(() => isAlive(orphan)).toBe(false);
  });

  it('speaks TLS off loopback, and only with a certificate of its own authority', async () => {
    await using broker = await startBroker('0.0.0.0');
    expect(broker.url).toMatch(/^tls:/);
    const agent = await enrol(broker, 'web-1');
    const key = privateKeyFromSeed(agent.key.seed)?.export({ format: 'pem', type: 'pkcs8' }).toString() ?? '';
    const tls = { ca: broker.identities.caPem ?? '', cert: agent.certificatePem ?? '', key };
    const connection = await connectAgent(broker, agent, { tls });
    expect(await jetstream(connection).publish(subjects.data('web-1', 'block'), 'rows')).toMatchObject({ seq: 1 });
    await expect(connectAgent(broker, agent, { tls: { ca: tls.ca }, timeout: 1_500 })).rejects.toThrow();
    await expect(connectAgent(broker, agent, { timeout: 1_500 })).rejects.toThrow();
  });

  it('names the port that is taken', async () => {
    await using broker = await startBroker();
    const port = Number(new URL(broker.url).port);
    rmSync(join(folder, 'nats', 'nats-server.pid'));
    const keys = openKeyFolder(join(folder, 'keys'));
    await expect(
      startEmbeddedBroker({
        folder: join(folder, 'second'),
        keys,
        authority: await openCertificateAuthority(keys),
        listen: { host: '127.0.0.1', port },
        publicHost: null,
        places: { named: null, searchPath: '', folders: [join(repository, '.tools'), '/usr/local/bin'] },
        revokedKeys: [],
        log: createLog('error'),
      }),
    ).rejects.toMatchObject({ code: 'BROKER_PORT_TAKEN' });
  });

  it('closes the door for telemetry when the disk is nearly full, and opens it again, at the latest at the next start', async () => {
    {
      await using broker = await startBroker();
      const js = jetstream(await connectAgent(broker, await enrol(broker, 'web-1')), { timeout: 1_000 });
      const publish = () => js.publish(subjects.data('web-1', 'block'), 'rows');
      await publish();
      await broker.setDataAdmission(false);
      await expect(publish()).rejects.toThrow();
      await js.publish(subjects.event('web-1', 'finding'), '{}');
      await broker.setDataAdmission(true);
      expect(await publish()).toMatchObject({ seq: 2 });
      await broker.setDataAdmission(false);
    }
    await using broker = await startBroker();
    const js = jetstream(await connectAgent(broker, await enrol(broker, 'web-2')));
    expect(await js.publish(subjects.data('web-2', 'block'), 'rows')).toMatchObject({ seq: 3 });
    const part = await broker.manager.streams.getMessage('DATA', { seq: 3 });
    expect(part?.subject).toMatch(/^airis\.part\.\d+\.web-2\.block$/);
  });

  it.skipIf(process.getuid?.() !== 0)(
    'serves again by itself after a full disk, with all it had acknowledged',
    async () => {
      const disk = join(folder, 'nats');
      mkdirSync(disk);
      if (spawnSync('/bin/mount', ['-t', 'tmpfs', '-o', 'size=60m', 'tmpfs', disk]).status !== 0) return; // a container without the right to
      try {
        await using broker = await startBroker();
        const publish = () =>
          broker.jetstream.publish(subjects.data('web-1', 'block'), 'x'.repeat(200_000), { timeout: 500 });
        let acknowledged = 0;
        for (; acknowledged < 20; acknowledged++) await publish();
        spawnSync('dd', ['if=/dev/zero', `of=${join(disk, 'fill')}`, 'bs=1M']);
        await expect(publish()).rejects.toThrow();
        await expect.poll(() => broker.status().ok).toBe(false);
        rmSync(join(disk, 'fill'));
        const freedAt = performance.now();
        await expect.poll(async () => (await publish().catch(() => null))?.seq, { timeout: 10_000 }).toBeGreaterThan(0);
        console.log(`full disk: back ${Math.round(performance.now() - freedAt)} ms after there was room`);
        expect((await broker.manager.streams.info('DATA')).state.messages).toBeGreaterThan(acknowledged);
        expect(broker.status().ok).toBe(true);
      } finally {
        spawnSync('/bin/umount', [disk]);
      }
    },
  );

  it('refuses streams that somebody changed', async () => {
    {
      await using broker = await startBroker();
      const { config } = await broker.manager.streams.info('EVENT');
      await broker.manager.streams.update('EVENT', { ...config, max_bytes: 1024 * 1024 });
    }
    await expect(startBroker()).rejects.toMatchObject({
      code: 'BROKER_STREAM_DRIFT',
      message: expect.stringContaining('EVENT.max_bytes'),
    });
  });

  // Subject permissions do not authenticate commands: orders and models are signed for this reason.
  it('shows that the server itself can be made to speak on a foreign subject', async () => {
    await using broker = await startBroker();
    const mallory = await connectAgent(broker, await enrol(broker, 'mallory'));
    const victim = await connectAgent(broker, await enrol(broker, 'victim'));
    const received = new Promise<string>((resolveText) => {
      victim.subscribe(subjects.order('victim'), { callback: (_error, message) => resolveText(message.string()) });
    });
    await victim.flush();
    mallory.publish(subjects.data('mallory', 'block'), 'x', { reply: subjects.order('victim') });
    expect(JSON.parse(await received)).toMatchObject({ stream: 'DATA' });
  });
});

function revoked(agent: Agent) {
  return {
    number: 1,
    id: agent.id,
    hostName: agent.id,
    publicKey: agent.key.publicKey,
    enrolledAtUnixMs: 0,
    revokedAtUnixMs: 1,
    generalLogSources: [],
  };
}

function isAlive(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}
