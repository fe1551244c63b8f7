import { describe, expect, it } from 'vitest';
import { createRateLimit, RATE_RULES } from './rate-limit.ts';

describe('the rate limit', () => {
  it('lets a burst through, then says how long to wait, then lets through again', () => {
    let now = 0;
    const limits = createRateLimit(() => now);
    const { burst, perSecond } = RATE_RULES['sign-in'];
    for (let n = 0; n < burst; n += 1) expect(limits.take('sign-in', 'a')).toBe(0);
    const wait = limits.take('sign-in', 'a');
    expect(wait).toBe(Math.ceil(1 / perSecond));
    expect(limits.take('sign-in', 'b')).toBe(0);
    expect(limits.take('normal', 'a')).toBe(0);
    now += wait * 1000;
    expect(limits.take('sign-in', 'a')).toBe(0);
    expect(limits.take('sign-in', 'a')).toBeGreaterThan(0);
  });

  it('does not owe anything when the clock steps back', () => {
    let now = 1_000_000;
    const limits = createRateLimit(() => now);
    expect(limits.take('normal', 'a')).toBe(0);
    now = 0;
    expect(limits.take('normal', 'a')).toBe(0);
  });
});
