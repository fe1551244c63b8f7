import type { AttachFact, CallFact, ListenFact, Place, TraceFact } from './facts.ts';
import { type Listeners, listenersOf } from './listeners.ts';

export type EvidenceKind = 'socket' | 'access-log' | 'configuration' | 'transaction';

export interface EdgeEvidence {
  readonly kind: EvidenceKind;
  readonly text: string;
  readonly count: number;
  readonly lastSeenAtUnixMs: number;
}

/** `caller` needs `callee`, and why we think so. */
export interface Edge {
  readonly caller: string;
  /** An entity, or `address:ip:port` where nobody knows what answers there. */
  readonly callee: string;
  /** The address called where the callee does not listen there itself: a proxy or balancer stands between. */
  readonly via: string | null;
  /** 0..1. */
  readonly confidence: number;
  /** Newest first. */
  readonly evidence: readonly EdgeEvidence[];
}

/** A machine's card hangs on a port of a device. */
export interface Attachment {
  readonly agent: string;
  readonly interfaceName: string;
  readonly device: string;
  readonly deviceName: string;
  readonly port: string;
  /** 0..1: fades when it is not heard again, as it is not where the wire or the device is broken. */
  readonly confidence: number;
  readonly lastSeenAtUnixMs: number;
}

export interface Resolved {
  /** By caller, then callee. */
  readonly edges: readonly Edge[];
  /** What answers at an address as an agent sees it, through proxies that traces have seen through. */
  entityAt(agent: string, address: string): string | null;
}

export const ADDRESS_PREFIX = 'address:';
/** Evidence not seen again for this long says nothing any more. */
export const FORGOTTEN_AFTER_MS = 3_600_000;
/** Reports come every 10 s, and traces are joined as often: younger than this is now. */
const FRESH_MS = 60_000;
/** Evidence kept with one edge. */
const MAX_EVIDENCE = 16;
/** Traces tell what is behind an address where this share of the calls through it ends there. */
const CLEAR_SHARE = 0.6;

/** Devices name themselves and their ports. */
const LLDP_STRENGTH = 0.95;
/** How sure one kind alone makes: a trace names both ends, a socket may be anybody's, a configuration may be unused. */
const strength: Readonly<Record<EvidenceKind, number>> = {
  transaction: 0.95,
  'access-log': 0.8,
  socket: 0.7,
  configuration: 0.6,
};

/** A card hears one neighbour at a time as a rule: the newest word of each card and port counts. */
export function attachmentsOf(facts: readonly AttachFact[], nowUnixMs: number): readonly Attachment[] {
  return facts
    .filter(({ lastSeenAtUnixMs }) => nowUnixMs - lastSeenAtUnixMs < FORGOTTEN_AFTER_MS)
    .map(({ kind: _, ...fact }) => ({
      ...fact,
      confidence: LLDP_STRENGTH * freshness(nowUnixMs - fact.lastSeenAtUnixMs),
    }))
    .sort((a, b) => (`${a.device} ${a.agent} ${a.port}` < `${b.device} ${b.agent} ${b.port}` ? -1 : 1));
}

/** From what was seen to who needs whom. Pure. */
export function resolve(
  places: ReadonlyMap<string, Place>,
  listens: readonly ListenFact[],
  calls: readonly CallFact[],
  traces: readonly TraceFact[],
  nowUnixMs: number,
): Resolved {
  const isHeld = (fact: { readonly lastSeenAtUnixMs: number }) =>
    nowUnixMs - fact.lastSeenAtUnixMs < FORGOTTEN_AFTER_MS;
  const listeners = listenersOf(places, listens.filter(isHeld));
  const held = traces.filter(isHeld);
  const behind = whatIsBehind(held);
  const watched = new Set([...places.values()].flatMap(({ scope }) => (scope === null ? [] : [scope])));
  const entityAt = (agent: string, address: string): string | null => {
    const listener = listeners.at(agent, address);
    const traced = behind.get(`${agent} ${address}`) ?? null;
    // A proxy's own process may listen there, seen by the whole host's agent: what it leads to is what is called.
    return listener !== null && watched.has(listener) ? listener : (traced ?? listener);
  };
  const drafts = new Map<string, Draft>();
  for (const call of calls.filter(isHeld)) addCall(drafts, call, listeners, entityAt);
  for (const trace of held) addTrace(drafts, trace, listeners, watched);
  const edges = [...drafts.values()].map((draft) => edgeOf(draft, nowUnixMs));
  return { edges: edges.sort(byEnds), entityAt };
}

interface Draft {
  readonly caller: string;
  readonly callee: string;
  via: string | null;
  readonly evidence: EdgeEvidence[];
}

function addCall(
  drafts: Map<string, Draft>,
  call: CallFact,
  listeners: Listeners,
  entityAt: Resolved['entityAt'],
): void {
  const caller = listeners.nameOf(call.agent, call.client);
  const found = entityAt(call.agent, call.address);
  const callee = found ?? ADDRESS_PREFIX + call.address;
  if (caller === callee) return;
  const isDirect = found === null || listeners.at(call.agent, call.address) === found;
  const { by: kind, text, count, lastSeenAtUnixMs } = call;
  add(drafts, caller, callee, isDirect ? null : call.address, { kind, text, count, lastSeenAtUnixMs });
}

function addTrace(
  drafts: Map<string, Draft>,
  trace: TraceFact,
  listeners: Listeners,
  watched: ReadonlySet<string>,
): void {
  const { agent, caller, callee, peer, count, lastSeenAtUnixMs } = trace;
  if (caller === callee) return;
  const listener = peer === '' ? null : listeners.at(agent, peer);
  // Waited for somebody else longest: the address says nothing about this callee.
  const isOther = listener !== null && listener !== callee && watched.has(listener);
  const via = peer === '' || listener === callee || isOther ? null : peer;
  const text = via === null ? `${caller} → ${callee}` : `${caller} → ${via} → ${callee}`;
  add(drafts, caller, callee, via, { kind: 'transaction', text, count, lastSeenAtUnixMs });
}

function add(drafts: Map<string, Draft>, caller: string, callee: string, via: string | null, item: EdgeEvidence): void {
  const key = `${caller} ${callee}`;
  const draft = drafts.get(key) ?? { caller, callee, via: null, evidence: [] };
  drafts.set(key, draft);
  draft.via ??= via;
  const same = draft.evidence.findIndex((one) => one.kind === item.kind && one.text === item.text);
  const known = draft.evidence[same];
  if (known === undefined) draft.evidence.push(item);
  else {
    draft.evidence[same] = {
      ...item,
      count: known.count + item.count,
      lastSeenAtUnixMs: Math.max(known.lastSeenAtUnixMs, item.lastSeenAtUnixMs),
    };
  }
}

function edgeOf({ caller, callee, via, evidence }: Draft, nowUnixMs: number): Edge {
  const sorted = evidence.sort(
    (left, right) => right.lastSeenAtUnixMs - left.lastSeenAtUnixMs || (left.text < right.text ? -1 : 1),
  );
  // Two sockets are no better than one: each kind counts once, by its newest.
  const newest = new Map(sorted.toReversed().map((item) => [item.kind, item]));
  let doubt = 1;
  for (const { kind, lastSeenAtUnixMs } of newest.values()) {
    doubt *= 1 - strength[kind] * freshness(nowUnixMs - lastSeenAtUnixMs);
  }
  return { caller, callee, via, confidence: 1 - doubt, evidence: sorted.slice(0, MAX_EVIDENCE) };
}

/** 1 while it is seen, then evenly down to 0. */
function freshness(ageMs: number): number {
  return Math.min(1, Math.max(0, (FORGOTTEN_AFTER_MS - ageMs) / (FORGOTTEN_AFTER_MS - FRESH_MS)));
}

/** By agent and address, the callee at which most calls through it end. */
function whatIsBehind(traces: readonly TraceFact[]): Map<string, string> {
  const counts = new Map<string, Map<string, number>>();
  for (const { agent, peer, callee, count } of traces) {
    if (peer === '') continue;
    const key = `${agent} ${peer}`;
    const callees = counts.get(key) ?? new Map<string, number>();
    counts.set(key, callees.set(callee, (callees.get(callee) ?? 0) + count));
  }
  const behind = new Map<string, string>();
  for (const [key, callees] of counts) {
    const all = [...callees.values()].reduce((sum, count) => sum + count, 0);
    const clear = [...callees].find(([, count]) => count > 0 && count >= CLEAR_SHARE * all);
    if (clear !== undefined) behind.set(key, clear[0]);
  }
  return behind;
}

function byEnds(left: Edge, right: Edge): number {
  if (left.caller !== right.caller) return left.caller < right.caller ? -1 : 1;
  return left.callee < right.callee ? -1 : 1;
}
