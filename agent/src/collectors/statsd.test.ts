import { describe, expect, it } from 'vitest';
import type { SampleWriter } from './collector.ts';
import { createHost, type Host, restrictHost } from './host.ts';
import { SampleWindow } from './sample-window.ts';
import { statsdCollector } from './statsd.ts';

/** The collector on a port that is a function, and a clock of the test's own. */
function rig(settings: object = {}, refuseDeclaring: readonly string[] = []) {
  const collector = statsdCollector.create({ listen: '127.0.0.1:8125', ...settings });
  let send: (packet: Buffer) => void = () => undefined;
  let nowMs = 0;
  let closed = 0;
  let broken: Error | null = null;
  const machine: Host = {
    ...createHost('/nowhere', () => nowMs),
    udp: async (_place, onPacket) => {
      send = onPacket;
      return {
        port: 8125,
        error: () => broken,
        [Symbol.asyncDispose]: async () => {
          closed++;
          broken = null;
        },
      };
    },
  };
  const host = restrictHost(machine, collector.capabilities);
  const units: Record<string, string> = {};
  const refused: Record<string, number> = {};
  const read = async (): Promise<Record<string, number>> => {
    const written: Record<string, number> = {};
    const out: SampleWriter = {
      write: (metric, value, attributes = {}) => {
        written[[metric, ...Object.values(attributes)].join(' ')] = value;
      },
      declare: (metric, { unit, kind }) => {
        units[metric] = `${kind} ${unit}`;
        return !refuseDeclaring.includes(metric);
      },
      refuse: (reason, howMany = 1) => {
        refused[reason] = (refused[reason] ?? 0) + howMany;
      },
    };
    await collector.collect(host, out);
    nowMs += 1_000;
    return written;
  };
  return {
    collector,
    read,
    units,
    refused,
    send: (...lines: string[]) => send(Buffer.from(lines.join('\n'))),
    pass: (ms: number) => {
      nowMs += ms;
    },
    break: (error: Error) => {
      broken = error;
    },
    closed: () => closed,
  };
}

describe('statsd', () => {
  it('counts with sample rates, beginning at 0 so that the first events are an increase', async () => {
    const { read, send, units } = rig();
    expect(await read()).toEqual({});
    send('orders:1|c', 'orders:2|c|@0.5|#kind:web', 'orders:1|c\n');
    expect(await read()).toEqual({ orders: 0, 'orders web': 0 });
    expect(await read()).toEqual({ orders: 2, 'orders web': 4 });
    send('orders:1|c');
    expect(await read()).toEqual({ orders: 3, 'orders web': 4 });
    expect(units).toEqual({ orders: 'counter {event}' });
  });

  it('sets gauges and moves them, and shows a gap when one is not sent any more', async () => {
    const { read, send, pass } = rig({ keepGaugesSeconds: 60 });
    await read();
    send('queue:5|g', 'queue:+3|g', 'queue:-1|g');
    expect(await read()).toEqual({ queue: 7 });
    expect(await read()).toEqual({ queue: 7 });
    pass(60_000);
    expect(await read()).toEqual({});
    send('queue:-2|g');
    expect(await read()).toEqual({ queue: 5 });
  });

  it('gives count, sum and percentiles of timers (in seconds) and histograms', async () => {
    const { read, send, units } = rig();
    await read();
    send(...Array.from({ length: 100 }, (_, i) => `pay:${(i + 1) * 10}|ms`), 'size:7:9|h|@0.5');
    const first = await read();
    expect(first).toMatchObject({ 'pay.count': 0, 'pay.p50': 0.5, 'pay.p95': 0.95, 'pay.p99': 0.99, 'size.p50': 7 });
    const second = await read();
    expect(second).toEqual({ 'pay.count': 100, 'pay.sum': expect.closeTo(50.5), 'size.count': 4, 'size.sum': 32 });
    expect(units).toMatchObject({
      'pay.count': 'counter {event}',
      'pay.sum': 'counter s',
      'pay.p95': 'gauge s',
      'size.p99': 'gauge {value}',
    });
  });

  it('counts the distinct values of a set in a second, and tells none of them', async () => {
    const { read, send, refused } = rig();
    await read();
    send('users:kim|s', 'users:lee|s', 'users:kim|s');
    expect(await read()).toEqual({ users: 2 });
    expect(await read()).toEqual({ users: 0 });
    for (let i = 0; i < 1_100; i++) send(`users:${i}|s`);
    expect(await read()).toEqual({ users: 1_000 });
    expect(refused).toEqual({ 'statsd-set-full': 100 });
  });

  it('counts what a counter is decremented by beside what it is incremented by', async () => {
    const { read, send } = rig();
    await read();
    send('open:1|c', 'open:1|c', 'open:-1|c');
    expect(await read()).toEqual({ open: 0, 'open.decremented': 0 });
    send('open:-1|c|@0.5');
    expect(await read()).toEqual({ open: 2, 'open.decremented': 3 });
  });

  it('counts what it does not take', async () => {
    const { read, send, refused } = rig();
    await read();
    send('nonsense', 'a:x|c', '_sc|x|0', 'a:-1|c', 'a:-1|ms', `a:1|c|#${'t,'.repeat(20)}`);
    await read();
    expect(refused).toEqual({
      'statsd-malformed': 2,
      'statsd-unsupported': 1,
      'statsd-negative-timer': 1,
      'statsd-bad-tags': 1,
    });
  });

  it('drops what comes faster than it may, and what makes ever new series', async () => {
    const { read, send, refused } = rig({ maxLinesPerSecond: 100, maxSeries: 10 });
    await read();
    send(...Array.from({ length: 150 }, () => 'a:1|c'));
    send('a:1|c');
    await read();
    expect(await read()).toEqual({ a: 100 });
    expect(refused).toEqual({ 'statsd-rate': 51 });
    send(...Array.from({ length: 20 }, (_, i) => `n${i}:1|g`));
    expect(Object.keys(await read())).toHaveLength(10);
    expect(refused['statsd-too-many-series']).toBe(11);
  });

  it('lets no two kinds share a metric, and writes none that may not be declared', async () => {
    const { read, send, refused } = rig({}, ['taken']);
    await read();
    send('x:1|ms', 'x.count:5|c', 'y:1|c', 'y:2|g', 'taken:1|g');
    await read();
    const written = await read();
    expect(written).toMatchObject({ 'x.count': 1, y: 1 });
    expect(written).not.toHaveProperty('taken');
    expect(refused).toEqual({ 'metric-changed': 4 });
  });

  it('opens its port again after it broke, keeps its counts, and closes it at the end', async () => {
    const tried = rig();
    await tried.read();
    tried.send('orders:2|c');
    await tried.read();
    tried.break(new Error('interface gone'));
    await expect(tried.read()).rejects.toThrow('interface gone');
    expect(await tried.read()).toEqual({ orders: 2 });
    tried.send('orders:1|c');
    expect(await tried.read()).toEqual({ orders: 3 });
    await tried.collector.close?.();
    expect(tried.closed()).toBe(2);
  });

  it('listens nowhere unless told', async () => {
    const collector = statsdCollector.create(undefined);
    expect(await collector.applies(createHost())).toBe(false);
    for (const listen of ['8125', 'localhost:8125', '127.0.0.1:99999', '300.1.1.1:1']) {
      expect(() => statsdCollector.create({ listen }), listen).toThrow();
    }
  });
});

describe('a window of samples', () => {
  it('keeps percentiles within a per cent when it holds far more than it has room for', () => {
    const window = new SampleWindow();
    const total = 100_000;
    for (let i = 0; i < total; i++) window.add(i);
    const values = window.take([0.5, 0.95, 0.99])!;
    for (const [i, share] of [0.5, 0.95, 0.99].entries()) expect(values[i]! / total).toBeCloseTo(share, 1.9);
    expect(window.take([0.5])).toBeNull();
  });
});
