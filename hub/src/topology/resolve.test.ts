import { describe, expect, it } from 'vitest';
import type { CallFact, ListenFact, Place, TraceFact } from './facts.ts';
import { FORGOTTEN_AFTER_MS, resolve } from './resolve.ts';

const now = 1_800_000_000_000;
const place = (agent: string, machine: string, scope: string | null, addresses: string[] = []): [string, Place] => [
  agent,
  { agent, machine, scope, pids: new Set(), addresses },
];
const listen = (agent: string, entity: string, address: string): ListenFact => ({
  kind: 'listen',
  agent,
  entity,
  address,
  lastSeenAtUnixMs: now,
});
const call = (agent: string, client: string, address: string, fields: Partial<CallFact> = {}): CallFact => ({
  kind: 'call',
  agent,
  client,
  address,
  by: 'socket',
  text: 'established: 4',
  count: 4,
  lastSeenAtUnixMs: now,
  ...fields,
});
const trace = (agent: string, caller: string, callee: string, peer: string): TraceFact => ({
  kind: 'trace',
  agent,
  caller,
  callee,
  peer,
  count: 20,
  lastSeenAtUnixMs: now,
});

const web = 'service:shop-web';
const was = 'service:shop-was';
const app = 'service:shop-app';
const places = new Map([
  place('shop-web', 'm1', web),
  place('shop-was', 'm1', was),
  place('shop-app', 'm1', app),
  place('demo', 'm1', null, ['10.0.0.1']),
  place('other', 'm2', 'database:orders', ['10.0.0.2']),
]);
const listens = [
  listen('shop-was', was, '0.0.0.0:8080'),
  listen('shop-app', app, '127.0.0.1:3000'),
  listen('demo', 'service:node@demo', '127.0.0.1:3001'),
  listen('demo', 'service:tomcat@demo', '0.0.0.0:8080'),
  listen('other', 'database:orders', '0.0.0.0:5432'),
];

describe('resolve', () => {
  it('finds who listens: on the same machine by loopback, elsewhere by its addresses', () => {
    const calls = [call('shop-web', web, '127.0.0.1:8080'), call('shop-app', app, '10.0.0.2:5432')];
    const { edges, entityAt } = resolve(places, listens, calls, [], now);
    expect(edges.map(({ caller, callee, via }) => [caller, callee, via])).toEqual([
      [app, 'database:orders', null],
      [web, was, null],
    ]);
    expect(entityAt('other', '127.0.0.1:8080')).toBeNull();
    expect(entityAt('other', '10.0.0.1:8080')).toBe(was);
    expect(entityAt('other', '10.0.0.1:3000')).toBeNull();
  });

  it('sees through a proxy by traces, and shows the address where there are none', () => {
    const proxy = '127.0.0.1:3001';
    const calls = [call('shop-was', was, proxy), call('shop-was', was, '127.0.0.1:9999')];
    const { edges, entityAt } = resolve(places, listens, calls, [trace('shop-was', was, app, proxy)], now);
    expect(entityAt('shop-was', proxy)).toBe(app);
    expect(edges.map(({ caller, callee, via }) => [caller, callee, via])).toEqual([
      [was, 'address:127.0.0.1:9999', null],
      [was, app, proxy],
    ]);
    expect(edges[1]?.evidence.map(({ kind }) => kind).sort()).toEqual(['socket', 'transaction']);
  });

  it('is surer of more kinds of evidence, and forgets in an hour', () => {
    const confidence = (calls: CallFact[]) => resolve(places, listens, calls, [], now).edges[0]?.confidence;
    const one = call('shop-web', web, '127.0.0.1:8080');
    expect(confidence([one])).toBeCloseTo(0.7);
    expect(confidence([one, { ...one, by: 'access-log' }])).toBeCloseTo(0.94);
    const half = { ...one, lastSeenAtUnixMs: now - FORGOTTEN_AFTER_MS / 2 };
    expect(confidence([half])).toBeLessThan(0.5);
    expect(confidence([{ ...one, lastSeenAtUnixMs: now - FORGOTTEN_AFTER_MS }])).toBeUndefined();
  });

  it('calls a service by the name its own agent gives it', () => {
    const { edges } = resolve(places, listens, [call('demo', 'service:tomcat@demo', '127.0.0.1:3000')], [], now);
    expect(edges).toMatchObject([{ caller: was, callee: app }]);
  });
});
