/** A plain alert of an outside monitoring system: a threshold was crossed, and nothing says why. */
export interface PlainAlert {
  readonly id: string;
  readonly timeUnixMs: number;
  readonly service: string;
  readonly metric: string;
  readonly severity: string;
}

/** Where an alert went; null is kept as context and tells nobody. */
interface AlertDecision {
  readonly id: string;
  readonly incident: string | null;
}

interface OpenIncident {
  readonly id: string;
  readonly openedAt: number;
  lastSurpriseAt: number;
  readonly services: Set<string>;
}

interface Rate {
  value: number;
  at: number;
}

const waitMs = 60_000;
const idleMs = 60_000;
const longestMs = 270_000;
const halfLifeMs = 30 * 60_000;
const openAt = 1;
/** While an incident is open, surprise far away opens another only from here on: about two services that were quiet. */
const farAt = 12;
/** More than this many steps in the graph of calls is another fault's neighbourhood. */
const nearHops = 2;
const mostRates = 10_000;
const mostWaiting = 50_000;

/**
 * Groups plain alerts as they come: each is decided once alerts of the following 60 s are known, or earlier when more
 * than 50,000 wait. An alert that comes later than its moment's decision is judged at the next one.
 */
export function createAlertCorrelator(calls: readonly (readonly [caller: string, callee: string])[]) {
  const near = neighbourhoods(calls);
  const rates = new Map<string, Rate>();
  let waiting: PlainAlert[] = [];
  let open: OpenIncident[] = [];
  let firstAt: number | null = null;
  let opened = 0;

  function surpriseOf(key: string, at: number): number {
    const rate = rates.get(key);
    const seen = rate === undefined ? 0 : rate.value * 0.5 ** ((at - rate.at) / halfLifeMs);
    const minutes = Math.max(1, Math.min(at - (firstAt ?? at), halfLifeMs * Math.LOG2E) / 60_000);
    return Math.max(0, -Math.log(Math.min(1, (seen + 0.6) / (minutes + 20))) - 1);
  }

  /** Evidence a service: its most surprising metric and half of the second, repeated ones half as much again. */
  function evidenceOf(now: ReadonlySet<string>, next: ReadonlySet<string>, at: number): Map<string, number> {
    const found = new Map<string, number[]>();
    for (const key of new Set([...now, ...next])) {
      const service = serviceOf(key);
      const weight = surpriseOf(key, at) * (now.has(key) && next.has(key) ? 1.5 : 1);
      found.set(service, [...(found.get(service) ?? []), weight]);
    }
    return new Map(
      [...found]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([service, weights]) => {
          const [best = 0, second = 0] = weights.sort((a, b) => b - a);
          return [service, best + second / 2];
        }),
    );
  }

  function decideTick(at: number): AlertDecision[] {
    const tick = waiting.filter((alert) => alert.timeUnixMs <= at);
    const next = waiting.filter((alert) => alert.timeUnixMs > at && alert.timeUnixMs <= at + waitMs);
    waiting = waiting.filter((alert) => alert.timeUnixMs > at);
    open = open.filter((one) => at - one.lastSurpriseAt <= idleMs && at - one.openedAt <= longestMs);
    const keys = new Set(tick.map(keyOf));
    const evidence = evidenceOf(keys, new Set(next.map(keyOf)), at);
    const services = new Set(tick.map((alert) => alert.service));
    let far = [...evidence].filter(
      ([service, weight]) => weight > 0 && services.has(service) && !open.some((one) => isNear(one, service)),
    );
    // The strongest far service and what is near it are one fault; what is left may be another.
    while (far.length > 0) {
      const [seed] = far.reduce((best, one) => (one[1] > best[1] ? one : best));
      const group = far.filter(([service]) => near(seed, service));
      const strength = (open.length === 0 ? far : group).reduce((sum, [, weight]) => sum + weight, 0);
      if (strength >= (open.length === 0 ? openAt : farAt)) {
        const found = new Set(group.map(([service]) => service));
        open.push({ id: `alerts-${++opened}`, openedAt: at, lastSurpriseAt: at, services: found });
      }
      far = far.filter(([service]) => !near(seed, service));
    }
    const decisions = tick.map((alert) => {
      const home =
        open.find((one) => one.services.has(alert.service)) ??
        open.find((one) => isNear(one, alert.service)) ??
        open.at(-1);
      if (home !== undefined && surpriseOf(keyOf(alert), at) >= openAt) home.lastSurpriseAt = at;
      return { id: alert.id, incident: home?.id ?? null };
    });
    for (const key of [...keys].sort()) remember(key, at);
    return decisions;
  }

  function isNear(incident: OpenIncident, service: string): boolean {
    return [...incident.services].some((one) => near(one, service));
  }

  function remember(key: string, at: number): void {
    const rate = rates.get(key);
    const before = rate === undefined ? 0 : rate.value * 0.5 ** ((at - rate.at) / halfLifeMs);
    rates.delete(key);
    rates.set(key, { value: before + 1, at });
    if (rates.size <= mostRates) return;
    for (const oldest of rates.keys()) {
      rates.delete(oldest);
      return;
    }
  }

  /** Decides every alert whose 60 s are over. */
  function advance(nowUnixMs: number): AlertDecision[] {
    const decisions: AlertDecision[] = [];
    while (waiting.length > 0) {
      const at = waiting.reduce((least, alert) => Math.min(least, alert.timeUnixMs), Number.POSITIVE_INFINITY);
      if (at + waitMs >= nowUnixMs && waiting.length <= mostWaiting) break;
      firstAt ??= at;
      decisions.push(...decideTick(at));
    }
    return decisions;
  }

  return {
    /** Takes an alert; returns what its time decides about earlier ones. */
    take(alert: PlainAlert): AlertDecision[] {
      const decisions = advance(alert.timeUnixMs);
      waiting.push(alert);
      return decisions;
    },
    advance,
  };
}

function keyOf(alert: PlainAlert): string {
  return `${alert.service}\n${alert.metric}`;
}

function serviceOf(key: string): string {
  return key.slice(0, key.indexOf('\n'));
}

function neighbourhoods(calls: readonly (readonly [string, string])[]): (a: string, b: string) => boolean {
  const direct = new Map<string, Set<string>>();
  for (const [caller, callee] of calls) {
    direct.set(caller, (direct.get(caller) ?? new Set()).add(callee));
    direct.set(callee, (direct.get(callee) ?? new Set()).add(caller));
  }
  const reach = new Map<string, Set<string>>();
  for (const start of direct.keys()) {
    const seen = new Set([start]);
    for (let hop = 0; hop < nearHops; hop++) {
      for (const one of [...seen]) for (const other of direct.get(one) ?? []) seen.add(other);
    }
    reach.set(start, seen);
  }
  return (a, b) => a === b || (reach.get(a)?.has(b) ?? false);
}
