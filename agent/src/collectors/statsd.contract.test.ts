import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CollectorRun } from '../collector-run.ts';
import { Gate } from '../gate/gate.ts';
import { openFloor } from '../gate/log-rules.ts';
import { Refusals } from '../refusals.ts';
import { SeriesRegistry } from '../series-registry.ts';
import { createHost } from './host.ts';
import { statsdCollector } from './statsd.ts';

const run = promisify(execFile);
const packages = mkdtempSync(join(tmpdir(), 'airis-statsd-'));
const poll = { timeout: 10_000 };

beforeAll(async () => {
  await run('python3', ['-m', 'pip', 'install', '-q', '--target', packages, 'statsd==4.0.1', 'datadog==0.52.1']);
}, 120_000);
afterAll(() => rmSync(packages, { recursive: true, force: true }));

/** The collector as the agent runs it, through gate and registry, on a free port. */
async function start() {
  const refusals = new Refusals();
  const registry = new SeriesRegistry({ resource: {}, refusals });
  const host = createHost();
  const collector = statsdCollector.create({ listen: '127.0.0.1:0' });
  const collectorRun = new CollectorRun(collector, {
    host,
    registry,
    gate: new Gate({ floor: openFloor, pseudonymKey: new Uint8Array(32), refusals }),
    refusals,
    random: Math.random,
    monotonicMs: () => performance.now(),
  });
  let tMs = Date.now();
  const step = async (): Promise<void> => {
    tMs += 1_000;
    await collectorRun.step(tMs);
  };
  await step();
  const value = (metric: string, ...attributes: string[]): number | undefined => {
    const found = registry.series.find(
      ({ identity }) => identity.metric === metric && Object.values(identity.attributes).join() === attributes.join(),
    );
    return found === undefined ? undefined : registry.values[found.index];
  };
  return {
    registry,
    refusals,
    step,
    value,
    port: Number(/\d+$/.exec(collectorRun.state(tMs)?.note ?? '')?.[0]),
    [Symbol.asyncDispose]: async () => collector.close?.(),
  };
}

const python = (code: string) => run('python3', ['-c', code], { env: { ...process.env, PYTHONPATH: packages } });

it('takes what the Python client sends: counters, gauges, timers, sets', async () => {
  await using agent = await start();
  const { value, step, port } = agent;
  await python(`
import statsd
c = statsd.StatsClient('127.0.0.1', ${port}, prefix='shop')
for i in range(10): c.incr('orders', 2)
c.gauge('queue', 12); c.gauge('queue', -2, delta=True)
for ms in range(1, 101): c.timing('pay', ms)
for user in ('kim', 'lee', 'kim'): c.set('users', user)
with c.pipeline() as p:
  p.incr('carts'); p.incr('carts')
c.decr('orders')
`);
  await step();
  expect(value('shop.queue')).toBe(10);
  expect(value('shop.users')).toBe(2);
  expect(value('shop.pay.p50')).toBeCloseTo(0.05);
  expect(value('shop.pay.p99')).toBeCloseTo(0.099);
  await step();
  const orders = value('shop.orders')!;
  // 20 orders and 2 carts between the same two readings.
  expect(orders).toBeGreaterThan(0);
  expect(orders / value('shop.carts')!).toBeCloseTo(10);
  expect(value('shop.pay.sum')! / value('shop.pay.count')!).toBeCloseTo(0.0505);
  expect(agent.refusals.snapshot()).toEqual({});
});

it('takes what the DogStatsD client sends, with tags and several metrics a packet', async () => {
  await using agent = await start();
  await python(`
from datadog.dogstatsd import DogStatsd
c = DogStatsd(host='127.0.0.1', port=${agent.port}, constant_tags=['env:test'], disable_telemetry=True)
for route in ('pay', 'cart'):
  for ms in (10, 20, 30): c.histogram('shop.size', ms, tags=['route:' + route])
  c.distribution('shop.weight', 3, tags=['route:' + route])
c.increment('shop.paid', 5, tags=['who:010-9876-5432'])
c.event('deployed', 'text')
c.service_check('up', 0)
c.flush()
`);
  await agent.step();
  expect(agent.value('shop.size.p50', 'pay', 'test')).toBe(20);
  expect(agent.value('shop.weight.p50', 'cart', 'test')).toBe(3);
  const paid = agent.registry.series.find(({ identity }) => identity.metric === 'shop.paid');
  expect(paid?.identity.attributes.who).toMatch(/^masked:/);
  expect(agent.refusals.snapshot()).toEqual({ 'statsd-unsupported': 2 });
});

it('goes on under garbage, names of other collectors, and label explosions', async () => {
  await using agent = await start();
  const socket = createSocket('udp4');
  const send = (text: string | Buffer) =>
    new Promise<void>((done) => socket.send(text, agent.port, '127.0.0.1', () => done()));
  agent.registry.writer({ 'system.cpu.utilization': { unit: '1', kind: 'gauge', about: '' } });
  for (let i = 0; i < 50; i++)
    await send(Buffer.from(Array.from({ length: 200 }, (_, at) => (at * 37 + i * 11) % 256)));
  await send('system.cpu.utilization:1|g\ncard.5555444433331111:1|g');
  for (let i = 0; i < 300; i++) await send(`hits:1|g|#path:p${i}`);
  await send('alive:1|g');
  const alive = async () => {
    await agent.step();
    return agent.value('alive');
  };
  await expect.poll(alive, poll).toBe(1);
  const metrics = new Set(agent.registry.series.map(({ identity }) => identity.metric));
  expect([...metrics].sort()).toEqual(['alive', 'hits']);
  expect(agent.registry.length).toBe(258);
  expect(agent.refusals.snapshot()).toMatchObject({
    'statsd-malformed': expect.any(Number),
    'metric-name-taken': 1,
    'metric-name-personal': 1,
    'label-explosion': expect.any(Number),
  });
  await new Promise<void>((done) => socket.close(done));
});
