import { describe, expect, it } from 'vitest';
import { DAY_MS, hourAt, loadAt } from './office-day.ts';

describe('a Korean office day in miniature', () => {
  it('is busiest in the afternoon, dips at lunch and never stops', () => {
    const rates = Array.from({ length: 240 }, (_, i) => loadAt(i / 10).requestsPerSecond);
    expect(Math.min(...rates)).toBeGreaterThanOrEqual(5);
    expect(Math.max(...rates)).toBeLessThanOrEqual(25);
    expect(loadAt(12.2).requestsPerSecond).toBeLessThan(loadAt(11).requestsPerSecond);
    expect(loadAt(12.2).phase.ko).toBe('점심');
  });

  it('changes evenly: never by more than a tenth from one second to the next', () => {
    for (let ms = 0; ms < DAY_MS; ms += 1_000) {
      const now = loadAt(hourAt(ms)).requestsPerSecond;
      const next = loadAt(hourAt(ms + 1_000)).requestsPerSecond;
      expect(Math.abs(next - now) / now).toBeLessThan(0.1);
    }
  });
});
