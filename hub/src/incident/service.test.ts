import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { createLog } from '../log.ts';
import { openStateStore, type StateStore } from '../store/state/state-store.ts';
import type { IncomingEvent } from './event.ts';
import { createIncidentService, type IncidentNews, type IncidentService } from './service.ts';
import { aChange, aFinding, aHealth, anEvent, T0 } from './test-events.ts';

interface Bench extends AsyncDisposable {
  readonly state: StateStore;
  readonly service: IncidentService;
  readonly news: IncidentNews[];
  at(unixMs: number): void;
}

const open: Bench[] = [];
afterEach(async () => {
  for (const bench of open.splice(0)) await bench[Symbol.asyncDispose]();
});

function startBench(state = openStateStore(':memory:'), now = T0): Bench {
  let clock = now;
  const news: IncidentNews[] = [];
  const service = createIncidentService({
    store: state.incident,
    agents: state.identity,
    clock: () => clock,
    log: createLog('error'),
    publish: (item) => news.push(item),
    tickEveryMs: 0,
  });
  const bench: Bench = {
    state,
    service,
    news,
    at: (unixMs) => {
      clock = unixMs;
    },
    async [Symbol.asyncDispose]() {
      await service[Symbol.asyncDispose]();
      await state[Symbol.asyncDispose]();
    },
  };
  open.push(bench);
  return bench;
}

const all = async (state: StateStore) => (await state.incident.listIncidents({}, { limit: 100 })).items;

describe('findings become incidents', () => {
  it('opens one incident for what happens on one host within minutes', async () => {
    const { service, state } = startBench();
    await service.handle(anEvent('finding', aFinding(), T0));
    await service.handle(
      anEvent(
        'finding',
        aFinding({ id: 'f-00000002', nature: 'pressure', trouble: 'disk-io', detectedAtUnixMs: T0 + 60_000 }),
        T0 + 60_000,
      ),
    );
    const [incident, ...others] = await all(state);
    expect(others).toEqual([]);
    expect(incident).toMatchObject({ number: 1001, state: 'open', severity: 'major', firingAlerts: 2, agent: 'web-1' });
    expect(incident?.title).toEqual({ ko: 'web-1: CPU 포화', en: 'web-1: CPU saturated' });
  });

  it('keeps hosts apart', async () => {
    const { service, state } = startBench();
    await service.handle(anEvent('finding', aFinding(), T0, 'web-1'));
    await service.handle(anEvent('finding', aFinding({ entity: 'host:web-2' }), T0, 'web-2'));
    expect((await all(state)).map((incident) => incident.agent).sort()).toEqual(['web-1', 'web-2']);
  });

  it('opens none for what only informs', async () => {
    const { service, state } = startBench();
    await service.handle(anEvent('finding', aFinding({ severity: 'info' }), T0));
    expect(await all(state)).toEqual([]);
  });

  it('resolves half a minute after the last finding closed, and not before', async () => {
    const { service, state, at } = startBench();
    await service.handle(anEvent('finding', aFinding(), T0));
    await service.handle(anEvent('finding', aFinding({ state: 'closed', endedAtUnixMs: T0 + 30_000 }), T0 + 30_000));
    at(T0 + 59_000);
    await service.tick();
    expect(await all(state)).toMatchObject([{ state: 'open', firingAlerts: 0 }]);
    at(T0 + 60_000);
    await service.tick();
    expect(await all(state)).toMatchObject([{ state: 'resolved', resolvedAtUnixMs: T0 + 60_000 }]);
  });

  it.each([
    { name: 'reopens when the same trouble is back within two minutes', afterMs: 179_000, states: ['open'] },
    { name: 'opens another one later', afterMs: 181_000, states: ['open', 'resolved'] },
    {
      name: 'opens another one for another trouble',
      afterMs: 100_000,
      trouble: 'disk-io',
      states: ['open', 'resolved'],
    },
  ])('$name', async ({ afterMs, trouble = 'cpu', states }) => {
    const { service, state, at } = startBench();
    await service.handle(anEvent('finding', aFinding(), T0));
    await service.handle(anEvent('finding', aFinding({ state: 'closed', endedAtUnixMs: T0 + 30_000 }), T0 + 30_000));
    at(T0 + 100_000);
    await service.tick();
    at(T0 + afterMs);
    await service.handle(
      anEvent(
        'finding',
        aFinding({ id: 'f-00000002', startedAtUnixMs: T0 + afterMs, detectedAtUnixMs: T0 + afterMs, trouble }),
        T0 + afterMs,
      ),
    );
    expect((await all(state)).map((incident) => incident.state)).toEqual(states);
  });

  it('makes one of two incidents when a late finding shows that they are one', async () => {
    const { service, state, news } = startBench();
    const span = (id: string, start: number, end: number) =>
      aFinding({ id, state: 'closed', detectedAtUnixMs: T0 + start, endedAtUnixMs: T0 + end });
    await service.handle(anEvent('finding', span('f-00000001', 200_000, 260_000), T0 + 900_000));
    await service.handle(anEvent('finding', span('f-00000002', 800_000, 810_000), T0 + 900_000));
    await service.act(1002, { kind: 'note', who: 'user:kim', text: 'seen' });
    await service.handle(anEvent('finding', span('f-00000003', 380_000, 700_000), T0 + 900_000));
    expect(await all(state)).toMatchObject([{ number: 1001, totalAlerts: 3 }]);
    const asked = await service.view(1002);
    expect(asked?.summary.number).toBe(1001);
    expect(asked?.acts.map((act) => act.text)).toEqual(['seen']);
    expect(asked?.timeline.map((entry) => entry.kind)).toContain('reopened');
    expect(news.at(-1)).toMatchObject({ kind: 'incident', summary: { number: 1002, state: 'resolved' } });
    expect(await service.act(1002, { kind: 'note', who: 'user:kim', text: 'more' })).toMatchObject({
      value: { number: 1001 },
    });
  });

  it('refuses malformed events by reason and stores nothing', async () => {
    const { service, state } = startBench();
    expect(await service.handle(anEvent('finding', { ...aFinding(), severity: 'awful' }, T0))).toMatchObject({
      reason: 'malformed-finding',
    });
    expect(await service.handle(anEvent('health', null, T0))).toMatchObject({ reason: 'malformed-health' });
    expect(await service.handle(anEvent('summary', {}, T0))).toMatchObject({ reason: 'unsupported-kind' });
    expect(await all(state)).toEqual([]);
  });

  it('takes the hub clock where a host is a year off', async () => {
    const { service, state } = startBench();
    const year = 365 * 86_400_000;
    await service.handle(anEvent('finding', aFinding({ detectedAtUnixMs: T0 + year }), T0));
    expect(await all(state)).toMatchObject([{ detectedAtUnixMs: T0 }]);
    await service.handle(anEvent('change', aChange({ atUnixMs: T0 - year }), T0));
    expect(await state.incident.changesBetween('web-1', T0, T0)).toMatchObject([{ atUnixMs: T0 }]);
  });
});

it('does not say that a report is stored while the store is away, and has it when it is back', async () => {
  const state = openStateStore(':memory:');
  let isAway = true;
  const store: StateStore['incident'] = {
    ...state.incident,
    commit: async (write) => {
      if (isAway) throw new Error('the disk is full');
      await state.incident.commit(write);
    },
  };
  const log = createLog('error', () => undefined);
  const publish = () => undefined;
  const service = createIncidentService({
    store,
    agents: state.identity,
    clock: () => T0,
    log,
    publish,
    tickEveryMs: 0,
  });
  const report = anEvent('health', aHealth(), T0);
  for (let n = 0; n < 3; n++) await expect(service.handle(report)).rejects.toThrow('full');
  isAway = false;
  expect(await service.handle(report)).toMatchObject({ ok: true });
  expect(await state.incident.host('web-1')).toMatchObject({ lastSeenAtUnixMs: T0 });
  await service[Symbol.asyncDispose]();
  await state[Symbol.asyncDispose]();
});

it('takes an event in although nobody can be told of it', async () => {
  const state = openStateStore(':memory:');
  const service = createIncidentService({
    store: state.incident,
    agents: state.identity,
    clock: () => T0,
    log: createLog('error', () => undefined),
    publish: () => {
      throw new Error('no listener is fit');
    },
    tickEveryMs: 0,
  });
  expect(await service.handle(anEvent('finding', aFinding(), T0))).toMatchObject({ ok: true });
  expect(await all(state)).toHaveLength(1);
  await service[Symbol.asyncDispose]();
  await state[Symbol.asyncDispose]();
});

describe('what is kept', () => {
  const day = 86_400_000;
  const finding = (n: number, fields = {}) =>
    anEvent('finding', aFinding({ id: `f-${String(n).padStart(8, '0')}`, ...fields }), T0, `web-${n}`);
  const ended = (n: number) => finding(n, { state: 'closed', endedAtUnixMs: T0 + 1_000 });

  it('drops what has been over for long, with incidents that were taken in by another', async () => {
    const { service, state, at } = startBench();
    for (const n of [1, 2]) await service.handle(ended(n));
    await service.handle(finding(3));
    at(T0 + 100_000);
    await service.tick();
    const [third, second, first] = await all(state);
    await state.incident.commit({ absorbed: [{ from: first!.number, into: second!.number }] });
    await state.incident.prune(T0 + day);
    expect(await all(state)).toEqual([third]);
    expect(await state.incident.absorbedInto(first!.number)).toBeNull();
    expect((await state.incident.listFindings({}, { limit: 9 })).items).toMatchObject([{ agent: 'web-3' }]);
  });

  it('drops the oldest beyond the most that is kept, and nothing of an incident that is not over', async () => {
    const { service, state, at } = startBench();
    await service.handle(finding(1));
    for (let n = 2; n <= 9; n++) await service.handle(ended(n));
    for (let n = 1; n <= 5; n++) {
      await service.handle(anEvent('change', aChange({ id: `c-0000000${n}`, atUnixMs: T0 + n }), T0));
    }
    at(T0 + 100_000);
    await service.tick();
    await state.incident.prune(0, { findings: 3, changes: 2 });
    const agents = (list: readonly { agent: string }[]) => list.map((each) => each.agent).sort();
    expect(agents((await state.incident.listFindings({}, { limit: 99 })).items)).toEqual([
      'web-1',
      'web-7',
      'web-8',
      'web-9',
    ]);
    expect(agents(await all(state))).toEqual(['web-1', 'web-7', 'web-8', 'web-9']);
    expect((await state.incident.changesBetween('web-1', T0, T0 + 9)).map((change) => change.atUnixMs - T0)).toEqual([
      4, 5,
    ]);
  });
});

describe('what people do', () => {
  it('acknowledges, notes, and resolves for good although the finding still holds', async () => {
    const { service, state, at } = startBench();
    await service.handle(anEvent('finding', aFinding(), T0));
    at(T0 + 5_000);
    expect(await service.act(1001, { kind: 'acknowledge', who: 'user:kim', text: '' })).toMatchObject({
      ok: true,
      value: { state: 'acknowledged', owner: 'kim' },
    });
    expect(await service.act(1001, { kind: 'acknowledge', who: 'user:lee', text: '' })).toMatchObject({
      reason: 'already-acknowledged',
    });
    await service.act(1001, { kind: 'note', who: 'user:kim', text: 'rolled back' });
    at(T0 + 20_000);
    expect(await service.act(1001, { kind: 'resolve', who: 'user:kim', text: '' })).toMatchObject({
      value: { state: 'resolved' },
    });
    await service.handle(anEvent('finding', aFinding({ state: 'update', score: 20 }), T0 + 25_000));
    expect(await all(state)).toMatchObject([{ state: 'resolved', resolvedAtUnixMs: T0 + 20_000 }]);
    const view = await service.view(1001);
    expect(view?.timeline.map((entry) => entry.kind)).toEqual([
      'detected',
      'finding-opened',
      'acknowledged',
      'note',
      'resolved',
    ]);
    expect(await service.act(9, { kind: 'note', who: 'user:kim', text: 'x' })).toMatchObject({ reason: 'unknown' });
  });
});

describe('causes', () => {
  it('puts the busy process before the host, and a change just before into the list', async () => {
    const { service } = startBench();
    await service.handle(anEvent('change', aChange({ atUnixMs: T0 - 30_000 }), T0 - 30_000));
    const evidence = [
      ...aFinding().evidence,
      { kind: 'process' as const, ref: 'process:stress@web-1', value: 1.9, unit: '1' },
    ];
    await service.handle(anEvent('finding', aFinding({ evidence }), T0));
    const view = await service.view(1001);
    expect(view?.causes.map((cause) => cause.entity)).toEqual([
      'process:stress@web-1',
      'service:nginx@web-1',
      'host:web-1',
    ]);
    expect(view?.causes.every((cause) => cause.evidence.length > 0 && cause.score > 0 && cause.score < 1)).toBe(true);
    expect(view?.narrative.en).toContain('system.cpu.utilization 98 %');
  });
});

describe('silent hosts', () => {
  const heard = (ms: number) => anEvent('health', aHealth({ atUnixMs: T0 + ms }), T0 + ms);

  it('is an incident after a minute without health, and over when the host is back', async () => {
    const { service, state, at } = startBench();
    await service.handle(heard(0));
    at(T0 + 10_000);
    await service.tick();
    for (let ms = 20_000; ms <= 70_000; ms += 10_000) {
      at(T0 + ms);
      await service.tick();
    }
    expect(await all(state)).toMatchObject([{ severity: 'major', topCause: { entity: 'host:web-1' } }]);
    await service.handle(heard(75_000));
    at(T0 + 76_000);
    await service.tick();
    expect(await all(state)).toMatchObject([{ state: 'open', firingAlerts: 0 }]);
  });

  it.each([
    {
      name: 'the agent said goodbye',
      prepare: (service: IncidentService) =>
        service.handle(
          anEvent('change', aChange({ kind: 'agent-stop', entity: 'host:web-1', atUnixMs: T0 + 1_000 }), T0 + 1_000),
        ),
      stepMs: 10_000,
    },
    { name: 'the hub itself was away', prepare: async () => undefined, stepMs: 70_000 },
  ])('is none when $name', async ({ prepare, stepMs }) => {
    const { service, state, at } = startBench();
    await service.handle(heard(0));
    await prepare(service);
    for (let ms = 0; ms <= 140_000; ms += stepMs) {
      at(T0 + ms);
      await service.tick();
    }
    expect(await all(state)).toEqual([]);
  });

  it('closes what a restarted agent left behind', async () => {
    const { service, state, at } = startBench();
    await service.handle(anEvent('finding', aFinding(), T0));
    const later = T0 + 400_000;
    await service.handle(anEvent('health', aHealth({ atUnixMs: later, startedAtUnixMs: T0 + 100_000 }), later));
    at(later);
    await service.tick();
    expect(await all(state)).toMatchObject([{ state: 'resolved', firingAlerts: 0, resolvedAtUnixMs: T0 + 130_000 }]);
  });
});

/** Versions of findings on one host over twenty minutes, in the order in which they happened. */
const history = fc
  .array(
    fc.record({
      startMs: fc.integer({ min: 0, max: 1_200_000 }),
      lengthMs: fc.option(fc.integer({ min: 1_000, max: 300_000 }), { nil: null }),
      severity: fc.constantFrom('info' as const, 'minor' as const, 'critical' as const),
      trouble: fc.constantFrom('cpu', 'disk-io'),
      nature: fc.constantFrom('fault' as const, 'pressure' as const, 'symptom' as const),
    }),
    { minLength: 1, maxLength: 8 },
  )
  .map((findings) =>
    findings
      .flatMap(({ startMs, lengthMs, severity, trouble, nature }, index): IncomingEvent[] => {
        const detectedAtUnixMs = T0 + startMs;
        const id = `f-0000000${index}`;
        const opened = anEvent(
          'finding',
          aFinding({ id, severity, detectedAtUnixMs, trouble, nature }),
          detectedAtUnixMs,
        );
        if (lengthMs === null) return [opened];
        const end = detectedAtUnixMs + lengthMs;
        const closed = aFinding({
          id,
          severity,
          detectedAtUnixMs,
          trouble,
          nature,
          state: 'closed',
          endedAtUnixMs: end,
        });
        return [opened, anEvent('finding', closed, end)];
      })
      .sort((a, b) => a.receivedAtMs - b.receivedAtMs),
  );

/** Plays events and returns the incidents without their numbers. */
async function outcome(events: readonly { event: IncomingEvent; atMs: number }[]): Promise<unknown> {
  const bench = startBench();
  for (const { event, atMs } of events) {
    bench.at(atMs);
    await bench.service.tick();
    await bench.service.handle(event);
  }
  bench.at(T0 + 7_200_000);
  await bench.service.tick();
  const incidents = await all(bench.state);
  const views = await Promise.all(incidents.map((incident) => bench.service.view(incident.number)));
  return views
    .map((view) => ({
      members: view?.records.map((record) => record.finding.id).sort(),
      timeline: view?.timeline,
      summary: { ...view?.summary, number: 0 },
    }))
    .sort((a, b) => (JSON.stringify(a.members) < JSON.stringify(b.members) ? -1 : 1));
}

describe('whatever the order', () => {
  it('events up to two minutes late end in the same incidents', async () => {
    await fc.assert(
      fc.asyncProperty(history, fc.infiniteStream(fc.integer({ min: 0, max: 120_000 })), async (events, delays) => {
        const inOrder = events.map((event) => ({ event, atMs: event.receivedAtMs }));
        const late = events
          .map((event) => ({ event, atMs: event.receivedAtMs + (delays.next().value ?? 0) }))
          .sort((a, b) => a.atMs - b.atMs);
        expect(await outcome(late)).toEqual(await outcome(inOrder));
      }),
      { numRuns: 40, endOnFailure: true },
    );
  }, 60_000);

  it('playing everything again changes nothing, also after a restart', async () => {
    await fc.assert(
      fc.asyncProperty(history, async (events) => {
        const bench = startBench();
        bench.at(T0 + 7_200_000);
        for (const event of events) await bench.service.handle(event);
        const before = await all(bench.state);
        const again = createIncidentService({
          store: bench.state.incident,
          agents: bench.state.identity,
          clock: () => T0 + 7_200_000,
          log: createLog('error'),
          publish: () => expect.fail('nothing is news'),
          tickEveryMs: 0,
        });
        for (const event of events) await again.handle(event);
        expect(await all(bench.state)).toEqual(before);
      }),
      { numRuns: 40 },
    );
  }, 60_000);
});
