import { describe, expect, it } from 'vitest';
import { defaultRetention } from '../store/telemetry/retention.ts';
import { chooseResolution } from './resolution.ts';

const now = Date.UTC(2026, 10, 22);
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

describe('chooseResolution', () => {
  it.each([
    { name: 'half an hour at 10 s', ago: 30 * minute, width: 30 * minute, step: 10_000, want: ['block', 10_000] },
    { name: 'live seconds', ago: 5 * minute, width: 5 * minute, step: 1_000, want: ['block', 1_000] },
    { name: 'a minute step', ago: hour, width: hour, step: minute, want: ['block_1m', minute] },
    { name: 'a day at a step too fine for it', ago: day, width: day, step: 10_000, want: ['block_1m', minute] },
    { name: 'an hour of last month', ago: 30 * day, width: hour, step: 10_000, want: ['block_1m', minute] },
    { name: 'a year', ago: 365 * day, width: 365 * day, step: day, want: ['block_1h', day] },
    { name: 'an hour of last spring', ago: 200 * day, width: hour, step: minute, want: ['block_1h', hour] },
    {
      name: 'a hundred days at one second',
      ago: 100 * day,
      width: 100 * day,
      step: 1_000,
      want: ['block_1h', 2 * hour],
    },
  ])('answers $name', ({ ago, width, step, want }) => {
    const window = { fromUnixMs: now - ago, toUnixMs: now - ago + width, stepMs: step };
    const { table, stepMs } = chooseResolution(window, now, defaultRetention);
    expect([table, stepMs]).toEqual(want);
  });
});
