const ACTIVE_MS = 5 * 60_000;
/** A visit that was silent for so long is over. */
const OVER_MS = 30 * 60_000;
const MAX_SESSIONS = 5_000;

interface Visit {
  readonly site: string;
  route: string;
  atMs: number;
}

/** Visits by session: which page follows which, and where visits end. */
export class Journeys {
  readonly #visits = new Map<string, Visit>();
  /** Visits that were forgotten early because there were too many. */
  forgotten = 0;

  /** @returns the page before this one in the same visit; `null` for its first */
  view(site: string, session: string, route: string, nowMs: number): string | null {
    const key = `${site} ${session}`;
    const visit = this.#visits.get(key);
    if (visit !== undefined) {
      const before = visit.route;
      visit.route = route;
      visit.atMs = nowMs;
      return before;
    }
    if (this.#visits.size >= MAX_SESSIONS) {
      this.#visits.delete(this.#visits.keys().next().value!);
      this.forgotten++;
    }
    this.#visits.set(key, { site, route, atMs: nowMs });
    return null;
  }

  /** Visits that have ended since the last call, with the page they ended on. */
  takeEnded(nowMs: number): readonly { readonly site: string; readonly route: string }[] {
    const ended: Visit[] = [];
    for (const [key, visit] of this.#visits) {
      if (Math.abs(nowMs - visit.atMs) <= OVER_MS) continue;
      this.#visits.delete(key);
      ended.push(visit);
    }
    return ended;
  }

  activeBySite(nowMs: number): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const { site, atMs } of this.#visits.values()) {
      counts.set(site, (counts.get(site) ?? 0) + (Math.abs(nowMs - atMs) <= ACTIVE_MS ? 1 : 0));
    }
    return counts;
  }
}
