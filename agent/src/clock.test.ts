import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ClockStep, createClock } from './clock.ts';

function machine() {
  const time = { wall: 1_800_000_000_000, monotonic: 5_000 };
  const clock = createClock(
    () => time.wall,
    () => time.monotonic,
  );
  const pass = (ms: number, wallMs = ms) => {
    time.monotonic += ms;
    time.wall += wallMs;
  };
  return { time, clock, pass };
}

describe('clock', () => {
  it('takes a step forward over at once, and reports it', () => {
    const { time, clock, pass } = machine();
    pass(1_000, 3_600_000);
    expect(clock.check()).toEqual({ kind: 'forward', byMs: 3_599_000 });
    expect(clock.nowMs()).toBe(time.wall);
  });

  it('holds a small step back until the wall clock has caught up', () => {
    const { time, clock, pass } = machine();
    pass(1_000, -60_000);
    const steps: (ClockStep | null)[] = [];
    let last = clock.nowMs();
    for (let second = 0; second < 2_000; second++) {
      steps.push(clock.check());
      pass(1_000);
      expect(clock.nowMs()).toBeGreaterThan(last);
      last = clock.nowMs();
    }
    expect(steps.filter((step) => step !== null)).toEqual([{ kind: 'back-held', byMs: -61_000 }]);
    expect(clock.nowMs()).toBe(time.wall);
  });

  it('takes a step back of a year over, and reports it', () => {
    const { time, clock, pass } = machine();
    pass(1_000, -365 * 86_400_000);
    expect(clock.check()?.kind).toBe('back-taken');
    expect(clock.nowMs()).toBe(time.wall);
  });

  it('never runs back but for a reported step', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -2_000_000, max: 2_000_000 }), { maxLength: 50 }), (drifts) => {
        const { clock, pass } = machine();
        let last = clock.nowMs();
        for (const drift of drifts) {
          pass(1_000, 1_000 + drift);
          const step = clock.check();
          if (step?.kind !== 'back-taken') expect(clock.nowMs()).toBeGreaterThanOrEqual(last);
          last = clock.nowMs();
        }
      }),
    );
  });
});
