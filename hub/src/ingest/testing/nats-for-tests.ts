import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { ensureStreams } from '../../broker/streams.ts';

export interface NatsForTests extends AsyncDisposable {
  readonly port: number;
  readonly pid: number;
  connect(): Promise<NatsConnection>;
}

/** A nats-server without accounts, with the product's streams and its durability. */
export async function startNatsForTests(): Promise<NatsForTests> {
  const folder = await mkdtemp(join(tmpdir(), 'airis-nats-'));
  const config = join(folder, 'nats.conf');
  writeFileSync(
    config,
    JSON.stringify({
      host: '127.0.0.1',
      port: -1,
      max_payload: 8 * 1024 * 1024,
      jetstream: { store_dir: join(folder, 'data'), sync_interval: 'always', max_file_store: 16 * 1024 ** 3 },
    }),
  );
  const child = spawn(serverBinary(), ['-c', config, '--ports_file_dir', folder], { stdio: 'ignore' });
  const port = await readPort(folder, child);
  const open = () => connect({ port, maxReconnectAttempts: -1, reconnectTimeWait: 100 });
  const nats = await open();
  await ensureStreams(await jetstreamManager(nats), 1);
  await nats.close();
  return {
    port,
    pid: child.pid!,
    connect: open,
    async [Symbol.asyncDispose]() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function serverBinary(): string {
  const named = process.env.AIRIS_NATS_SERVER;
  if (named !== undefined) return named;
  const installed = fileURLToPath(new URL('../../../../.tools/nats-server', import.meta.url));
  return existsSync(installed) ? installed : 'nats-server';
}

async function readPort(folder: string, child: ChildProcess): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (child.exitCode !== null) throw new Error(`nats-server ended with ${child.exitCode}`);
    const file = (await readdir(folder)).find((name) => name.endsWith('.ports'));
    const text = file === undefined ? '' : await readFile(join(folder, file), 'utf8');
    const port = /:(\d+)/.exec(text)?.[1];
    if (port !== undefined) return Number(port);
    await delay(50);
  }
  throw new Error('nats-server did not start');
}
