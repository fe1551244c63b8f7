import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type DiskLevel, type DiskSpace, nextDiskLevel, startDiskGuard } from './disk-guard.ts';
import { createLog } from './log.ts';

const GIB = 1024 ** 3;
const space = (freeGib: number, totalGib: number): DiskSpace => ({
  freeBytes: freeGib * GIB,
  totalBytes: totalGib * GIB,
});
const silent = createLog('error', () => undefined);

describe('nextDiskLevel', () => {
  it.each([
    { name: 'plenty', previous: 'ok', free: 50, total: 100, want: 'ok' },
    { name: 'below a tenth of a small disk', previous: 'ok', free: 1.9, total: 20, want: 'low' },
    { name: 'below 4 GiB of a large disk', previous: 'ok', free: 3.9, total: 2_000, want: 'low' },
    { name: 'below 1 GiB', previous: 'low', free: 0.9, total: 100, want: 'critical' },
    { name: 'just above low, coming from low', previous: 'low', free: 4.5, total: 100, want: 'low' },
    { name: 'well above low, coming from low', previous: 'low', free: 5.1, total: 100, want: 'ok' },
    {
      name: 'just above critical, coming from critical',
      previous: 'critical',
      free: 1.1,
      total: 100,
      want: 'critical',
    },
  ] as const)('$name', ({ previous, free, total, want }) => {
    expect(nextDiskLevel(previous, space(free, total))).toBe(want);
  });

  it('never changes its mind without a change of space', () => {
    const level = fc.constantFrom<DiskLevel>('ok', 'low', 'critical');
    const any = fc.double({ min: 0, max: 100, noNaN: true });
    fc.assert(
      fc.property(level, any, (previous, free) => {
        const next = nextDiskLevel(previous, space(free, 100));
        expect(nextDiskLevel(next, space(free, 100))).toBe(next);
      }),
    );
  });
});

describe('startDiskGuard', () => {
  it('drops old data until there is room, and says when there is none left to drop', async () => {
    let free = 3;
    const levels: DiskLevel[] = [];
    let droppable = 2;
    await using guard = await startDiskGuard({
      folder: '/',
      everyMs: 3_600_000,
      readSpace: async () => space(free, 100),
      shrink: async () => {
        if (droppable === 0) return false;
        droppable--;
        free += 1.5;
        return true;
      },
      onLevel: (level) => void levels.push(level),
      log: silent,
    });
    expect(levels).toEqual(['low', 'ok']);
    free = 0.5;
    await guard.check();
    expect(guard.status()).toMatchObject({ guard: 'critical' });
    expect(levels).toEqual(['low', 'ok', 'critical']);
  });

  it('shows the level and goes on shrinking though nobody could be told, and tells again', async () => {
    let free = 0.5;
    let drops = 0;
    const levels: DiskLevel[] = [];
    await using guard = await startDiskGuard({
      folder: '/',
      everyMs: 3_600_000,
      readSpace: async () => space(free, 100),
      shrink: async () => {
        drops++;
        return false;
      },
      onLevel: async (level) => {
        if (free === 0.5) throw new Error('no space left on device');
        levels.push(level);
      },
      log: silent,
    });
    expect(guard.status()).toMatchObject({ guard: 'critical' });
    expect({ drops, levels }).toEqual({ drops: 1, levels: [] });
    free = 0.6;
    await guard.check();
    expect(levels).toEqual(['critical']);
  });
});
