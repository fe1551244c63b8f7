import { describe, expect, it } from 'vitest';
import type { Detector, Signal, Surroundings } from './detector.ts';
import { confidenceOf } from './detector.ts';
import { fillForecast } from './fill-forecast.ts';
import { detectors } from './index.ts';
import { levelShift } from './level-shift.ts';
import { rulesFor } from './rules.ts';
import { saturation } from './saturation.ts';
import { silence } from './silence.ts';
import { spike } from './spike.ts';
import { threshold } from './threshold.ts';

const alone: Surroundings = { companion: () => Number.NaN, steadyCores: () => null };

interface Held {
  readonly fromS: number;
  readonly toS: number;
  readonly first: Signal;
}

/** Spans in which the detector held something, at one value every `everyS`. */
function held(
  detector: Detector,
  settings: unknown,
  seconds: number,
  at: (second: number) => number | null,
  { around = alone, everyS = 1 } = {},
): Held[] {
  const watch = detector.configure(settings)();
  const spans: Held[] = [];
  let open: { fromS: number; first: Signal } | null = null;
  for (let second = 0; second < seconds; second++) {
    const value = second % everyS === 0 ? at(second) : null;
    if (value !== null) watch.observe(second * 1_000, value);
    const signal = watch.judge(second * 1_000, around);
    expect(watch.strangeness(second * 1_000)).toBeGreaterThanOrEqual(0);
    expect(watch.strangeness(second * 1_000)).toBeLessThanOrEqual(1);
    if (signal !== null && open === null) open = { fromS: second, first: signal };
    if (signal === null && open !== null) {
      spans.push({ ...open, toS: second });
      open = null;
    }
  }
  if (open !== null) spans.push({ ...open, toS: seconds });
  return spans;
}

const wobble = (second: number) => 0.02 * Math.sin(second * 12.9898);
const inside = (second: number, from: number, to: number) => second >= from && second < to;

describe('level-shift', () => {
  const settings = { minShift: 0.2, minLevel: 0.4, spreadLoadPersistMs: 45_000 };
  const stepUp = (second: number) => 0.1 + wobble(second) + (inside(second, 100, 180) ? 0.5 : 0);

  it.each([1, 2, 5])('finds a step at one value every %i s and lets go when it is over', (everyS) => {
    const [only, ...more] = held(levelShift, settings, 300, stepUp, { everyS });
    expect(more).toEqual([]);
    expect(only!.fromS).toBeGreaterThanOrEqual(116);
    expect(only!.fromS).toBeLessThanOrEqual(127);
    expect(only!.toS).toBeGreaterThan(180);
    expect(only!.toS).toBeLessThanOrEqual(206);
    expect(only!.first.confidence).toBeGreaterThan(0.99);
  });

  it('waits longer for a load of many short processes, and not at all for one that stays', () => {
    const from = (cores: number) =>
      held(levelShift, settings, 300, stepUp, { around: { ...alone, steadyCores: () => cores } })[0]!.fromS;
    expect(from(0.95)).toBeLessThan(125);
    expect(from(0.2)).toBeGreaterThan(138);
  });

  it('takes a level of half an hour as the usual one', () => {
    const spans = held(levelShift, settings, 3_000, (second) => (second < 200 ? 0.1 : 0.7) + wobble(second));
    expect(spans).toHaveLength(1);
    expect(spans[0]!.toS).toBeLessThan(2_060);
  });

  it('knows a host that is busy every few minutes', () => {
    const busy = (second: number) => 0.1 + wobble(second) + (second % 120 < 40 ? 0.5 : 0);
    expect(held(levelShift, settings, 3_600, busy).filter((one) => one.fromS > 600)).toEqual([]);
  });

  it('refuses settings it does not know', () => {
    expect(() => levelShift.configure({ minShift: 1, minShft: 2 })).toThrow();
  });
});

describe('saturation', () => {
  const settings = { high: 0.95, release: 0.9 };

  it('needs the top for 30 s, and room again to let go', () => {
    const spans = held(saturation, settings, 400, (second) => {
      if (inside(second, 100, 120)) return 0.99;
      if (inside(second, 200, 260)) return 0.97;
      return inside(second, 260, 300) ? 0.92 : 0.5;
    });
    expect(spans).toHaveLength(1);
    expect(spans[0]!.fromS).toBeLessThan(233);
    expect(spans[0]!.toS).toBeGreaterThan(300);
  });

  it('is no news on a host that is always up there, unless asked', () => {
    const always = () => 0.99;
    expect(held(saturation, settings, 400, always)).toEqual([]);
    expect(held(saturation, { ...settings, usualIsFine: false }, 400, always)).toHaveLength(1);
    expect(held(saturation, { ...settings, usualIsFine: false, ignoreAt: 0.98 }, 400, always)).toEqual([]);
  });
});

describe('fill-forecast', () => {
  const scales = [{ blockMs: 5_500, blocks: 4, horizonMs: 3 * 3_600_000 }];
  const settings = { minGrowth: 200, scales };
  const room = (free: number): { around: Surroundings } => ({ around: { ...alone, companion: () => free } });

  it.each([1, 2, 5])('finds steady filling within 30 s at one value every %i s', (everyS) => {
    const spans = held(fillForecast, settings, 250, (second) => Math.max(0, Math.min(second, 160) - 100) * 50, {
      ...room(60_000),
      everyS,
    });
    expect(spans).toHaveLength(1);
    expect(spans[0]!.fromS).toBeLessThanOrEqual(128);
    expect(spans[0]!.first.forecast!.perSecond).toBeGreaterThan(30);
    expect(spans[0]!.toS).toBeLessThan(190);
  });

  it.each([1, 2, 5])('says nothing about bursts of 15 s, whatever their phase, at one value every %i s', (everyS) => {
    for (let phase = 0; phase < 12; phase++) {
      const burst = (second: number) => Math.max(0, Math.min(second, 115 + phase) - (100 + phase)) * 50;
      expect(held(fillForecast, settings, 200, burst, { ...room(60_000), everyS })).toEqual([]);
    }
  });

  it('says nothing when there is room for days, or when room is unknown', () => {
    const filling = (second: number) => second * 50;
    expect(held(fillForecast, settings, 200, filling, room(1e9))).toEqual([]);
    expect(held(fillForecast, settings, 200, filling)).toEqual([]);
  });

  it('is more urgent the sooner the end', () => {
    const severity = (free: number) =>
      held(fillForecast, settings, 200, (second) => second * 50, room(free))[0]!.first.severity;
    expect([severity(400_000), severity(100_000), severity(10_000)]).toEqual(['minor', 'major', 'critical']);
  });
});

describe('spike', () => {
  it('finds errors that come by the hundred for 10 s, not single ones', () => {
    const errors = (second: number) => (inside(second, 200, 212) ? 300 : second % 50 === 0 ? 20 : 0);
    const spans = held(spike, { minValue: 10 }, 400, errors);
    expect(spans).toHaveLength(1);
    expect(spans[0]!.fromS).toBeLessThan(210);
    expect(spans[0]!.toS).toBeLessThan(260);
  });
});

describe('silence', () => {
  it('finds values that stop coming, that freeze, and a rate that drops to nothing', () => {
    const life = (second: number) => 10 + wobble(second);
    const missing = held(silence, { missingMs: 30_000 }, 300, (second) => (second < 150 ? life(second) : null));
    expect(missing).toMatchObject([{ first: { kind: 'missing' } }]);
    const stuck = held(silence, { stuckMs: 60_000 }, 300, (second) => life(Math.min(second, 150)));
    expect(stuck).toMatchObject([{ first: { kind: 'flat-line' } }]);
    const stopped = held(silence, { minCenter: 1 }, 900, (second) => (inside(second, 400, 600) ? 0 : life(second)));
    expect(stopped).toMatchObject([{ first: { kind: 'flat-line', expectedLow: expect.closeTo(10, 1) } }]);
    expect(stopped[0]!.fromS).toBeLessThan(430);
    expect(stopped[0]!.toS).toBeGreaterThanOrEqual(600);
  });

  it('knows a rate that is often nothing', () => {
    expect(held(silence, { minCenter: 1 }, 900, (second) => (second % 200 < 100 ? 5 : 0))).toEqual([]);
  });
});

describe('threshold', () => {
  it('needs no past, forgives one reading below, and lets go when it is over', () => {
    const spans = held(threshold, { high: 0.9, persistMs: 8_000 }, 60, (second) =>
      inside(second, 0, 30) && second !== 4 ? 0.95 : 0.5,
    );
    expect(spans).toMatchObject([{ fromS: 8, toS: 34, first: { sinceMs: 0, severity: 'major' } }]);
  });

  it.each([1, 2])('is not met by readings that come and go, one every %i s', (everyS) => {
    expect(held(threshold, { high: 1, persistMs: 8_000 }, 200, (s) => (s % 8 < 4 ? 2 : 0), { everyS })).toEqual([]);
  });

  it('measures against a limit that a companion tells, and never against none', () => {
    const settings = { high: 0.5, ofRole: 'max', persistMs: 5_000 };
    const around = (max: number) => ({ around: { ...alone, companion: () => max } });
    expect(held(threshold, settings, 30, () => 5, around(10))).toHaveLength(1);
    expect(held(threshold, settings, 30, () => 5, around(11))).toEqual([]);
    expect(held(threshold, settings, 30, () => 5, around(0))).toEqual([]);
    expect(held(threshold, settings, 30, () => 5, around(Number.NaN))).toEqual([]);
  });

  it('begins when a wait began, and lets go when its source falls silent', () => {
    const spans = held(threshold, { high: 5, persistMs: 0, isAge: true }, 60, (second) =>
      second < 20 ? Math.max(0, second - 3) : null,
    );
    expect(spans).toMatchObject([{ fromS: 8, first: { sinceMs: 3_000 } }]);
    expect(spans[0]!.toS).toBeLessThan(45);
  });
});

describe('rules', () => {
  const info = (metric: string, attributes: Record<string, string> = {}) =>
    ({ id: 1n, metric, attributes, unit: '1', kind: 'gauge' }) as const;

  it.each([
    ['system.cpu.utilization', {}, 'cpu', ''],
    ['system.cpu.utilization', { 'cpu.mode': 'user' }, null, null],
    ['system.cpu.utilization', { 'cpu.logical_number': '0' }, null, null],
    ['system.filesystem.utilization', { 'system.filesystem.mountpoint': '/var' }, 'file-system', '/var'],
    ['airis.pressure.stall.time', { 'airis.pressure.resource': 'io', 'airis.pressure.kind': 'some' }, 'disk-io', ''],
    ['airis.pressure.stall.time', { 'airis.pressure.resource': 'io', 'airis.pressure.kind': 'full' }, null, null],
    ['system.network.errors', { 'network.interface.name': 'eth0' }, 'network-errors', 'eth0'],
    ['constructor', {}, null, null],
  ])('%s %o is about %s %s', (metric, attributes, subject, name) => {
    const [rule] = rulesFor(info(metric, attributes as Record<string, string>), false);
    expect(rule === undefined ? [null, null] : [rule.subject, rule.name]).toEqual([subject, name]);
  });

  it('name only detectors that exist, with settings they accept', () => {
    const metrics: [string, Record<string, string>][] = [
      ['system.cpu.utilization', {}],
      ['system.memory.utilization', {}],
      ['system.paging.utilization', {}],
      ['system.filesystem.utilization', { 'system.filesystem.mountpoint': '/' }],
      ['system.filesystem.usage', { 'system.filesystem.mountpoint': '/', 'system.filesystem.state': 'used' }],
      ['system.disk.io_time', { 'system.device': 'vda' }],
      ['airis.pressure.stall.time', { r: 'memory', k: 'some' }],
      ['airis.pressure.stall.time', { r: 'io', k: 'some' }],
      ['system.network.errors', {}],
      ['nginx.requests', {}],
      ['nginx.connections_current', { 'nginx.connection.state': 'active' }],
      ['airis.http.server.error_ratio', { 'server.port': '80' }],
      ['http.server.request.duration', {}],
    ];
    for (const [metric, attributes] of metrics) {
      const rules = [false, true].flatMap((isService) => rulesFor(info(metric, attributes), isService));
      expect(rules).not.toEqual([]);
      for (const [name, settings] of rules.flatMap((rule) => Object.entries(rule.judges))) {
        detectors.find((one) => one.name === name)!.configure(settings)();
      }
    }
  });
});

it('turns standard deviations into confidence', () => {
  expect(confidenceOf(0)).toBeCloseTo(0, 6);
  expect(confidenceOf(1.96)).toBeCloseTo(0.95, 3);
  expect(confidenceOf(50)).toBe(0.9999);
});
