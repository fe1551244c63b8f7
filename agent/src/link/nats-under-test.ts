import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ACTUAL_BUCKET, DATA_STREAM, DESIRED_BUCKET, EVENT_STREAM } from '@airis/protocol';
import { DiscardPolicy, jetstreamManager, StorageType } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { freePort } from '../free-port-under-test.ts';

/** A real nats-server on a free loopback port, with the product's streams. For tests. */
export interface TestNats extends AsyncDisposable {
  readonly url: string;
  /** A connection that may do everything: the hub's side. */
  readonly hub: NatsConnection;
  /** Ends the server's process at once; the store stays. */
  kill(): Promise<void>;
  /** Starts it again on the same port and store, with other settings where given. */
  restart(): Promise<void>;
  /** Empties the streams, as a hub does that has stored what they held. */
  purge(): Promise<void>;
  /** Has the running server read other settings. */
  reload(settings: string): void;
}

const binary = () => {
  const given = process.env.AIRIS_NATS_SERVER;
  if (given !== undefined) return given;
  const tool = join(import.meta.dirname, '../../../.tools/nats-server');
  return existsSync(tool) ? tool : 'nats-server';
};

export async function startTestNats(options: { settings?: string; maxBytes?: number } = {}): Promise<TestNats> {
  const folder = mkdtempSync(join(tmpdir(), 'airis-nats-'));
  const port = await freePort();
  const url = `nats://127.0.0.1:${port}`;
  const file = join(folder, 'nats.conf');
  let child: ChildProcess | null = null;

  let settings = options.settings ?? '';
  const write = () =>
    writeFileSync(file, `listen: 127.0.0.1:${port}\njetstream { store_dir: "${folder}/js" }\n${settings}\n`);
  const launch = async () => {
    write();
    child = spawn(binary(), ['-c', file], { stdio: 'ignore' });
    await reachable(port);
  };
  const kill = async () => {
    const running = child;
    if (running === null) return;
    child = null;
    const gone = new Promise((resolve) => running.once('exit', resolve));
    running.kill('SIGKILL');
    await gone;
  };

  await launch();
  const hub = await connect({
    servers: url,
    maxReconnectAttempts: -1,
    reconnectTimeWait: 100,
    user: 'hub',
    pass: 'hub',
  });
  await makeStreams(hub, options.maxBytes ?? 100_000_000);
  return {
    url,
    hub,
    kill,
    restart: launch,
    async purge() {
      const manager = await jetstreamManager(hub);
      for (const stream of [DATA_STREAM, EVENT_STREAM]) await manager.streams.purge(stream);
    },
    reload(changed) {
      settings = changed;
      write();
      child?.kill('SIGHUP');
    },
    async [Symbol.asyncDispose]() {
      await hub.close();
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function makeStreams(hub: NatsConnection, maxBytes: number): Promise<void> {
  const manager = await jetstreamManager(hub);
  const shared = {
    storage: StorageType.File,
    discard: DiscardPolicy.New,
    max_bytes: maxBytes,
    duplicate_window: 120e9,
  };
  await manager.streams.add({ name: DATA_STREAM, subjects: ['airis.data.>'], ...shared });
  await manager.streams.add({ name: EVENT_STREAM, subjects: ['airis.event.>'], ...shared });
  const buckets = new Kvm(hub);
  await buckets.create(DESIRED_BUCKET, { allow_direct: true });
  await buckets.create(ACTUAL_BUCKET);
}

async function reachable(port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    try {
      const probe = await connect({ servers: `127.0.0.1:${port}`, user: 'hub', pass: 'hub', timeout: 1_000 });
      await probe.close();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  throw new Error(`nats-server does not answer on port ${port}`);
}
