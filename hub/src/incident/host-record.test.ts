import { describe, expect, it } from 'vitest';
import { mergeHealth } from './host-record.ts';
import { aHealth, T0 } from './test-events.ts';

const first = mergeHealth(null, { agent: 'web-1', health: aHealth(), receivedAtUnixMs: T0 })!;
const later = (ms: number, fields = {}) => ({
  agent: 'web-1',
  health: aHealth({ atUnixMs: T0 + ms, ...fields }),
  receivedAtUnixMs: T0 + ms,
});

describe('what the hub last heard of a host', () => {
  it('takes what was received last, also from a clock that stepped back', () => {
    expect(mergeHealth(first, later(10_000))?.lastSeenAtUnixMs).toBe(T0 + 10_000);
    const steppedBack = { ...later(10_000), health: aHealth({ atUnixMs: T0 - 3_600_000 }) };
    expect(mergeHealth(first, steppedBack)?.lastSeenAtUnixMs).toBe(T0 + 10_000);
  });

  it('knows what it has heard before', () => {
    expect(mergeHealth(first, { agent: 'web-1', health: aHealth(), receivedAtUnixMs: T0 })).toBeNull();
    expect(mergeHealth(first, { agent: 'web-1', health: aHealth(), receivedAtUnixMs: T0 + 60_000 })).toBeNull();
    expect(mergeHealth(first, later(-10_000))).toBeNull();
  });

  it('keeps the inventory, and forgets a goodbye when the agent is back', () => {
    const inventory = {
      hostName: 'web-1',
      os: 'Debian 13',
      kernel: '6.12',
      arch: 'x64',
      cpuModel: 'x',
      cpuCount: 2,
      memoryBytes: 1,
      bootTimeUnixMs: T0,
      addresses: [],
      virtualization: null,
    };
    const known = { ...mergeHealth(first, later(1_000, { inventory }))!, stoppedAtUnixMs: T0 + 5_000 };
    const lastWord = mergeHealth(known, later(6_000))!;
    expect(lastWord).toMatchObject({ inventory: { os: 'Debian 13' }, stoppedAtUnixMs: T0 + 5_000 });
    expect(mergeHealth(known, later(20_000, { startedAtUnixMs: T0 + 15_000 }))?.stoppedAtUnixMs).toBeNull();
  });
});
