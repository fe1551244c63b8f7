import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rankCauses } from './cause.ts';
import { type FindingRecord, mergeFinding } from './finding-record.ts';
import { aChange, aFinding, T0 } from './test-events.ts';

function records(...findings: readonly Parameters<typeof aFinding>[0][]): FindingRecord[] {
  return findings.map((fields, index) => {
    const finding = aFinding({ id: `f-0000000${index}`, ...fields });
    return mergeFinding(null, { agent: 'web-1', finding, receivedAtUnixMs: finding.detectedAtUnixMs })!;
  });
}
const busy = (name: string, cpus: number) => ({
  kind: 'process' as const,
  ref: `process:${name}`,
  value: cpus,
  unit: '{cpu}',
});
const names = (...list: Parameters<typeof rankCauses>) => rankCauses(...list).map((cause) => cause.entity);

describe('suspects', () => {
  it('names busy processes before their host, by what they use', () => {
    const evidence = [...aFinding().evidence, busy('yes[11]', 0.99), busy('yes[12]', 0.9), busy('sshd[7]', 0.01)];
    expect(names(records({ kind: 'level-shift', evidence }), [])).toEqual([
      'process:yes[11]@web-1',
      'process:yes[12]@web-1',
      'host:web-1',
    ]);
  });

  it('does not suspect the busiest of idle processes', () => {
    expect(names(records({ evidence: [...aFinding().evidence, busy('node[11]', 0.02)] }), [])).toEqual(['host:web-1']);
  });

  it('keeps the process first however many findings show on the host', () => {
    const evidence = [...aFinding().evidence, busy('yes[11]', 1.9)];
    const many = records({ evidence }, { kind: 'multivariate' }, { kind: 'level-shift' }, { kind: 'spike' });
    expect(names(many, [])[0]).toBe('process:yes[11]@web-1');
  });

  it('names the file system that fills', () => {
    const evidence = [{ kind: 'file-system' as const, ref: '/data' }];
    expect(names(records({ kind: 'drift', evidence }), [])).toEqual(['file-system:/data@web-1', 'host:web-1']);
  });

  it('cites each thing once, however many findings name it', () => {
    const evidence = [{ kind: 'file-system' as const, ref: '/data' }];
    const three = records({ kind: 'drift', evidence }, { kind: 'drift', evidence }, { kind: 'drift', evidence });
    const cited = rankCauses(three, [])[0]?.evidence.map(({ kind, ref }) => `${kind} ${ref}`) ?? [];
    expect(cited).toContain('file-system /data');
    expect(new Set(cited).size).toBe(cited.length);
  });

  it('names the service that stopped, and never the process that is gone', () => {
    const evidence = [{ kind: 'process' as const, ref: 'pid 812' }];
    const found = records({ kind: 'missing', entity: 'service:nginx@web-1', evidence });
    const lost = aChange({ kind: 'role-lost', entity: 'service:nginx@web-1' });
    expect(names(found, [lost])).toEqual(['service:nginx@web-1']);
  });

  it.each([
    { name: 'a change just before', atUnixMs: T0 - 60_000, want: true },
    { name: 'a change long before', atUnixMs: T0 - 16 * 60_000, want: false },
    { name: 'a change well after', atUnixMs: T0 + 60_000, want: false },
  ])('weighs $name', ({ atUnixMs, want }) => {
    expect(names(records({}), [aChange({ atUnixMs })]).includes('service:nginx@web-1')).toBe(want);
  });

  it('explains by what was said while it held, not by the recovery', () => {
    const closed = aFinding({ state: 'closed', endedAtUnixMs: T0 + 1_000, summary: { ko: '끝', en: 'It is over.' } });
    const [open] = records({ id: closed.id });
    const merged = mergeFinding(open!, { agent: 'web-1', finding: closed, receivedAtUnixMs: T0 + 1_000 })!;
    expect(rankCauses([merged], [])[0]?.explanation).toEqual(aFinding().summary);
  });

  it('ranks the same whatever the order, with scores below 1 that fall', () => {
    const kinds = fc.constantFrom('spike' as const, 'saturation' as const, 'multivariate' as const, 'missing' as const);
    const one = fc.record({
      kind: kinds,
      entity: fc.constantFrom('host:web-1', 'service:nginx@web-1', 'database:orders'),
      detectedAtUnixMs: fc.integer({ min: T0, max: T0 + 600_000 }),
    });
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 6 }), (list) => {
        const causes = rankCauses(records(...list), [aChange()]);
        expect(rankCauses(records(...list).reverse(), [aChange()])).toEqual(causes);
        const scores = causes.map((cause) => cause.score);
        expect(scores).toEqual([...scores].sort((a, b) => b - a));
        expect(scores.every((score) => score > 0 && score < 1)).toBe(true);
        expect(causes.map((cause) => cause.rank)).toEqual(causes.map((_, index) => index + 1));
      }),
    );
  });
});
