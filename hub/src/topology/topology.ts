import type { Health } from '@airis/protocol';
import type { Log } from '../log.ts';
import type { CallSlice } from '../query/call-slices.ts';
import type { ServiceRate } from '../query/service-rates.ts';
import { startTicking } from '../quiet-ticker.ts';
import type { Dependency } from '../rca/rca-method.ts';
import type { TopologyStore } from '../store/state/topology.ts';
import { createSliceBook, type EdgeRates, RATES_MS, ratesOf, SLICE_MS } from './call-rates.ts';
import { createFactBook } from './fact-book.ts';
import type { Place, TopologyFact } from './facts.ts';
import { factsOfHealth, placeOf } from './from-health.ts';
import { ADDRESS_PREFIX, type Attachment, attachmentsOf, type Edge, type Resolved, resolve } from './resolve.ts';

/** Who needs whom, kept live from what agents report and what traces show. Entities are `kind:name`. */
export interface Topology {
  /** Between services and databases; addresses that nobody answers for, and hosts, are left out. */
  dependencies(): readonly Dependency[];
  /** What answers at `ip:port` as an agent sees it, through proxies that traces have seen through. */
  entityAt(agent: string, address: string): string | null;
  /** `host:…` that it runs on: of the agent that watches the whole machine, where there is one. */
  hostOf(entity: string): string | null;
  /** The service whose process tree holds a pid. @param machineOrAgent - a machine, or any agent on it */
  scopeOfPid(machineOrAgent: string, pid: number): string | null;
  /** Which devices the machines of agents hang on. */
  attachments(): readonly Attachment[];
  /** The agent that speaks for an entity. */
  agentOf(entity: string): string | null;
}

/** The same with what the service map draws. */
export interface LiveTopology extends Topology, AsyncDisposable {
  /** Takes in one health report. */
  hear(agent: string, health: Health, receivedAtUnixMs: number): void;
  /** Joins the newest traces and stores what is new. Called by its own timer as well. */
  refresh(): Promise<void>;
  map(): TopologyMap;
}

export interface TopologyMap {
  /** Entities of scoped agents, and everything at either end of an edge. */
  readonly entities: readonly string[];
  readonly edges: readonly Edge[];
  /** By `caller callee`. */
  readonly rates: ReadonlyMap<string, EdgeRates>;
  readonly services: ReadonlyMap<string, ServiceRate>;
  /** Length of the time that `services` tell of. */
  readonly serviceWindowMs: number;
}

export interface TopologyOptions {
  readonly store: TopologyStore;
  /** What is known of agents from before this start. */
  readonly hosts: () => Promise<
    readonly { readonly agent: string; readonly health: Health; readonly inventory: Health['inventory'] }[]
  >;
  readonly agentName: () => Promise<(number: number) => string>;
  readonly callSlices: (request: {
    fromUnixMs: number;
    toUnixMs: number;
    sliceMs: number;
  }) => Promise<readonly CallSlice[]>;
  readonly serviceRates: (request: { fromUnixMs: number; toUnixMs: number }) => Promise<readonly ServiceRate[]>;
  readonly clock: () => number;
  readonly log: Log;
  /** 0 leaves refreshing to the caller. */
  readonly refreshEveryMs?: number;
}

const DEFAULT_REFRESH_MS = 5_000;
/** Access logs come through agents every two seconds or so: rates look at what is older than this. */
const LAG_MS = 5_000;
/** How far back each refresh reads again what it has read. */
const READ_AGAIN_MS = 30_000;
const SERVICE_WINDOW_MS = 60_000;
/** Evidence ages slowly: without news this is often enough to look at it again. */
const RESOLVE_EVERY_MS = 10_000;

export async function createTopology(options: TopologyOptions): Promise<LiveTopology> {
  const { store, clock, log, refreshEveryMs = DEFAULT_REFRESH_MS } = options;
  const book = createFactBook(await store.facts());
  const slices = createSliceBook();
  const places = new Map<string, Place>();
  let numberedName: (number: number) => string = String;
  let services: ReadonlyMap<string, ServiceRate> = new Map();
  let readUpTo: number | null = null;
  let placesVersion = 0;
  let latest: { readonly version: string; readonly atUnixMs: number; readonly resolved: Resolved } | null = null;

  function hear(agent: string, health: Health, receivedAtUnixMs: number): void {
    const before = places.get(agent);
    const place = placeOf(agent, health, before);
    // Pids come and go without changing who calls whom.
    if (before?.scope !== place.scope || before.machine !== place.machine || before.addresses !== place.addresses) {
      placesVersion += 1;
    }
    places.set(agent, place);
    for (const fact of factsOfHealth(agent, health, receivedAtUnixMs)) book.add(fact);
  }
  for (const { agent, health, inventory } of await options.hosts()) {
    hear(agent, { ...health, inventory: health.inventory ?? inventory }, health.atUnixMs);
  }

  const factsOf = <K extends TopologyFact['kind']>(kind: K) =>
    book.facts().filter((fact): fact is Extract<TopologyFact, { kind: K }> => fact.kind === kind);

  function resolved(): Resolved {
    const now = clock();
    const version = `${book.version} ${placesVersion}`;
    if (latest !== null && latest.version === version && now - latest.atUnixMs < RESOLVE_EVERY_MS)
      return latest.resolved;
    const found = resolve(places, factsOf('listen'), factsOf('call'), factsOf('trace'), now);
    latest = { version, atUnixMs: now, resolved: found };
    return latest.resolved;
  }

  async function refresh(): Promise<void> {
    numberedName = await options.agentName();
    const now = clock();
    const toUnixMs = Math.floor((now - LAG_MS) / SLICE_MS) * SLICE_MS + SLICE_MS;
    const again = Math.floor((now - READ_AGAIN_MS) / SLICE_MS) * SLICE_MS;
    const fromUnixMs = readUpTo === null ? toUnixMs - RATES_MS - SLICE_MS : Math.min(again, readUpTo);
    const read = await options.callSlices({ fromUnixMs, toUnixMs, sliceMs: SLICE_MS });
    slices.replace(fromUnixMs, read);
    readUpTo = toUnixMs - SLICE_MS;
    for (const { atUnixMs, agent, caller, callee, peer, calls } of read) {
      if (callee === '') continue;
      const lastSeenAtUnixMs = Math.min(atUnixMs + SLICE_MS, now);
      book.add({ kind: 'trace', agent: numberedName(agent), caller, callee, peer, count: calls, lastSeenAtUnixMs });
    }
    const until = now - LAG_MS;
    const rates = await options.serviceRates({ fromUnixMs: until - SERVICE_WINDOW_MS, toUnixMs: until });
    services = new Map(rates.map((rate) => [rate.service, rate]));
    const change = book.sweep(now);
    if (change.write.length + change.drop.length > 0) await store.save(change);
  }

  const ticking = startTicking(refresh, refreshEveryMs, log, 'TOPOLOGY_REFRESH_FAILED');

  const scopedAgent = (entity: string): Place | undefined =>
    [...places.values()].find((place) => place.scope === entity);

  function agentOf(entity: string): string | null {
    const scoped = scopedAgent(entity);
    if (scoped !== undefined) return scoped.agent;
    const named = entity.startsWith('host:') ? entity.slice(5) : entity.slice(entity.lastIndexOf('@') + 1);
    return places.has(named) ? named : null;
  }

  return {
    hear,
    refresh,
    dependencies: () =>
      resolved()
        .edges.filter(({ caller, callee }) => isService(caller) && isService(callee))
        .map(({ caller, callee, confidence }) => ({ caller, callee, confidence })),
    entityAt: (agent, address) => resolved().entityAt(agent, address),
    hostOf(entity) {
      const agent = agentOf(entity);
      const place = agent === null ? undefined : places.get(agent);
      if (place === undefined) return null;
      const whole = [...places.values()].find((other) => other.machine === place.machine && other.scope === null);
      return `host:${whole?.agent ?? place.agent}`;
    },
    scopeOfPid(machineOrAgent, pid) {
      const machine = places.get(machineOrAgent)?.machine ?? machineOrAgent;
      for (const place of places.values()) {
        if (place.machine === machine && place.scope !== null && place.pids.has(pid)) return place.scope;
      }
      return null;
    },
    attachments: () => attachmentsOf(factsOf('attach'), clock()),
    agentOf,
    map() {
      const { edges, entityAt } = resolved();
      const drawn = edges.filter(({ caller, callee }) => isDrawn(caller) && isDrawn(callee));
      const scopes = [...places.values()].flatMap(({ scope }) => (scope === null ? [] : [scope]));
      const calleeOf = ({ agent, peer, callee }: CallSlice): string | null => {
        if (callee !== '') return callee;
        return entityAt(numberedName(agent), peer) ?? ADDRESS_PREFIX + peer;
      };
      return {
        entities: [...new Set([...scopes, ...drawn.flatMap(({ caller, callee }) => [caller, callee])])].sort(),
        edges: drawn,
        rates: ratesOf(slices.slices(), calleeOf, readUpTo ?? clock()),
        services,
        serviceWindowMs: SERVICE_WINDOW_MS,
      };
    },
    [Symbol.asyncDispose]: () => ticking[Symbol.asyncDispose](),
  };
}

const isDrawn = (entity: string): boolean => !entity.startsWith('host:');
const isService = (entity: string): boolean => isDrawn(entity) && !entity.startsWith(ADDRESS_PREFIX);
