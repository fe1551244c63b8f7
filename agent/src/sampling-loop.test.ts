import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SamplingLoop } from './sampling-loop.ts';

const t0 = 1_800_000_000_300;
beforeEach(() => void vi.useFakeTimers({ now: t0 }));
afterEach(() => void vi.useRealTimers());

function startLoop(workMs: () => number) {
  const times: number[] = [];
  const rates: number[] = [];
  const loop = new SamplingLoop({
    clock: { nowMs: Date.now },
    everyMs: 1_000,
    step: async (tMs) => {
      times.push(tMs);
      const ms = workMs();
      if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms));
    },
    onRate: (everyMs) => rates.push(everyMs),
  });
  loop.start();
  return { loop, times, rates };
}

describe('sampling loop', () => {
  it('steps at whole seconds, without drift', async () => {
    const { loop, times } = startLoop(() => 7);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(times).toEqual([700, 1_700, 2_700, 3_700, 4_700].map((ms) => t0 + ms));
    await loop[Symbol.asyncDispose]();
  });

  it('slows down under pressure, counts what it missed, and recovers', async () => {
    let workMs = 1_500;
    const { loop, rates } = startLoop(() => workMs);
    await vi.advanceTimersByTimeAsync(40_000);
    expect(rates[0]).toBe(2_000);
    expect(loop.missed).toBeGreaterThan(0);
    workMs = 0;
    await vi.advanceTimersByTimeAsync(900_000);
    expect(loop.everyMs).toBe(1_000);
    await loop[Symbol.asyncDispose]();
  });
});
