import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createEventBus, type EventBus } from './event-bus.ts';
import { streamEvents } from './event-stream.ts';

const health = (rowsLost: number) => ({
  event: 'health' as const,
  data: { at: '2026-11-22T21:00:00+09:00', ok: true, failing: [], lagSeconds: 0, rowsPerSecond: 0, rowsLost },
});

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A server whose every answer is `serve`, and one client that has its headers. */
async function connect(serve: (out: ServerResponse) => Promise<void>) {
  let isOver = false;
  const server = createServer((_request, out) => {
    out.writeHead(200, { 'content-type': 'text/event-stream' });
    out.flushHeaders();
    void serve(out).then(() => {
      isOver = true;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // it listens on TCP
  const incoming = await new Promise<IncomingMessage>((resolve) => get({ host: '127.0.0.1', port }, resolve));
  incoming.on('error', () => undefined); // being cut is what some tests wait for
  closing.push(async () => {
    incoming.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { incoming, isOver: () => isOver };
}

describe('the event bus', () => {
  const heard = (bus: EventBus, last: string | null) => {
    const ids: string[] = [];
    bus.subscribe(last, ({ id, event }) => ids.push(event.event === 'reset' ? 'reset' : id));
    return ids;
  };

  it.each([
    { name: 'nothing without an id', last: null, want: [] },
    { name: 'what was missed', last: 'b-3', want: ['b-4', 'b-5'] },
    { name: 'nothing when up to date', last: 'b-5', want: [] },
    { name: 'reset when the ring has moved on', last: 'b-1', want: ['reset'] },
    { name: 'reset for another run of the hub', last: 'a-5', want: ['reset'] },
    { name: 'reset for an id from the future', last: 'b-9', want: ['reset'] },
    { name: 'reset for nonsense', last: 'x', want: ['reset'] },
  ])('gives $name', ({ last, want }) => {
    const bus = createEventBus('b', 3);
    for (let n = 1; n <= 5; n += 1) bus.publish(health(n));
    expect(heard(bus, last)).toEqual(want);
  });

  it('forgets who has left', () => {
    const bus = createEventBus('b');
    bus.subscribe(null, () => expect.fail('left'))();
    bus.publish(health(1));
    expect(bus.subscribers).toBe(0);
  });
});

describe('one stream', () => {
  it('cuts a client that does not read, within its bounds, and forgets it', async () => {
    const bus = createEventBus('b');
    const client = await connect((out) =>
      streamEvents(out, bus, null, async () => true, { heartbeatMs: 60_000, queue: 8 }),
    );
    client.incoming.pause();
    await expect.poll(() => bus.subscribers).toBe(1);
    const large = { ...health(0), data: { ...health(0).data, failing: ['x'.repeat(1_000_000)] } };
    for (let n = 0; n < 200 && !client.isOver(); n += 1) {
      bus.publish(large);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await expect.poll(client.isOver).toBe(true);
    expect(bus.subscribers).toBe(0);
  });

  it.each([
    { name: 'the session has ended', isWelcome: async () => false },
    { name: 'nobody can say whether it has', isWelcome: () => Promise.reject(new Error('state is away')) },
  ])('ends when $name', async ({ isWelcome }) => {
    const bus = createEventBus('b');
    const client = await connect((out) => streamEvents(out, bus, null, isWelcome, { heartbeatMs: 20, queue: 8 }));
    client.incoming.resume();
    await expect.poll(client.isOver).toBe(true);
    expect(bus.subscribers).toBe(0);
  });

  it('beats, and ends with its client', async () => {
    const bus = createEventBus('b');
    const client = await connect((out) =>
      streamEvents(out, bus, null, async () => true, { heartbeatMs: 20, queue: 8 }),
    );
    let text = '';
    client.incoming.on('data', (chunk) => {
      text += String(chunk);
    });
    await expect.poll(() => text).toContain(': \n\n');
    client.incoming.destroy();
    await expect.poll(client.isOver).toBe(true);
  });
});
