import { describe, expect, it } from 'vitest';
import type { MetricsRequest, MetricsResult } from '../api/ports.ts';
import { readCapacity } from './read-capacity.ts';

const STEP_MS = 6 * 3_600_000;
const NOW = 1_800_000_000_000;

type Told = Readonly<Record<string, readonly { attributes: Record<string, string>; values: readonly number[] }[]>>;

/** Answers with values that end now, for the metrics that are there. */
function queryOf(told: Told) {
  const asked: MetricsRequest[] = [];
  const metrics = async (request: MetricsRequest): Promise<MetricsResult> => {
    asked.push(request);
    const found = (told[request.metric] ?? []).filter(({ attributes }) =>
      Object.entries(request.attributes ?? {}).every(([key, value]) => attributes[key] === value),
    );
    const count = Math.max(0, ...found.map(({ values }) => values.length));
    return {
      times: Array.from({ length: count }, (_, i) => NOW - (count - i) * STEP_MS),
      series: found.map(({ attributes, values }, id) => {
        const known = [...Array(count - values.length).fill(Number.NaN), ...values];
        const metric = request.metric;
        return { id: `${id}`, agent: 'a', metric, attributes, unit: '1', mean: known, min: known, max: known };
      }),
      gaps: [],
    };
  };
  return { metrics, asked };
}

const growing = (from: number, perDay: number, days = 30) =>
  Array.from({ length: days * 4 }, (_, i) => from + (perDay * i) / 4);

describe('what fills up on a host', () => {
  it('is its disks, folders, memory and pools, soonest full first', async () => {
    const query = queryOf({
      'system.filesystem.utilization': [
        { attributes: { 'system.filesystem.mountpoint': '/' }, values: growing(0.2, 0) },
        { attributes: { 'system.filesystem.mountpoint': '/var' }, values: growing(0.5, 0.01) },
      ],
      'system.memory.utilization': [{ attributes: {}, values: growing(0.6, 0) }],
      'db.client.connection.count': [
        {
          attributes: { 'db.client.connection.pool.name': 'jdbc/shop', 'db.client.connection.state': 'used' },
          values: growing(4, 0.4),
        },
        {
          attributes: { 'db.client.connection.pool.name': 'jdbc/shop', 'db.client.connection.state': 'idle' },
          values: growing(9, 0),
        },
      ],
      'db.client.connection.max': [
        { attributes: { 'db.client.connection.pool.name': 'jdbc/shop' }, values: growing(20, 0, 1) },
      ],
    });
    const found = await readCapacity(query, 'web-1', NOW);
    expect(found.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'connection-pool jdbc/shop',
      'file-system /var',
      'memory null',
      'file-system /',
    ]);
    expect(found[0]?.usedRatio).toBeCloseTo((4 + 0.4 * 29.75) / 20);
    const days = (found[1]?.forecast?.inMs ?? 0) / 86_400_000;
    expect(days).toBeGreaterThan(18);
    expect(days).toBeLessThan(23);
    expect(found[2]?.forecast).toMatchObject({ probability: 0 });
    expect(query.asked.every(({ agents }) => agents?.[0] === 'web-1')).toBe(true);
  });

  it('leaves out what is gone, what has no limit, and gives no date from too little past', async () => {
    const query = queryOf({
      'system.filesystem.utilization': [
        {
          attributes: { 'system.filesystem.mountpoint': '/gone' },
          values: [...growing(0.5, 0.01, 10), ...Array(12).fill(Number.NaN)],
        },
        { attributes: { 'system.filesystem.mountpoint': '/new' }, values: growing(0.5, 0.01, 1) },
        { attributes: {}, values: growing(0.5, 0.01) },
      ],
      'db.client.connection.count': [
        {
          attributes: { 'db.client.connection.pool.name': 'p', 'db.client.connection.state': 'used' },
          values: growing(1, 1),
        },
      ],
    });
    const found = await readCapacity(query, 'web-1', NOW);
    expect(found).toMatchObject([{ name: '/new', forecast: null, daysOfPast: 1 }]);
  });
});
