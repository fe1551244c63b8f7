import type { Health } from '@airis/protocol';
import { expect, it } from 'vitest';
import { aHealth } from '../incident/test-events.ts';
import { createLog } from '../log.ts';
import { openStateStore } from '../store/state/state-store.ts';
import { createTopology } from './topology.ts';

const now = 1_800_000_000_000;
const [was, app] = ['service:shop-was', 'service:shop-app'];
const PROXY = '127.0.0.1:7001';

const ofWas = aHealth({
  atUnixMs: now,
  machine: 'm1',
  scope: { entity: was, pids: [10, 11] },
  topology: {
    listens: [{ entity: was, address: '0.0.0.0:8080' }],
    calls: [{ client: was, address: PROXY, kind: 'socket', text: 'established TCP connections: 4', count: 4 }],
    links: [],
  },
});
const ofApp = aHealth({
  atUnixMs: now,
  machine: 'm1',
  scope: { entity: app, pids: [20] },
  topology: { listens: [{ entity: app, address: '127.0.0.1:3000' }], calls: [], links: [] },
});
const ofMachine = aHealth({ atUnixMs: now, machine: 'm1' });

it('knows from health and traces who needs whom, and still does after a restart', async () => {
  await using state = openStateStore(':memory:');
  const hosts: { agent: string; health: Health; inventory: null }[] = [
    { agent: 'shop-app', health: ofApp, inventory: null },
    { agent: 'demo', health: ofMachine, inventory: null },
  ];
  const slice = { atUnixMs: now - 20_000, agent: 2, caller: was, peer: PROXY, callee: app };
  const start = (slices: readonly (typeof slice & { calls: number; failed: number; elapsedMsSum: number })[]) =>
    createTopology({
      store: state.topology,
      hosts: async () => hosts,
      agentName: async () => () => 'shop-was',
      callSlices: async () => slices,
      serviceRates: async () => [{ service: app, calls: 60, failed: 6, p95ElapsedMs: 40 }],
      clock: () => now,
      log: createLog('error', () => undefined),
      refreshEveryMs: 0,
    });
  const live = await start([{ ...slice, calls: 60, failed: 6, elapsedMsSum: 6_000 }]);
  live.hear('shop-was', ofWas, now);
  expect(live.dependencies()).toEqual([]);
  await live.refresh();
  expect(live.dependencies()).toMatchObject([{ caller: was, callee: app }]);
  expect(live.entityAt('shop-was', PROXY)).toBe(app);
  expect(live.hostOf(app)).toBe('host:demo');
  expect(live.agentOf(app)).toBe('shop-app');
  expect([live.scopeOfPid('m1', 20), live.scopeOfPid('demo', 11), live.scopeOfPid('demo', 12)]).toEqual([
    app,
    was,
    null,
  ]);
  const map = live.map();
  expect(map.entities).toEqual([app, was]);
  expect(map.edges).toMatchObject([{ via: PROXY, evidence: [{ kind: 'socket' }, { kind: 'transaction' }] }]);
  expect(map.rates.get(`${was} ${app}`)).toMatchObject({
    now: { callsPerSecond: 1, meanElapsedMs: 100, errorRatio: 0.1 },
    usual: null,
  });

  const again = await start([]);
  expect(again.dependencies()).toMatchObject([{ caller: was, callee: app }]);
  expect(again.entityAt('shop-was', PROXY)).toBe(app);
});
