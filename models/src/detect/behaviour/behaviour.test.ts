import { describe, expect, it } from 'vitest';
import { createRandom } from '../../random.ts';
import { behaviourChannels } from './behaviour-channels.ts';
import { BehaviourRows, ROW_LIMIT, ROW_MS } from './behaviour-rows.ts';
import { judgeBehaviour } from './judge-behaviour.ts';

const DAY = 288;
const START = 1_795_000_200_000;
const series = [
  ['system.cpu.utilization', {}],
  ['system.memory.utilization', {}],
  ['airis.http.server.requests', { 'http.response.status_class': '2xx' }],
  ['http.server.request.duration', {}],
  ['system.network.io', { 'network.io.direction': 'transmit' }],
  ['jvm.memory.used', { 'jvm.memory.type': 'heap' }],
] as const;

/** A WAS by day and night: everything follows its requests. */
function officeDay(row: number, random: () => number): number[] {
  const time = (row % DAY) / DAY;
  const requests = (20 + 180 * Math.max(0, Math.sin((time - 0.3) * 2 * Math.PI))) * (0.9 + 0.2 * random());
  const noise = () => 0.97 + 0.06 * random();
  return [
    (0.05 + 0.003 * requests) * noise(),
    0.6 * noise(),
    requests,
    (0.02 + 0.0001 * requests) * noise(),
    requests * 5_000 * noise(),
    (3e8 + 1e6 * requests) * noise(),
  ];
}
const slowAnswers = (values: number[]) => values.map((value, i) => (i === 3 ? value * 4 : value));

/** Rows `from` to `to`, each column one series. */
function give(rows: BehaviourRows, from: number, to: number, valuesOf: (row: number) => readonly number[]): void {
  const table = Array.from({ length: to - from }, (_, i) => valuesOf(from + i));
  rows.take(
    table.map((_, i) => START + (from + i) * ROW_MS),
    series.map(([metric, attributes], c) => ({ metric, attributes, mean: table.map((values) => values[c]!) })),
  );
}

describe('the behaviour of a host', () => {
  it('is strange when what moves together no longer does, and says what left it, since when, and when it is over', async () => {
    const random = createRandom(7);
    const rows = new BehaviourRows();
    give(rows, 0, 3 * DAY, (row) => officeDay(row, random));
    for (let row = 3 * DAY; row < 3 * DAY + 36; row++) {
      give(rows, row, row + 1, (at) => officeDay(at, random));
      expect((await judgeBehaviour(rows))?.isStrange).toBe(false);
    }
    give(rows, 3 * DAY + 36, 3 * DAY + 38, (row) => slowAnswers(officeDay(row, random)));
    const verdict = await judgeBehaviour(rows);
    expect(verdict).toMatchObject({ isStrange: true, isNews: true });
    expect(verdict?.moved[0]).toMatchObject({ channel: { name: 'latency' } });
    expect(verdict?.moved[0]?.deviation).toBeGreaterThan(5);
    expect(verdict?.sinceUnixMs).toBe(START + (3 * DAY + 36) * ROW_MS);
    give(rows, 3 * DAY + 38, 3 * DAY + 70, (row) => officeDay(row, random));
    expect(await judgeBehaviour(rows)).toMatchObject({ isStrange: false, isNews: false, moved: [] });
  });

  it('is not judged before a day is known, nor by two channels', async () => {
    const random = createRandom(3);
    const rows = new BehaviourRows();
    give(rows, 0, DAY - 1, (row) => officeDay(row, random));
    expect(await judgeBehaviour(rows)).toBeNull();
    give(rows, DAY - 1, DAY, (row) => officeDay(row, random));
    expect(await judgeBehaviour(rows)).not.toBeNull();
    const few = new BehaviourRows();
    give(few, 0, 2 * DAY, (row) => officeDay(row, random).map((value, i) => (i < 2 ? value : Number.NaN)));
    expect(await judgeBehaviour(few)).toBeNull();
  });
});

describe('rows of a host', () => {
  const ones = () => [1, 1, 1, 1, 1, 1];

  it('are those of a week; what is read again replaces what was there, what nobody read is a gap', () => {
    const rows = new BehaviourRows();
    give(rows, 0, ROW_LIMIT, ones);
    give(rows, ROW_LIMIT - 2, ROW_LIMIT + 1, () => [0.5, 1, 1, 1, 1, 1]);
    give(rows, ROW_LIMIT + 3, ROW_LIMIT + 4, ones);
    const { channels, columns, endUnixMs } = rows.table();
    expect(rows.rows).toBe(ROW_LIMIT);
    expect(channels.map(({ name }) => name)).toEqual([
      'cpu.busy',
      'memory.used',
      'network.transmit',
      'requests',
      'latency',
      'heap',
    ]);
    expect([...columns[0]!.slice(-7)]).toEqual([1, 0.5, 0.5, 0.5, Number.NaN, Number.NaN, 1]);
    expect(endUnixMs).toBe(START + (ROW_LIMIT + 4) * ROW_MS);
  });

  it('begin anew after more than a week of absence', () => {
    const rows = new BehaviourRows();
    give(rows, 0, 500, ones);
    give(rows, 500 + 2 * ROW_LIMIT, 503 + 2 * ROW_LIMIT, ones);
    expect(rows.rows).toBe(3);
  });

  it('have one name a channel', () => {
    const names = behaviourChannels.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});

it.each([
  ['constant', () => 1],
  ['nothing', () => Number.NaN],
  ['infinite', (row: number) => (row % 7 === 0 ? Number.POSITIVE_INFINITY : row)],
  ['denormal', (row: number) => row * Number.MIN_VALUE],
  ['near the largest', (row: number) => (row % 2 === 0 ? 1e150 : -1e150)],
  ['with holes', (row: number) => (row % 3 === 0 ? Number.NaN : row)],
  ['a counter that is reset', (row: number) => row % 50],
])('%s: a verdict of finite numbers, or none', async (_, readingOf) => {
  const rows = new BehaviourRows();
  give(rows, 0, DAY + 40, (row) => Array(6).fill(readingOf(row)));
  const verdict = await judgeBehaviour(rows);
  if (verdict === null) return;
  expect(Number.isFinite(verdict.score) && Number.isFinite(verdict.sinceUnixMs)).toBe(true);
  expect(verdict.moved.every(({ deviation }) => Number.isFinite(deviation))).toBe(true);
});
