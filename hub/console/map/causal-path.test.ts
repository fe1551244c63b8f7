import { expect, it } from 'vitest';
import type { Topology } from '../api/types.ts';
import { causalPath } from './causal-path.ts';

const node = (entity: string) => ({
  entity,
  tier: 'app' as const,
  host: `host:${entity.split(':')[1]}`,
  runsOn: 'host:machine',
  role: null,
  state: 'ok' as const,
  callsPerSecond: null,
  p95ElapsedMs: null,
  errorRatio: null,
});
const edge = (caller: string, callee: string) => ({
  caller,
  callee,
  via: null,
  confidence: 1,
  evidence: [],
  callsPerSecond: null,
  meanElapsedMs: null,
  errorRatio: null,
  usual: null,
});
const shop: Topology = {
  nodes: ['service:web', 'service:was', 'service:app', 'database:db'].map(node),
  edges: [edge('service:web', 'service:was'), edge('service:was', 'service:app'), edge('service:app', 'database:db')],
  attachments: [],
};

it('walks from the cause to everybody who calls it', () => {
  expect(causalPath(shop, 'service:app').services).toEqual(['service:app', 'service:was', 'service:web']);
  expect(causalPath(shop, 'service:app').ids).not.toContain('database:db');
});

it('lights the edge of a link, and blames it on its caller side upwards', () => {
  const { ids, services } = causalPath(shop, 'link:was~app');
  expect(services).toEqual(['service:was', 'service:web']);
  expect(ids).toContain('service:was>service:app');
});

it('reaches from a device to the services on what hangs on it, and to who calls them', () => {
  const seen = { interfaceName: 'eth0', deviceName: 'sw-1', port: '1', confidence: 1, lastSeenAt: '' };
  const device = { ...node('device:sw-1'), tier: 'network' as const, host: null, runsOn: null };
  const wired: Topology = {
    nodes: [...shop.nodes, device],
    edges: shop.edges,
    attachments: [
      { ...seen, host: 'host:app', device: 'device:sw-1' },
      { ...seen, host: 'host:elsewhere', device: 'device:sw-1', port: '2' },
    ],
  };
  expect(causalPath(wired, 'device:sw-1').services).toEqual([
    'device:sw-1',
    'service:app',
    'service:was',
    'service:web',
  ]);
  expect(causalPath(wired, 'database:db').services).not.toContain('device:sw-1');
});

it('finds the service of a folder by its agent', () => {
  expect(causalPath(shop, 'directory:uploads@was').services[0]).toBe('service:was');
});

it('ends also where services call each other in a ring', () => {
  const ring = { ...shop, edges: [...shop.edges, edge('database:db', 'service:web')] };
  expect(causalPath(ring, 'service:web').services).toHaveLength(4);
});
