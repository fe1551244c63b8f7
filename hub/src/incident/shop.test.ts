import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { createLog } from '../log.ts';
import { openStateStore } from '../store/state/state-store.ts';
import { type FindingRecord, mergeFinding } from './finding-record.ts';
import { groupFindings } from './group.ts';
import type { IncidentView } from './incident.ts';
import { createIncidentService } from './service.ts';
import {
  agents,
  MACHINE,
  type Seen,
  type ShopFault,
  shop,
  shopFaults,
  shopFinding,
  shopTopology,
} from './shop-events.ts';
import { aHealth, anEvent, T0 } from './test-events.ts';

interface Run {
  readonly fault: ShopFault;
  readonly startS: number;
  readonly lastsS: number | null;
}
const faults: readonly ShopFault[] = Object.values(shopFaults);
const { cpu, slow, lock, pool, down, link, quota, memory } = shopFaults;

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** Plays the runs second by second through a real service and store; what the incidents are at the end. */
async function play(runs: readonly Run[], untilS: number, delayOf: (id: string) => number = () => 0) {
  let now = T0 - 60_000;
  const state = openStateStore(':memory:');
  const numbers = new Set<number>();
  const service = createIncidentService({
    store: state.incident,
    agents: state.identity,
    clock: () => now,
    log: createLog('error'),
    publish: (news) => news.kind === 'incident' && numbers.add(news.summary.number),
    topology: shopTopology,
    tickEveryMs: 0,
  });
  closers.push(async () => {
    await service[Symbol.asyncDispose]();
    await state[Symbol.asyncDispose]();
  });
  const report = async () => {
    for (const { agent, scope } of agents) {
      const health = aHealth({
        atUnixMs: now,
        machine: MACHINE,
        scope: scope === null ? null : { entity: scope, pids: [] },
      });
      await service.handle(anEvent('health', health, now, agent));
    }
  };
  await report();
  const events = runs
    .flatMap(({ fault, startS, lastsS }, index) =>
      fault.seen.flatMap((seen) => {
        const name = `${index}-run`;
        const closed = shopFinding(seen, startS, lastsS, name);
        const opened = { ...closed, state: 'open' as const, endedAtUnixMs: null };
        const lateMs = delayOf(closed.id) * 1000;
        const open = { atMs: closed.detectedAtUnixMs + lateMs, agent: seen.agent, finding: opened };
        return closed.endedAtUnixMs === null
          ? [open]
          : [open, { atMs: closed.endedAtUnixMs + lateMs, agent: seen.agent, finding: closed }];
      }),
    )
    .sort((a, b) => a.atMs - b.atMs);
  for (now = T0; now <= T0 + untilS * 1000; now += 2_000) {
    if ((now - T0) % 10_000 === 0) await report();
    while (events[0] !== undefined && events[0].atMs <= now) {
      const { agent, finding } = events.shift()!;
      await service.handle(anEvent('finding', finding, now, agent));
    }
    await service.tick();
  }
  const list = (await state.incident.listIncidents({}, { limit: 100 })).items;
  const views = await Promise.all(list.map(({ number }) => service.view(number)));
  return { views: views.filter((view): view is IncidentView => view !== null), everSeen: numbers.size };
}

const firstCauses = (views: readonly IncidentView[]) => views.map(({ causes }) => causes[0]?.entity).sort();

describe('one fault of the shop', () => {
  it.each(faults)('$name is one incident with the right cause first, and is over afterwards', async (fault) => {
    const { views, everSeen } = await play([{ fault, startS: 0, lastsS: 60 }], 180);
    expect(firstCauses(views)).toEqual([fault.target]);
    expect(everSeen).toBe(1);
    const [view] = views;
    expect(view?.summary).toMatchObject({ state: 'resolved', totalAlerts: fault.seen.length });
    expect(view?.summary.hosts?.length).toBe(new Set(fault.seen.map(({ agent }) => agent)).size);
    expect(view?.path[0]).toBe(fault.target);
    expect(view?.causes[0]?.for.length).toBeGreaterThan(0);
    expect(view?.causes[0]?.evidence.length).toBeGreaterThan(0);
    expect(view?.summary.impact?.en).not.toContain('log-');
    const named = new Set(view?.causes.map(({ entity }) => entity));
    expect(view?.ruledOut.filter(({ entity }) => named.has(entity))).toEqual([]);
    const said = view?.causes.map(({ explanation }) => explanation.en) ?? [];
    expect(new Set(said).size).toBe(said.length);
  });

  it('of a program that comes back is no second one for its warming up', async () => {
    const warmUp = { ...down.seen[0], trouble: 'cpu', onset: 75, found: 84 };
    const { views } = await play([{ fault: { ...down, seen: [...down.seen, warmUp] }, startS: 0, lastsS: 60 }], 200);
    expect(firstCauses(views)).toEqual([down.target]);
  });

  it('happens again after five minutes as an incident of its own', async () => {
    for (const fault of [cpu, lock]) {
      const runs = [0, 360].map((startS) => ({ fault, startS, lastsS: 60 }));
      const { views, everSeen } = await play(runs, 600);
      expect(firstCauses(views)).toEqual([fault.target, fault.target]);
      expect(everSeen).toBe(2);
    }
  });
});

const pairs: readonly (readonly [ShopFault, ShopFault])[] = [
  [cpu, lock],
  [cpu, slow],
  [slow, quota],
  [link, memory],
  [pool, lock],
  [down, lock],
  [link, lock],
  [link, slow],
  [quota, link],
  [memory, slow],
];

describe('two faults of the shop', () => {
  it.each(pairs.map(([one, other]) => ({ name: `${one.name} and ${other.name}`, one, other })))(
    '$name at once are two incidents',
    async ({ one, other }) => {
      const runs = [
        { fault: one, startS: 0, lastsS: 90 },
        { fault: other, startS: 1, lastsS: 90 },
      ];
      const { views } = await play(runs, 240);
      expect(firstCauses(views)).toEqual([one.target, other.target].sort());
      expect(views.map(({ summary }) => summary.state)).toEqual(['resolved', 'resolved']);
    },
  );

  it('of any two kinds, the second started a minute after the first, have a root each', () => {
    for (const one of faults) {
      for (const other of faults.filter((each) => each !== one)) {
        const records = [one, other].flatMap((fault, index) =>
          recordsOf({ fault, startS: index * 60, lastsS: 45 }, `${index}-run`, []),
        );
        const roots = groupFindings(records, shop).map(({ root }) => root.entity);
        expect(roots, `${one.name}, then ${other.name}`).toEqual([one.target, other.target]);
      }
    }
  });
});

function recordsOf({ fault, startS, lastsS }: Run, name: string, delays: readonly number[]): FindingRecord[] {
  return fault.seen.map((seen: Seen, index) => {
    const delayed = { ...seen, found: seen.found + (delays[index] ?? 0) };
    const finding = shopFinding(delayed, startS, lastsS, name);
    const receivedAtUnixMs = finding.endedAtUnixMs ?? finding.detectedAtUnixMs;
    return mergeFinding(null, { agent: seen.agent, finding, receivedAtUnixMs })!;
  });
}

describe('whatever the order', () => {
  it('groups the same, however findings arrive', () => {
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...faults], { minLength: 2, maxLength: 2 }),
        fc.func(fc.integer()),
        fc.array(fc.integer({ min: 0, max: 10 }), { minLength: 20, maxLength: 20 }),
        (two, shuffle, delays) => {
          const records = two.flatMap((fault, index) =>
            recordsOf({ fault, startS: index * 70, lastsS: 60 }, `${index}-run`, delays),
          );
          const shuffled = [...records].sort((a, b) => shuffle(a.finding.id) - shuffle(b.finding.id));
          const ids = (list: readonly FindingRecord[]) =>
            groupFindings(list, shop).map(({ members }) => members.map(({ finding }) => finding.id));
          expect(ids(shuffled)).toEqual(ids(records));
        },
      ),
    );
  });

  it('comes to the same incidents when findings are told up to a minute late', async () => {
    for (const [one, other] of pairs.slice(0, 4)) {
      const runs = [
        { fault: one, startS: 0, lastsS: 45 },
        { fault: other, startS: 60, lastsS: 45 },
      ];
      const members = (views: readonly IncidentView[]) =>
        views.map(({ records }) => records.map(({ finding }) => finding.id).sort()).sort();
      const onTime = await play(runs, 300);
      const late = await play(runs, 300, (id) =>
        [...id].reduce((sum, char) => (sum * 31 + char.charCodeAt(0)) % 61, 7),
      );
      expect(members(late.views)).toEqual(members(onTime.views));
      expect(firstCauses(late.views)).toEqual(firstCauses(onTime.views));
    }
  }, 30_000);
});

describe('symptoms without a fault', () => {
  const onlyAfter = (fault: ShopFault, ...natures: readonly string[]): ShopFault => ({
    ...fault,
    seen: fault.seen.filter(({ nature }) => natures.includes(nature)),
  });

  it('are one incident, with the deepest of them suspected and what is missing said', async () => {
    const { views, everSeen } = await play([{ fault: onlyAfter(cpu, 'symptom'), startS: 0, lastsS: null }], 90);
    expect(views).toHaveLength(1);
    expect(everSeen).toBe(1);
    expect(views[0]?.causes[0]?.entity).toBe(cpu.target);
    expect(views[0]?.unknown.length).toBeGreaterThan(0);
  });

  it('take in the fault that is found a little later as their root, without a second incident', async () => {
    const lateFault = {
      ...lock,
      seen: lock.seen.map((seen) => (seen.nature === 'fault' ? { ...seen, found: 55 } : seen)),
    };
    const { views, everSeen } = await play([{ fault: lateFault, startS: 0, lastsS: 90 }], 240);
    expect(firstCauses(views)).toEqual([lock.target]);
    expect(everSeen).toBe(1);
  });

  it('wait a few seconds for a fault before they make an incident', async () => {
    const first = cpu.seen.filter(({ trouble }) => trouble === 'event-loop');
    expect((await play([{ fault: { ...cpu, seen: first }, startS: 0, lastsS: null }], 12)).views).toEqual([]);
    expect((await play([{ fault: { ...cpu, seen: first }, startS: 0, lastsS: null }], 16)).views).toHaveLength(1);
  });
});
