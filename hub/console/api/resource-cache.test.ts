import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { whenSeen } from './resource.ts';
import { createResourceCache, type ResourceCache } from './resource-cache.ts';

describe('the resource cache', () => {
  let cache: ResourceCache;
  beforeEach(() => {
    vi.useFakeTimers({ now: 1_000_000 });
    cache = createResourceCache({ nowMs: () => Date.now() });
  });
  afterEach(() => {
    cache[Symbol.dispose]();
    vi.useRealTimers();
  });

  const counted = (everyMs: number | null) => {
    const source = { calls: 0, fail: false };
    const fetch = async () => {
      source.calls += 1;
      if (source.fail) throw new Error('no answer');
      return source.calls;
    };
    return { source, resource: { key: 'a', fetch, everyMs, wakeOn: ['incident' as const] } };
  };

  it('asks only while somebody looks', async () => {
    const { source, resource } = counted(2000);
    const entry = cache.entry(resource);
    await vi.advanceTimersByTimeAsync(5000);
    expect(source.calls).toBe(0);
    const stop = entry.subscribe(() => undefined);
    await vi.advanceTimersByTimeAsync(4100);
    expect(source.calls).toBe(3);
    entry.snapshot().setVisible(false);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(source.calls).toBe(3);
    entry.snapshot().setVisible(true);
    await vi.advanceTimersByTimeAsync(0);
    expect(source.calls).toBe(4);
    stop();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(source.calls).toBe(4);
  });

  it('waits for a panel to come into sight where the resource says so', async () => {
    const { source, resource } = counted(2000);
    const entry = cache.entry(whenSeen(resource));
    const stop = entry.subscribe(() => undefined);
    await vi.advanceTimersByTimeAsync(5000);
    expect(source.calls).toBe(0);
    entry.snapshot().setVisible(true);
    await vi.advanceTimersByTimeAsync(0);
    expect(source.calls).toBe(1);
    stop();
    entry.subscribe(() => undefined);
    await vi.advanceTimersByTimeAsync(5000);
    expect(source.calls).toBe(1);
  });

  it('keeps the old value as stale when the hub fails, and recovers', async () => {
    const { source, resource } = counted(2000);
    const entry = cache.entry(resource);
    entry.subscribe(() => undefined);
    await vi.advanceTimersByTimeAsync(100);
    expect(entry.snapshot()).toMatchObject({ value: 1, isStale: false, error: null });
    source.fail = true;
    await vi.advanceTimersByTimeAsync(2500);
    expect(entry.snapshot()).toMatchObject({ value: 1, isStale: true, error: { message: 'no answer' } });
    source.fail = false;
    await vi.advanceTimersByTimeAsync(2500);
    expect(entry.snapshot()).toMatchObject({ isStale: false, error: null });
  });

  it('shows a value as stale within 10 s when no answer comes at all', async () => {
    let answered = 0;
    const hang = () => (answered++ === 0 ? Promise.resolve(1) : new Promise<number>(() => undefined));
    const entry = cache.entry({ key: 'hang', fetch: hang, everyMs: 5000 });
    entry.subscribe(() => undefined);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(entry.snapshot()).toMatchObject({ value: 1, isStale: true });
  });

  it('asks again at once on an event it waits for, once for a burst', async () => {
    const { source, resource } = counted(60_000);
    cache.entry(resource).subscribe(() => undefined);
    await vi.advanceTimersByTimeAsync(100);
    for (let i = 0; i < 20; i += 1) cache.wake('incident');
    cache.wake('host');
    await vi.advanceTimersByTimeAsync(2000);
    expect(source.calls).toBe(2);
  });

  it('does not ask again for what does not change', async () => {
    const { source, resource } = counted(null);
    const entry = cache.entry(resource);
    entry.subscribe(() => undefined);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(source.calls).toBe(1);
    expect(entry.snapshot().isStale).toBe(false);
  });

  it('gives one request to every reader of one key', async () => {
    const { source, resource } = counted(2000);
    cache.entry(resource).subscribe(() => undefined);
    cache.entry({ ...resource }).subscribe(() => undefined);
    await vi.advanceTimersByTimeAsync(100);
    expect(source.calls).toBe(1);
  });
});
