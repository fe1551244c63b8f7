import { type Attributes, type Finding, finding as findingSchema } from '@airis/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createNormal, createRandom } from '../random.ts';
import { createEdgeDetection, type EdgeDetection } from './edge.ts';

const T0 = 1_760_000_000_000;
const GB = 1e9;

interface Moment {
  readonly cpu?: number;
  readonly memory?: number;
  readonly diskUsed?: number;
  readonly requests?: number;
  readonly started?: number;
  readonly processes?: readonly { pid: number; name: string; cpuRatio: number }[];
}

const series: readonly {
  metric: string;
  attributes?: Attributes;
  unit: string;
  of: (m: Required<Moment>) => number;
}[] = [
  { metric: 'system.cpu.utilization', unit: '1', of: (m) => m.cpu },
  { metric: 'system.cpu.utilization', attributes: { 'cpu.mode': 'user' }, unit: '1', of: (m) => m.cpu * 0.8 },
  { metric: 'system.memory.utilization', unit: '1', of: (m) => m.memory },
  ...(['used', 'free'] as const).map((state) => ({
    metric: 'system.filesystem.usage',
    attributes: { 'system.filesystem.mountpoint': '/data', 'system.filesystem.state': state },
    unit: 'By',
    of: (m: Required<Moment>) => (state === 'used' ? m.diskUsed : 200 * GB - m.diskUsed),
  })),
  {
    metric: 'system.filesystem.utilization',
    attributes: { 'system.filesystem.mountpoint': '/data' },
    unit: '1',
    of: (m) => m.diskUsed / (200 * GB),
  },
  { metric: 'nginx.requests', unit: '{request}', of: (m) => m.requests },
  { metric: 'system.process.created', unit: '{process}', of: (m) => m.started },
];

function start(): EdgeDetection {
  let ids = 0;
  const detection = createEdgeDetection({
    hostEntity: 'host:web-1',
    model: null,
    newId: () => `f-${String(ids++).padStart(8, '0')}`,
  });
  for (const [i, { metric, attributes = {}, unit }] of series.entries()) {
    detection.addSeries(i, { id: BigInt(i + 1), metric, attributes, unit, kind: 'gauge' });
  }
  return detection;
}

/** Runs a host for some seconds: noise of a quiet two-core machine, plus what `at` says of a second. */
function live(seconds: number, at: (second: number) => Moment, seed = 7, detection = start()): Finding[] {
  const uniform = createRandom(seed);
  const normal = createNormal(uniform);
  const values = new Float64Array(series.length);
  const all: Finding[] = [];
  let drift = 0;
  for (let second = 0; second < seconds; second++) {
    drift = 0.98 * drift + 0.006 * normal();
    const moment = at(second);
    const quiet = Math.max(0.01, 0.08 + drift + 0.03 * Math.abs(normal()) + (uniform() < 0.03 ? 0.3 * uniform() : 0));
    const full: Required<Moment> = {
      memory: 0.42 + 0.01 * normal(),
      diskUsed: 60 * GB + 20_000 * second,
      requests: 40 + 6 * normal(),
      started: 2,
      processes: [{ pid: 900, name: 'node', cpuRatio: 0.1 }],
      ...moment,
      cpu: Math.min(1, quiet + (moment.cpu ?? 0)),
    };
    series.forEach(({ of }, i) => {
      values[i] = of(full);
    });
    detection.setContext({ topProcesses: full.processes });
    detection.observe(T0 + second * 1_000, values, values.length);
    all.push(...detection.takeFindings());
  }
  return all;
}

const burner = { pid: 4242, name: 'burn', cpuRatio: 0.98 };
const opened = (findings: readonly Finding[]) => findings.filter((one) => one.state === 'open');
const between = (second: number, from: number, to: number) => second >= from && second < to;

describe('detection on a host', () => {
  it.each(Array.from({ length: 12 }, (_, i) => i + 1))('says nothing in ten quiet minutes (seed %i)', (seed) => {
    expect(live(600, () => ({}), seed)).toEqual([]);
  });

  it.each([10, 15])('says nothing about bursts of %i s: installs, builds, log rotation', (length) => {
    const findings = live(900, (second) => {
      const inBurst = second % 150 >= 100 && second % 150 < 100 + length;
      const done = Math.floor(second / 150) * length + Math.min(length, Math.max(0, (second % 150) - 100));
      return {
        cpu: inBurst ? 0.85 : 0,
        memory: inBurst ? 0.7 : 0.42,
        diskUsed: 60 * GB + done * 60e6,
        processes: inBurst ? [{ pid: 5000 + second, name: 'cc1', cpuRatio: 0.9 }] : [],
      };
    });
    expect(findings).toEqual([]);
  });

  it('says nothing about a build of 35 s that is many short processes', () => {
    const findings = live(300, (second) => ({
      cpu: between(second, 120, 155) ? 0.6 : 0,
      processes: between(second, 120, 155) ? [{ pid: 5000 + Math.floor(second / 4), name: 'cc1', cpuRatio: 1 }] : [],
    }));
    expect(findings).toEqual([]);
  });

  it('says that many short-lived processes make the load where no single one is to blame', () => {
    const findings = live(220, (second) => ({
      cpu: second >= 90 ? 0.6 : 0,
      started: second >= 90 ? 150 : 2,
      processes: second >= 90 ? [{ pid: 5000 + second, name: 'sh', cpuRatio: 0.2 }] : [],
    }));
    const [first] = opened(findings);
    expect(first?.summary.en).toContain('Many short-lived processes: 150 are started each second');
    expect(first?.summary.ko).toContain('초당 150개');
    expect(first?.evidence).toContainEqual(expect.objectContaining({ metric: 'system.process.created', value: 150 }));
  });

  it.each([
    { loops: 1, extra: 0.5, severities: ['minor', 'major'] },
    { loops: 2, extra: 1, severities: ['major'] },
  ])(
    'finds $loops busy loop(s) on two cores within 30 s, names the process, and closes',
    ({ loops, extra, severities }) => {
      const findings = live(260, (second) => ({
        cpu: between(second, 90, 170) ? extra : 0,
        processes: between(second, 90, 170)
          ? Array.from({ length: loops }, (_, i) => ({ ...burner, pid: 4242 + i }))
          : [],
      }));
      const [first, ...more] = opened(findings);
      expect(more).toEqual([]);
      expect(first).toMatchObject({ kind: 'level-shift', entity: 'host:web-1', title: { ko: 'CPU 사용률 급증' } });
      expect(severities).toContain(first!.severity);
      expect(first!.detectedAtUnixMs - (T0 + 90_000)).toBeGreaterThanOrEqual(18_000);
      expect(first!.detectedAtUnixMs - (T0 + 90_000)).toBeLessThan(27_000);
      expect(Math.abs(first!.startedAtUnixMs - (T0 + 90_000))).toBeLessThan(4_000);
      expect(first!.summary.ko).toContain('burn(pid 4242');
      expect(first!.evidence).toContainEqual(expect.objectContaining({ kind: 'process', ref: 'process:burn[4242]' }));
      const closed = findings.at(-1)!;
      expect(closed).toMatchObject({ id: first!.id, state: 'closed' });
      expect(closed.detectedAtUnixMs).toBe(first!.detectedAtUnixMs);
      expect(Math.abs(closed.endedAtUnixMs! - (T0 + 170_000))).toBeLessThan(15_000);
      expect(findings.filter((one) => one.state === 'update').length).toBeLessThanOrEqual(3);
      for (const one of findings) findingSchema.parse(one);
    },
  );

  it.each([0.5, 1])('finds a burner (%f of the host) although the host was busy for its first 30 s', (extra) => {
    const findings = live(140, (second) => {
      if (second < 30) return { cpu: 0.7 };
      return second < 100 ? {} : { cpu: extra, processes: [burner] };
    });
    expect(opened(findings)).toMatchObject([{ entity: 'host:web-1' }]);
  });

  it('finds a burner on a host whose pages and builds make it busy for 10 s again and again', () => {
    const findings = live(800, (second) => {
      const inBurst = second % 40 < 10;
      if (second >= 700) return { cpu: 0.5 + (inBurst ? 0.4 : 0), processes: [burner] };
      return { cpu: inBurst ? 0.75 : 0.1, processes: [{ pid: 5000 + second, name: 'page', cpuRatio: 0.9 }] };
    });
    expect(opened(findings)).toMatchObject([{ title: { ko: 'CPU 사용률 급증' } }]);
    expect(findings[0]!.detectedAtUnixMs - (T0 + 700_000)).toBeLessThan(30_000);
  });

  it.each([80, 100, 200])('says when a directory filling at %i MB/s will be full, within 30 s', (rate) => {
    const findings = live(240, (second) => ({
      diskUsed: 60 * GB + Math.max(0, Math.min(second, 150) - 90) * rate * 1e6 * (0.9 + 0.2 * ((second % 7) / 7)),
    }));
    const [first, ...more] = opened(findings);
    expect(more).toEqual([]);
    expect(first).toMatchObject({ kind: 'drift', title: { ko: '디스크 곧 가득 참: /data' } });
    expect(first!.detectedAtUnixMs - (T0 + 90_000)).toBeLessThan(27_000);
    expect(first!.summary.en).toMatch(/grows by .* MB\/s\. At this rate it is full in \d+ (s|min)/);
    expect(findings.at(-1)!.state).toBe('closed');
  });

  it('says nothing of half a minute of growth that would take an hour to fill the disk', () => {
    const copied = (second: number) => Math.max(0, Math.min(second, 130) - 90) * 38e6;
    expect(opened(live(240, (second) => ({ diskUsed: 60 * GB + copied(second) })))).toEqual([]);
  });

  it('finds a file system that is nearly full, once', () => {
    const findings = live(300, (second) => ({ diskUsed: second < 100 ? 150 * GB : 193 * GB }));
    expect(opened(findings)).toHaveLength(1);
    expect(findings[0]).toMatchObject({ kind: 'saturation', severity: 'major' });
  });

  it('finds requests that stop', () => {
    const findings = live(500, (second) => (second < 400 ? {} : { requests: 0 }));
    expect(opened(findings)).toMatchObject([{ kind: 'flat-line', entity: 'service:nginx@web-1' }]);
  });

  it('says the last value known of what is no longer reported while its finding is open', () => {
    const row = (value: number) => Float64Array.from(series, (_, i) => (i === 2 ? value : Number.NaN));
    const detection = start();
    for (let second = 0; second < 200; second++) {
      detection.observe(T0 + second * 1_000, row(second < 90 ? 0.97 : Number.NaN), series.length);
    }
    const findings = detection.takeFindings();
    expect(findings.length).toBeGreaterThan(2);
    for (const one of findings) expect(findingSchema.safeParse(one).error).toBeUndefined();
    expect(findings.at(-1)?.evidence[0]?.value).toBeCloseTo(0.97);
  });

  it('is ready after 90 s and shows a score meanwhile', () => {
    const detection = start();
    live(60, () => ({}), 1, detection);
    expect(detection.status().ready).toBe(false);
    const other = start();
    live(90, () => ({}), 1, other);
    expect(other.status()).toMatchObject({ ready: true, error: null, modelName: null });
    expect(other.status().anomalyScore).toBeLessThan(0.5);
  });
});

describe('rules that hold for any input', () => {
  const anyValue = fc.oneof(fc.double(), fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, 0, 1, 1e308, -1e308));

  it('never throws, never sends an invalid finding, and counts states in order', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: -5, max: 60 }), fc.array(anyValue, { maxLength: 9 })), { maxLength: 400 }),
        (steps) => {
          const detection = start();
          const state = new Map<string, string>();
          let t = T0;
          for (const [stepS, row] of steps) {
            t += stepS * 1_000;
            detection.observe(t, Float64Array.from(row), row.length);
            for (const one of detection.takeFindings()) {
              findingSchema.parse(JSON.parse(JSON.stringify(one)));
              if (one.state === 'open') expect(state.has(one.id)).toBe(false);
              else expect(state.get(one.id)).not.toBe('closed');
              state.set(one.id, one.state);
            }
          }
          expect(detection.status().anomalyScore).toBeLessThanOrEqual(1);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('gives the same findings for the same input, whatever order series were added in', () => {
    const at = (second: number): Moment => (between(second, 90, 150) ? { cpu: 0.9, processes: [burner] } : {});
    const once = live(200, at, 3);
    expect(live(200, at, 3)).toEqual(once);
    const shuffled = createEdgeDetection({ hostEntity: 'host:web-1', model: null, newId: () => 'f-00000000' });
    for (const i of [5, 2, 0, 6, 1, 4, 3]) {
      const { metric, attributes = {}, unit } = series[i]!;
      shuffled.addSeries(i, { id: BigInt(i + 1), metric, attributes, unit, kind: 'gauge' });
    }
    expect(live(200, at, 3, shuffled).map((one) => one.title)).toEqual(once.map((one) => one.title));
  });

  it('ignores a clock that goes back', () => {
    const detection = start();
    live(200, () => ({}), 5, detection);
    live(150, () => ({ cpu: 1, processes: [burner] }), 5, detection);
    expect(detection.takeFindings()).toEqual([]);
  });

  it('keeps the number of subjects bounded', () => {
    const detection = createEdgeDetection({ hostEntity: 'host:x', model: null, newId: () => 'f-00000000' });
    for (let i = 0; i < 2_000; i++) {
      const attributes = { 'system.filesystem.mountpoint': `/m${i}` };
      detection.addSeries(i, {
        id: BigInt(i),
        metric: 'system.filesystem.utilization',
        attributes,
        unit: '1',
        kind: 'gauge',
      });
    }
    const values = new Float64Array(2_000).fill(0.97);
    for (let s = 0; s < 60; s++) detection.observe(T0 + s * 1_000, values, values.length);
    expect(opened(detection.takeFindings())).toHaveLength(64);
  });
});
