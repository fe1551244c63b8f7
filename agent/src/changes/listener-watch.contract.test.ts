import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { expect, it } from 'vitest';
import { createHost } from '../collectors/host.ts';
import { createListenerWatch, listenerWatchConfig } from './listener-watch.ts';

/** On loopback below the ports that the kernel gives away. */
async function listen(): Promise<{ server: Server; port: number }> {
  for (let port = 21_000; port < 21_100; port++) {
    const server = createServer();
    server.listen(port, '127.0.0.1');
    const isFree = await Promise.race([
      once(server, 'listening').then(() => true),
      once(server, 'error').then(() => false),
    ]);
    if (isFree) return { server, port };
  }
  throw new Error('no free port from 21000 to 21099');
}

it('sees a port that a real process opens, and which process it was', async () => {
  const watch = createListenerWatch({
    host: createHost(),
    config: listenerWatchConfig.parse({}),
    entity: 'host:web-1',
    newId: () => 'test-00000000',
    memory: { load: () => null, save: () => undefined },
  });
  await watch.poll();
  const { server, port } = await listen();
  try {
    await watch.poll();
    const mine = (await watch.poll()).find(({ attributes }) => attributes['server.port'] === String(port));
    expect(mine).toMatchObject({ kind: 'listener-opened', attributes: { 'process.pid': String(process.pid) } });
  } finally {
    server.close();
  }
});
