import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assignGroups } from './assign.ts';
import { type FindingRecord, mergeFinding } from './finding-record.ts';
import { groupFindings } from './group.ts';
import { nowhere, surroundingsOf } from './surroundings.ts';
import { aFinding, T0 } from './test-events.ts';

const alone = surroundingsOf(nowhere, new Map());

function record(id: number, startMs: number, endMs: number | null, fields: Partial<FindingRecord> = {}): FindingRecord {
  const detectedAtUnixMs = T0 + startMs;
  const finding = aFinding({ id: `f-0000000${id}`, detectedAtUnixMs, startedAtUnixMs: detectedAtUnixMs });
  const merged = mergeFinding(null, { agent: 'web-1', finding, receivedAtUnixMs: T0 + startMs })!;
  return { ...merged, endedAtUnixMs: endMs === null ? null : T0 + endMs, ...fields };
}
const MINUTE = 60_000;

function about(base: FindingRecord, fields: Partial<FindingRecord['finding']>): FindingRecord {
  const finding = { ...base.finding, ...fields };
  return { ...base, finding, whileItHeld: finding };
}

/** About the disk, where `record` is about the CPU. */
const other = (id: number, startMs: number) => about(record(id, startMs, null), { trouble: 'disk-io' });

const idsOf = (groups: readonly { members: readonly FindingRecord[] }[]) =>
  groups.map(({ members }) => members.map(({ finding }) => Number(finding.id.slice(-1))));

describe('faults of one host', () => {
  it.each([
    { name: 'spans that overlap', records: [record(1, 0, 2 * MINUTE), record(2, MINUTE, null)], want: [[1, 2]] },
    { name: 'a short gap', records: [record(1, 0, MINUTE), record(2, 3.5 * MINUTE, null)], want: [[1, 2]] },
    { name: 'a longer gap', records: [record(1, 0, MINUTE), record(2, 3.5 * MINUTE + 1, null)], want: [[1], [2]] },
    { name: 'another trouble meanwhile', records: [record(1, 0, MINUTE), other(2, 30_000)], want: [[1], [2]] },
    {
      name: 'the first trouble back while another runs',
      records: [record(1, 0, MINUTE), other(2, 2 * MINUTE), record(3, 3 * MINUTE, null)],
      want: [[1, 3], [2]],
    },
    {
      name: 'what a person settled as over',
      records: [record(1, 0, null, { settledAtUnixMs: T0 + MINUTE }), record(2, 20 * MINUTE, null)],
      want: [[1], [2]],
    },
    { name: 'information alone', records: [record(1, 0, null, { worst: 'info' })], want: [] },
    {
      name: 'information within',
      records: [record(1, 0, null), record(2, MINUTE, null, { worst: 'info' })],
      want: [[1]],
    },
  ])('handles $name', ({ records, want }) => {
    expect(idsOf(groupFindings(records, alone))).toEqual(want);
    expect(idsOf(groupFindings(records.toReversed(), alone))).toEqual(want);
  });

  it('lets no device explain the host that asks it', () => {
    const port = about(record(1, 0, null), { entity: 'device:sw-1', trouble: 'port-down' });
    const slow = about(record(2, MINUTE, null), { nature: 'symptom', trouble: 'latency' });
    expect(idsOf(groupFindings([port, slow], alone))).toEqual([[1], [2]]);
  });

  describe('that hang on a device', () => {
    const hanging = surroundingsOf(
      {
        ...nowhere,
        attachments: () => [
          { agent: 'web-1', device: 'device:sw-1', port: 'Gi1/0/1' },
          { agent: 'db-1', device: 'device:sw-1', port: 'Gi1/0/2' },
        ],
      },
      new Map(['web-1', 'db-1', 'app-1'].map((agent) => [agent, { machine: null, scope: null }])),
    );
    const silentDevice = about(record(1, 0, null), { entity: 'device:sw-1', trouble: 'device-silent' });
    const portDown = (port: string) =>
      about(record(1, 0, null), {
        entity: 'device:sw-1',
        trouble: 'port-down',
        evidence: [{ kind: 'series', ref: '1', attributes: { 'network.interface.name': port } }],
      });
    const silentHost = (id: number, agent: string) => ({
      ...about(record(id, 20_000, null), { entity: `host:${agent}`, trouble: 'missing', kind: 'missing' }),
      agent,
    });
    const slow = about(record(4, 10_000, null), { nature: 'symptom', trouble: 'call-latency' });
    const busy = about(record(5, 10_000, null), { nature: 'pressure', trouble: 'cpu' });

    it.each([
      { name: 'are taken along by it', records: [silentDevice, silentHost(2, 'db-1'), slow], want: [[1, 4, 2]] },
      { name: 'and not the others', records: [silentDevice, silentHost(2, 'app-1')], want: [[1], [2]] },
      { name: 'have no work from it', records: [silentDevice, busy], want: [[1], [5]] },
      { name: 'are cut off by their own port', records: [portDown('Gi1/0/2'), silentHost(2, 'db-1')], want: [[1, 2]] },
      { name: 'and by no other one', records: [portDown('Gi1/0/9'), silentHost(2, 'db-1')], want: [[1], [2]] },
      {
        name: 'both on it, are told of once',
        records: [silentDevice, silentHost(2, 'db-1'), silentHost(3, 'web-1')],
        want: [[1, 2, 3]],
      },
    ])('$name', ({ records, want }) => {
      expect(idsOf(groupFindings(records, hanging))).toEqual(want);
      expect(idsOf(groupFindings(records.toReversed(), hanging))).toEqual(want);
    });
  });

  it('gives the oldest number to incidents that turn out to be one', () => {
    const members = [record(1, 0, MINUTE, { incident: 1003 }), record(2, 2 * MINUTE, null, { incident: 1001 })];
    expect(assignGroups(groupFindings(members, alone), T0)).toEqual([{ members, incident: 1001, absorbed: [1003] }]);
  });

  it.each([
    { name: 'leaves while it is fresh', nowMs: 19 * MINUTE, want: [1001, null] },
    { name: 'stays once it is old', nowMs: 21 * MINUTE, want: [1001, 1001] },
  ])('a part that turns out to be another incident $name', ({ nowMs, want }) => {
    const first = record(1, 0, MINUTE, { incident: 1001 });
    const later = record(2, 4 * MINUTE, 5 * MINUTE, { incident: 1001 });
    const assigned = assignGroups(groupFindings([first, later], alone), T0 + nowMs);
    expect(assigned.map((assignment) => assignment.incident)).toEqual(want);
  });
});

describe('merging versions of a finding', () => {
  const version = fc.record({
    state: fc.constantFrom('open' as const, 'update' as const, 'closed' as const),
    severity: fc.constantFrom('minor' as const, 'major' as const, 'critical' as const),
    score: fc.integer({ min: 0, max: 3 }),
    endedAtUnixMs: fc.constantFrom(T0 + MINUTE, T0 + 2 * MINUTE),
  });

  it('comes to the same whatever the order, and however often', () => {
    fc.assert(
      fc.property(fc.array(version, { minLength: 1, maxLength: 6 }), fc.func(fc.integer()), (versions, shuffle) => {
        const incoming = versions.map((fields) => ({
          agent: 'web-1',
          finding: aFinding({ ...fields, endedAtUnixMs: fields.state === 'closed' ? fields.endedAtUnixMs : null }),
          receivedAtUnixMs: T0 + MINUTE,
        }));
        const play = (list: typeof incoming) =>
          list.reduce<FindingRecord | null>((known, each) => mergeFinding(known, each) ?? known, null);
        const inOrder = play(incoming);
        const shuffled = [...incoming, ...incoming].sort((a, b) => shuffle(a) - shuffle(b));
        expect(play(shuffled)).toEqual(inOrder);
      }),
    );
  });
});
