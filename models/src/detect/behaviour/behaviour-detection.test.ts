import { finding as findingSchema } from '@airis/protocol';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../random.ts';
import { createBehaviourDetection } from './behaviour-detection.ts';
import { ROW_LIMIT, ROW_MS, savedBehaviourSchema } from './behaviour-rows.ts';

const DAY = 288;
const START = 1_795_000_000_000 - (1_795_000_000_000 % ROW_MS);
const series = [
  ['system.cpu.utilization', {}],
  ['system.memory.utilization', {}],
  ['airis.http.server.requests', { 'http.response.status_class': '2xx' }],
  ['http.server.request.duration', {}],
  ['system.network.io', { 'network.io.direction': 'transmit' }],
  ['jvm.memory.used', { 'jvm.memory.type': 'heap' }],
] as const;

function detectionOf() {
  let id = 0;
  const made = createBehaviourDetection({ entity: 'host:was-1', newId: () => `f-behaviour-${++id}` });
  series.forEach(([metric, attributes], index) => {
    made.addSeries(index, { id: BigInt(index + 1), metric, attributes, unit: '1', kind: 'gauge' });
  });
  return made;
}

/** A WAS by day and night: everything follows its requests. `odd` bends what belongs together. */
function officeDay(row: number, random: () => number, odd = (values: number[]) => values): Float64Array {
  const time = (row % DAY) / DAY;
  const requests = (20 + 180 * Math.max(0, Math.sin((time - 0.3) * 2 * Math.PI))) * (0.9 + 0.2 * random());
  const noise = () => 0.97 + 0.06 * random();
  return Float64Array.from(
    odd([
      (0.05 + 0.003 * requests) * noise(),
      0.6 * noise(),
      requests,
      (0.02 + 0.0001 * requests) * noise(),
      requests * 5_000 * noise(),
      (3e8 + 1e6 * requests) * noise(),
    ]),
  );
}

type Detection = ReturnType<typeof detectionOf>;

/** Steps of a minute, as the agent would make them every second. */
async function run(
  detection: Detection,
  from: number,
  to: number,
  valuesOf: (row: number) => Float64Array,
  isJudged = true,
) {
  const found = [];
  for (let row = from; row < to; row++) {
    const values = valuesOf(row);
    for (let minute = 0; minute < 5; minute++) {
      const isNew = detection.observe(START + row * ROW_MS + minute * 60_000, values, values.length);
      if (isNew && isJudged) await detection.judge();
    }
    found.push(...detection.takeFindings());
  }
  return found;
}

const slowAnswers = (values: number[]) => values.map((value, i) => (i === 3 ? value * 4 : value));

describe('the behaviour of a host', () => {
  it('is told when what moves together no longer does, with what left it, and when it is over', async () => {
    const random = createRandom(7);
    const detection = detectionOf();
    await run(detection, 0, 3 * DAY, (row) => officeDay(row, random), false);
    expect(await run(detection, 3 * DAY, 3 * DAY + 36, (row) => officeDay(row, random))).toEqual([]);
    const odd = await run(detection, 3 * DAY + 36, 3 * DAY + 42, (row) => officeDay(row, random, slowAnswers));
    expect(odd.map(({ state }) => state)[0]).toBe('open');
    const [first] = odd;
    expect(first).toMatchObject({ severity: 'info', kind: 'multivariate', trouble: 'behaviour', entity: 'host:was-1' });
    expect(first?.summary.ko).toContain('응답시간(높음)');
    expect(first?.evidence[0]?.metric).toBe('http.server.request.duration');
    expect((first?.detectedAtUnixMs ?? 0) - (START + (3 * DAY + 36) * ROW_MS)).toBeLessThanOrEqual(3 * ROW_MS);
    const after = await run(detection, 3 * DAY + 42, 3 * DAY + 80, (row) => officeDay(row, random));
    expect(after.at(-1)?.state).toBe('closed');
  });

  it('is known after a day and not before, and a restart loses nothing of it', async () => {
    const random = createRandom(3);
    const detection = detectionOf();
    await run(detection, 0, DAY - 30, (row) => officeDay(row, random), false);
    expect(await run(detection, DAY - 30, DAY - 20, (row) => officeDay(row, random, slowAnswers))).toEqual([]);
    await run(detection, DAY - 20, 2 * DAY, (row) => officeDay(row, random), false);
    const saved = savedBehaviourSchema.parse(JSON.parse(JSON.stringify(detection.save())));
    const next = detectionOf();
    next.restore(saved);
    expect(next.save()).toEqual(saved);
    // Away for half an hour: its rows are gaps.
    const odd = await run(next, 2 * DAY + 6, 2 * DAY + 12, (row) => officeDay(row, random, slowAnswers));
    expect(odd[0]?.summary.en).toContain('response time (higher)');
    expect(Object.values(next.save()?.channels ?? {})[0]).toHaveLength(2 * DAY + 11);
  });

  it('forgets what is older than a week', async () => {
    const detection = detectionOf();
    await run(detection, 0, ROW_LIMIT + 100, () => new Float64Array(6).fill(1), false);
    expect(Object.values(detection.save()?.channels ?? {}).map((values) => values.length)).toEqual(
      Array(6).fill(ROW_LIMIT),
    );
  });
});

describe('bad input', () => {
  it.each([
    ['constant', () => 1],
    ['nothing', () => Number.NaN],
    ['infinite', (row: number) => (row % 7 === 0 ? Number.POSITIVE_INFINITY : row)],
    ['denormal', (row: number) => row * Number.MIN_VALUE],
    ['near the largest', (row: number) => (row % 2 === 0 ? 1e150 : -1e150)],
    ['with holes', (row: number) => (row % 3 === 0 ? Number.NaN : row)],
    ['a counter that is reset', (row: number) => row % 50],
  ])('%s: findings are whole, or none', async (_, valueOf) => {
    const detection = detectionOf();
    await run(detection, 0, DAY + 40, (row) => new Float64Array(6).fill(valueOf(row)), false);
    const found = await run(detection, DAY + 40, DAY + 50, (row) => new Float64Array(6).fill(valueOf(row)));
    for (const one of found) expect(findingSchema.safeParse(one).success).toBe(true);
    expect(() => JSON.stringify(detection.save())).not.toThrow();
  });

  it('a clock that goes a year on or back costs rows, not the process', async () => {
    const detection = detectionOf();
    const values = new Float64Array(6).fill(1);
    await run(detection, 0, 20, () => values, false);
    const year = 365 * 86_400_000;
    expect(detection.observe(START + year, values, 6)).toBe(true);
    expect(detection.observe(START, values, 6)).toBe(false);
    expect(detection.observe(START + ROW_MS, values, 6)).toBe(true);
    await detection.judge();
  });

  it('what was saved by nobody, or is no such thing, is refused', () => {
    for (const text of ['{}', '{"endUnixMs":1,"channels":{"a":"b"}}', '[]', '{"endUnixMs":1.5,"channels":{}}']) {
      expect(savedBehaviourSchema.safeParse(JSON.parse(text)).success).toBe(false);
    }
  });
});
