import { randomUUID } from 'node:crypto';
import { type Change, type Finding, type Health, ok, type Result, refused } from '@airis/protocol';
import { errorText } from '../errors.ts';
import type { Log } from '../log.ts';
import { createSerial } from '../serial.ts';
import type { IdentityStore } from '../store/state/identity.ts';
import type { IncidentStore, IncidentWrite } from '../store/state/incident.ts';
import type { Act } from './act.ts';
import { CHANGE_AFTER_MS } from './cause.ts';
import { type IncomingEvent, readEvent } from './event.ts';
import { type FindingRecord, isFiring, mergeFinding, trustedTime } from './finding-record.ts';
import { type HostRecord, mergeHealth } from './host-record.ts';
import type { IncidentSummary, IncidentView } from './incident.ts';
import { regroup, viewStored } from './regroup.ts';
import { nowhere, type Place, placeOf, type Surroundings, surroundingsOf, type TopologyView } from './surroundings.ts';
import { watchHosts } from './watch-hosts.ts';

/** Told after it is durable. */
export type IncidentNews =
  | { readonly kind: 'incident'; readonly summary: IncidentSummary }
  | { readonly kind: 'finding'; readonly record: FindingRecord };

export type ActRefusal = 'unknown' | 'already-acknowledged' | 'already-resolved';
export type ActRequest = Pick<Act, 'kind' | 'who' | 'text'> & Partial<Pick<Act, 'verdict' | 'entity'>>;

export interface IncidentService extends AsyncDisposable {
  /** Takes in one event of an agent; idempotent, and durable when it resolves. */
  handle(event: IncomingEvent): Promise<Result<void>>;
  act(incident: number, request: ActRequest): Promise<Result<IncidentSummary, ActRefusal>>;
  /** The incident in full, or the one that took it in; null when there is none. */
  view(incident: number): Promise<IncidentView | null>;
  /** Takes in what the hub itself has found, through the same door as an agent's findings. */
  takeHubFinding(agent: string, finding: Finding): Promise<void>;
  /** What only time brings: resolutions, silent hosts, retention. Called by the service's own timer as well. */
  tick(): Promise<void>;
}

export interface IncidentServiceOptions {
  readonly store: IncidentStore;
  readonly agents: Pick<IdentityStore, 'agents'>;
  readonly clock: () => number;
  readonly log: Log;
  readonly publish: (news: IncidentNews) => void;
  /** Who needs whom; without it only machines connect. */
  readonly topology?: TopologyView;
  /** Told of each health report after it is durable. */
  readonly onHealth?: (agent: string, health: Health, receivedAtUnixMs: number) => void;
  /** False while the broker or ingest is away, or works off a backlog. */
  readonly isHearing?: () => boolean;
  /** 0 leaves ticking to the caller. */
  readonly tickEveryMs?: number;
}

const DEFAULT_TICK_MS = 2_000;
/** A pause of the whole process (a suspended machine) is a time in which nothing could be heard. */
const LONGEST_PAUSE_MS = 15_000;
/** Incidents, findings and changes are kept this long after their end. */
const RETENTION_MS = 365 * 86_400_000;
/** Findings that wait for an incident are younger; the hub may have been away. */
const WAITED_AT_MOST_MS = 86_400_000;
const PRUNE_EVERY_MS = 3_600_000;

/**
 * From findings to incidents. The only writer of the incident store: events, acts and ticks pass through one queue,
 * each reads what is stored, decides with the pure parts beside this file, and commits once. Nothing lives in memory
 * only, so that a restart needs no rebuilding.
 */
export function createIncidentService(options: IncidentServiceOptions): IncidentService {
  const { store, agents, clock, log, publish, onHealth, topology = nowhere } = options;
  const { isHearing = () => true, tickEveryMs = DEFAULT_TICK_MS } = options;
  const serially = createSerial();
  /** Since when events could be heard without a break: silence before it proves nothing. */
  let hearingSince = clock();
  let tickedAt = clock();
  let prunedAt = 0;
  /** A copy of what the store says of every host, read once. */
  let places: Map<string, Place> | null = null;
  let waitingHealth: { agent: string; health: Health; receivedAtUnixMs: number }[] = [];

  async function commit(write: IncidentWrite): Promise<void> {
    const absorbed = await Promise.all((write.absorbed ?? []).map(({ from }) => store.incident(from)));
    await store.commit(write);
    for (const record of write.findings ?? []) tell({ kind: 'finding', record });
    for (const summary of write.incidents ?? []) tell({ kind: 'incident', summary });
    for (const gone of absorbed) {
      if (gone !== null) tell({ kind: 'incident', summary: { ...gone, state: 'resolved', resolvedAtUnixMs: clock() } });
    }
  }

  /** Without what waits on: nothing about it is new. */
  async function commitFound(write: IncidentWrite): Promise<void> {
    const findings = (write.findings ?? []).filter(({ incident }) => incident !== null);
    if (findings.length > 0) await commit({ ...write, findings });
  }

  async function surroundings(): Promise<Surroundings> {
    places ??= new Map((await store.hosts()).map((host) => [host.agent, placeOf(host)]));
    return surroundingsOf(topology, places);
  }

  /** What is stored stays stored, whoever fails to hear of it. */
  function tell(news: IncidentNews): void {
    try {
      publish(news);
    } catch (cause) {
      log.error('INCIDENT_NEWS_FAILED', errorText(cause), { kind: news.kind });
    }
  }

  async function takeFinding(agent: string, finding: Finding, receivedAtUnixMs: number): Promise<void> {
    const known = await store.finding(agent, finding.id);
    const merged = mergeFinding(known, { agent, finding, receivedAtUnixMs });
    if (merged !== null) await commit(await regroup(store, [merged], await surroundings(), clock()));
  }

  async function takeChange(agent: string, change: Change, receivedAtUnixMs: number): Promise<void> {
    const host = change.kind === 'agent-stop' ? await store.host(agent) : null;
    const isLast = host !== null && receivedAtUnixMs >= host.lastSeenAtUnixMs;
    const hosts: HostRecord[] = isLast ? [{ ...host, stoppedAtUnixMs: change.atUnixMs }] : [];
    const atUnixMs = trustedTime(change.atUnixMs, receivedAtUnixMs);
    await commit({ changes: [{ agent, change: { ...change, atUnixMs } }], hosts });
    // A change may be the cause of what is already known.
    const near = await store.incidentsOverAfter(agent, atUnixMs - CHANGE_AFTER_MS);
    for (const summary of near) await refresh(summary);
  }

  /** All health reports that wait, in one commit: hundreds of hosts report within the same seconds. */
  async function takeWaitingHealth(): Promise<void> {
    const batch = waitingHealth;
    waitingHealth = [];
    try {
      const hosts = new Map<string, HostRecord>();
      for (const report of batch) {
        const merged = mergeHealth(hosts.get(report.agent) ?? (await store.host(report.agent)), report);
        if (merged !== null) hosts.set(report.agent, merged);
      }
      if (hosts.size > 0) await commit({ hosts: [...hosts.values()] });
      for (const [agent, host] of hosts) places?.set(agent, placeOf(host));
      for (const { agent, health, receivedAtUnixMs } of batch) onHealth?.(agent, health, receivedAtUnixMs);
    } catch (cause) {
      // Whoever waits behind this call must not be told that its report is stored.
      waitingHealth = [...batch, ...waitingHealth];
      throw cause;
    }
  }

  /** Looks at an incident again, and writes it where time or a change made it another. */
  async function refresh(summary: IncidentSummary): Promise<void> {
    const view = await viewStored(store, summary.number, await surroundings(), clock());
    if (view === null || JSON.stringify(view.summary) === JSON.stringify(summary)) return;
    await commit({ incidents: [view.summary] });
  }

  async function applyAct(number: number, request: ActRequest): Promise<Result<IncidentSummary, ActRefusal>> {
    const summary = await findIncident(number);
    if (summary === null) return refused('unknown', `there is no incident INC-${number}`);
    const before = await viewStored(store, summary.number, await surroundings(), clock());
    if (before === null) return refused('unknown', `there is no incident INC-${number}`);
    const refusal = refusalOf(request.kind, before.summary);
    if (refusal !== null) return refused(refusal, `INC-${summary.number} is ${before.summary.state}`);
    const now = clock();
    const act: Act = {
      id: randomUUID(),
      incident: summary.number,
      atUnixMs: now,
      verdict: null,
      entity: null,
      ...request,
    };
    // Resolving by hand settles what still holds: it neither keeps the incident open nor reopens it.
    const findings =
      request.kind === 'resolve' ? before.records.filter(holds).map((r) => ({ ...r, settledAtUnixMs: now })) : [];
    const after = await viewStored(store, summary.number, await surroundings(), now, { findings, acts: [act] });
    if (after === null) return refused('unknown', `there is no incident INC-${number}`);
    await commit({ acts: [act], findings, incidents: [after.summary] });
    return ok(after.summary);
  }

  async function findIncident(number: number): Promise<IncidentSummary | null> {
    return (await store.incident((await store.absorbedInto(number)) ?? number)) ?? null;
  }

  async function tick(): Promise<void> {
    const now = clock();
    if (!isHearing() || now - tickedAt > LONGEST_PAUSE_MS) hearingSince = now;
    tickedAt = now;
    const revoked = new Map(
      (await agents.agents()).flatMap((agent) =>
        agent.revokedAtUnixMs === null ? [] : [[agent.id, agent.revokedAtUnixMs]],
      ),
    );
    const fleet = { hosts: await store.hosts(), open: await store.openFindings(), revoked };
    for (const { agent, finding } of watchHosts(fleet, hearingSince, now)) {
      const isNews = finding.state === 'closed' || (await store.finding(agent, finding.id)) === null;
      if (isNews) await takeFinding(agent, finding, now);
    }
    const waiting = (await store.unassignedFindings(now - WAITED_AT_MOST_MS)).filter(isFiring);
    if (waiting.length > 0) await commitFound(await regroup(store, waiting, await surroundings(), now));
    for (const summary of await store.unresolvedIncidents()) {
      if (summary.firingAlerts === 0) await refresh(summary);
    }
    if (now - prunedAt > PRUNE_EVERY_MS) {
      prunedAt = now;
      await store.prune(now - RETENTION_MS);
    }
  }

  const timer = tickEveryMs > 0 ? setInterval(() => void tickQuietly(), tickEveryMs) : null;
  timer?.unref();
  let isTicking = false;

  async function tickQuietly(): Promise<void> {
    if (isTicking) return;
    isTicking = true;
    try {
      await serially(tick);
    } catch (cause) {
      log.error('INCIDENT_TICK_FAILED', errorText(cause));
    } finally {
      isTicking = false;
    }
  }

  return {
    async handle(event) {
      const known = readEvent(event);
      if (!known.ok) return known;
      const { agent, receivedAtMs } = event;
      switch (known.value.kind) {
        case 'finding': {
          const { finding } = known.value;
          await serially(() => takeFinding(agent, finding, receivedAtMs));
          break;
        }
        case 'change': {
          const { change } = known.value;
          await serially(() => takeChange(agent, change, receivedAtMs));
          break;
        }
        case 'health':
          // Offered again after a failure, it waits already: a store that is away for long piles nothing up.
          if (!waitingHealth.some((one) => one.agent === agent && one.receivedAtUnixMs === receivedAtMs)) {
            waitingHealth.push({ agent, health: known.value.health, receivedAtUnixMs: receivedAtMs });
          }
          await serially(takeWaitingHealth);
          break;
      }
      return ok(undefined);
    },
    takeHubFinding: (agent, finding) => serially(() => takeFinding(agent, finding, clock())),
    act: (incident, request) => serially(() => applyAct(incident, request)),
    async view(incident) {
      const summary = await findIncident(incident);
      return summary === null ? null : await viewStored(store, summary.number, await surroundings(), clock());
    },
    tick: () => serially(tick),
    async [Symbol.asyncDispose]() {
      if (timer !== null) clearInterval(timer);
      await serially(async () => undefined);
    },
  };
}

const holds = (record: FindingRecord): boolean => record.endedAtUnixMs === null && record.settledAtUnixMs === null;

function refusalOf(kind: Act['kind'], summary: IncidentSummary): ActRefusal | null {
  if (kind === 'resolve' && summary.state === 'resolved') return 'already-resolved';
  if (kind !== 'acknowledge' || summary.state === 'open') return null;
  return summary.state === 'resolved' ? 'already-resolved' : 'already-acknowledged';
}
