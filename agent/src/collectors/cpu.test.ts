import fc from 'fast-check';
import { expect, it } from 'vitest';
import { modeShares, parseLoadAverages, parseProcStat } from './cpu.ts';

it('reads the whole host, each core, switches and interrupts', () => {
  const stat = parseProcStat(
    'cpu  10 1 20 100 5 2 3 4 6 0\ncpu0 10 1 20 100 5 2 3 4 6 0\nintr 737039 0 0\nctxt 99\nbtime 5\n',
  );
  expect(stat.ticks.get('cpu')).toEqual([10, 1, 20, 100, 5, 5, 4]);
  expect([...stat.ticks.keys()]).toEqual(['cpu', 'cpu0']);
  expect(stat).toMatchObject({ contextSwitches: 99, interrupts: 737039 });
});

it('leaves out a torn last line, whose number may have lost digits', () => {
  expect(parseProcStat('cpu  10 1 20 100 5 2 3 4 6 0\nctxt 99').contextSwitches).toBeNull();
});

it.each([
  { name: 'half busy', before: [0, 0, 0, 0, 0, 0, 0], now: [50, 0, 0, 50, 0, 0, 0], want: [0.5, 0, 0, 0.5, 0, 0, 0] },
  { name: 'no time', before: [1, 1, 1, 1, 1, 1, 1], now: [1, 1, 1, 1, 1, 1, 1], want: null },
  {
    name: 'iowait going back',
    before: [0, 0, 0, 0, 9, 0, 0],
    now: [0, 0, 0, 10, 5, 0, 0],
    want: [0, 0, 0, 1, 0, 0, 0],
  },
])('shares of modes: $name', ({ before, now, want }) => expect(modeShares(before, now)).toEqual(want));

it('shares lie in 0..1 and add up to 1, whatever the counters do', () => {
  const ticks = fc.array(fc.nat(), { minLength: 7, maxLength: 7 });
  fc.assert(
    fc.property(ticks, ticks, (before, now) => {
      const shares = modeShares(before, now);
      if (shares === null) return;
      expect(shares.every((share) => share >= 0 && share <= 1)).toBe(true);
      expect(shares.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9);
    }),
  );
});

it('reads load averages', () => {
  expect(parseLoadAverages('0.06 0.13 10.31 2/96 8894\n')).toEqual([
    ['1m', 0.06],
    ['5m', 0.13],
    ['15m', 10.31],
  ]);
  expect(parseLoadAverages('0.0')).toEqual([]);
});
