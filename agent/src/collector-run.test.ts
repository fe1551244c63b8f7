import { describe, expect, it } from 'vitest';
import { CollectorRun, CUT_OFF_AFTER_MS, MAX_CUT_OFF_READINGS } from './collector-run.ts';
import { defineCollector, noConfig, type SampleWriter } from './collectors/collector.ts';
import { createHost } from './collectors/host.ts';
import { Gate } from './gate/gate.ts';
import { openFloor } from './gate/log-rules.ts';
import { Refusals } from './refusals.ts';
import { SeriesRegistry } from './series-registry.ts';

const t0 = 1_800_000_000_000;
const attributes = { state: 'used' };

/** A collector whose readings do what the test says, stepped on a clock of the test's own. */
function rig(collect: (out: SampleWriter, memory: { readings: number }) => Promise<void>, maxDeclared = 0) {
  const refusals = new Refusals();
  const registry = new SeriesRegistry({ resource: {}, refusals });
  let elapsedMs = 0;
  let closed = 0;
  const definition = defineCollector({
    name: 'tried',
    config: noConfig,
    emits: { m: { unit: '1', kind: 'gauge', about: '' } },
    maxDeclared,
    state: () => ({ readings: 0 }),
    collect: async (_host, _config, out, memory) => {
      memory.readings++;
      await collect(out, memory);
    },
    close: async () => {
      closed++;
    },
  });
  const run = new CollectorRun(definition.create(undefined), {
    host: createHost(),
    registry,
    gate: new Gate({ floor: openFloor, pseudonymKey: new Uint8Array(32), refusals }),
    refusals,
    random: () => 0.999,
    monotonicMs: () => elapsedMs,
  });
  const settle = () => new Promise((done) => setImmediate(done));
  return {
    refusals,
    registry,
    state: () => run.state(t0 + elapsedMs),
    closed: () => closed,
    settle,
    /** So many seconds, a step each. */
    async pass(seconds: number) {
      for (let i = 0; i < seconds; i++) {
        void run.step(t0 + elapsedMs);
        await settle();
        registry.endStep();
        elapsedMs += 1_000;
      }
    },
    /** One step whose values stay to be looked at. */
    async step() {
      void run.step(t0 + elapsedMs);
      await settle();
    },
  };
}

describe('a collector that throws', () => {
  it('is tried again with growing pauses up to ten seconds, and says since when and how often', async () => {
    const triedAt: number[] = [];
    let second = 0;
    const tried = rig(async () => {
      triedAt.push(second);
      throw new Error('no such page');
    });
    for (; second < 200; second++) await tried.pass(1);
    const pauses = triedAt.slice(1).map((at, i) => at - triedAt[i]!);
    expect(pauses.slice(0, 6)).toEqual([2, 4, 8, 10, 10, 10]);
    expect(Math.max(...pauses)).toBe(10);
    expect(tried.state()).toMatchObject({
      ok: false,
      error: 'no such page',
      failures: triedAt.length,
      failingSinceUnixMs: t0,
    });
    expect(tried.state()!.nextTryUnixMs!).toBeGreaterThanOrEqual(t0 + 199_000);
    expect(tried.refusals.snapshot()).toEqual({ 'collector-failed': triedAt.length });
  });

  it('is asked at its usual rate again once it works', async () => {
    let readings = 0;
    const tried = rig(async () => {
      if (++readings <= 3) throw new Error('not yet');
    });
    await tried.pass(20);
    const before = readings;
    await tried.pass(5);
    expect(readings - before).toBe(5);
    expect(tried.state()).toMatchObject({ ok: true, error: null, failures: 0, failingSinceUnixMs: null });
  });
});

it('a collector that reads only part of its source keeps its rate, and says what it cannot read', async () => {
  let readings = 0;
  const tried = rig(async (out) => {
    readings++;
    out.write('m', 1);
    throw new Error('one of two databases is away');
  });
  await tried.pass(20);
  expect(readings).toBe(20);
  expect(tried.state()).toMatchObject({ ok: false, failures: 20, error: 'one of two databases is away' });
});

describe('a collector that hangs', () => {
  it('is cut off and replaced; what the reading still writes is refused', async () => {
    const ends: (() => void)[] = [];
    const tried = rig(async (out, memory) => {
      if (memory.readings === 2 && ends.length === 0) {
        await new Promise<void>((end) => ends.push(end));
        out.write('m', 99, attributes);
        return;
      }
      out.write('m', memory.readings, attributes);
    });
    await tried.pass(2 + CUT_OFF_AFTER_MS / 1_000 + 1);
    expect(tried.state()).toMatchObject({ ok: false, error: 'the reading did not end within 10 s', failures: 1 });
    expect(tried.closed()).toBe(1);
    await tried.pass(3);
    expect(tried.state()).toMatchObject({ ok: true });
    await tried.step();
    const of = tried.registry.values[0];
    ends[0]!();
    await tried.settle();
    // The new one began with a memory of its own.
    expect(of).toBeLessThan(4);
    expect(tried.registry.values[0]).toBe(of);
    expect(tried.refusals.snapshot()).toEqual({ 'collector-cut-off': 1, 'late-write': 1 });
    expect(tried.state()).toMatchObject({ ok: true });
  });

  it('is not tried again while too many of its readings hang, and is as soon as one ends', async () => {
    const ends: (() => void)[] = [];
    const tried = rig(() => new Promise<void>((end) => ends.push(end)));
    await tried.pass(600);
    expect(ends).toHaveLength(MAX_CUT_OFF_READINGS);
    expect(tried.state()).toMatchObject({ ok: false, failures: MAX_CUT_OFF_READINGS, nextTryUnixMs: null });
    expect(tried.state()!.error).toContain('no further try until one ends');
    ends[0]!();
    await tried.pass(2);
    expect(ends).toHaveLength(MAX_CUT_OFF_READINGS + 1);
  });

  it('does not hold up another, nor does one that throws', async () => {
    const hangs = rig(() => new Promise<void>(() => undefined));
    const throws = rig(() => Promise.reject(new Error('x'.repeat(1_000))));
    let readings = 0;
    const works = rig(async () => {
      readings++;
    });
    for (let i = 0; i < 30; i++) await Promise.all([hangs, throws, works].map((each) => each.pass(1)));
    expect(readings).toBe(30);
    expect(throws.state()!.error).toHaveLength(300);
  });
});

describe('metrics known only at run time', () => {
  const info = { unit: '{order}', kind: 'gauge', about: 'orders' } as const;

  it('can be declared only by a collector that says so', async () => {
    const writers: SampleWriter[] = [];
    const plain = rig(async (out) => void writers.push(out));
    await plain.step();
    expect(writers[0]).not.toHaveProperty('declare');
    const declaring = rig(async (out) => {
      expect(out.declare?.('shop.orders', info)).toBe(true);
      out.write('shop.orders', 3);
      out.refuse?.('malformed', 2);
    }, 1);
    await declaring.step();
    expect(declaring.registry.declared()).toEqual({ 'shop.orders': info });
    expect(declaring.registry.values[0]).toBe(3);
    expect(declaring.refusals.snapshot()).toEqual({ malformed: 2 });
  });

  it('can be declared no more by a reading that was cut off', async () => {
    const writers: SampleWriter[] = [];
    const tried = rig((out) => {
      writers.push(out);
      return new Promise(() => undefined);
    }, 5);
    await tried.pass(CUT_OFF_AFTER_MS / 1_000 + 2);
    expect(writers[0]!.declare?.('late', info)).toBe(false);
    expect(tried.registry.declaredCount).toBe(0);
    expect(tried.refusals.snapshot()['late-write']).toBe(1);
  });
});
