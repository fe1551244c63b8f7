import type { ApiClient } from '../api/client.ts';
import type { Resource } from '../api/resource.ts';
import { printRange, resolveRange, type TimeRange } from '../shell/time-range.ts';
import { decodeDots, decodeGrid, type GridCells } from './decode.ts';
import { DotRing } from './dot-ring.ts';

/** Beyond this many dots held, the hub is asked for the whole range again and answers with a grid. */
export const MAX_DOTS_HELD = 262_144;
/** Rows come up to this late and not in order. */
const LATE_MS = 10_000;
/** With nothing new for longer, what came late is found by the next whole answer. */
const LONGEST_LOOK_BACK_MS = 30_000;
/** An agent that was away sends what it kept: all is asked for again now and then. */
const WHOLE_EVERY_MS = 60_000;
const POLL_MS = 1000;
const GRID_POLL_MS = 10_000;

/** What the picture draws. A new object with every answer; the ring behind it is one and the same. */
export interface XViewDots {
  readonly kind: 'dots' | 'grid';
  readonly ring: DotRing;
  readonly grid: GridCells | null;
  readonly services: readonly string[];
  /** Counts answers; who has missed one draws everything anew. */
  readonly version: number;
  /** Nothing before this time is different from the version before. */
  readonly changedFromMs: number;
  /** How far the hub's clock is ahead of the browser's. */
  readonly skewMs: number;
}

/** Every transaction of the range; while live only the newest seconds are asked for, each second. */
export function transactionDots(api: ApiClient, range: TimeRange): Resource<XViewDots> {
  const { from, to } = printRange(range);
  const isLive = range.kind === 'relative';
  const ring = new DotRing(MAX_DOTS_HELD);
  const services: string[] = [];
  let last: XViewDots | null = null;
  let wholeAtMs = Number.NEGATIVE_INFINITY;
  let lastToMs = 0;
  // A picture that is asked for again at once, e.g. for another fixed range, must not wait for the next poll.
  let gridAtMs = Number.NEGATIVE_INFINITY;

  async function fetchWhole(signal: AbortSignal, skewOf: (toUnixMs: number) => number): Promise<XViewDots> {
    const answer = await api.transactions({ from, to }, signal);
    lastToMs = answer.toUnixMs;
    wholeAtMs = performance.now();
    services.length = 0;
    services.push(...answer.services);
    const isGrid = answer.kind === 'grid';
    ring.length = 0;
    if (isGrid) gridAtMs = wholeAtMs;
    else ring.replaceFrom(Number.NEGATIVE_INFINITY, decodeDots(answer));
    return {
      kind: answer.kind,
      ring,
      grid: isGrid ? decodeGrid(answer) : null,
      services: [...services],
      version: (last?.version ?? 0) + 1,
      changedFromMs: Number.NEGATIVE_INFINITY,
      skewMs: skewOf(answer.toUnixMs),
    };
  }

  async function fetchNew(
    before: XViewDots,
    signal: AbortSignal,
    skewOf: (toUnixMs: number) => number,
  ): Promise<XViewDots> {
    const newestMs = Math.max(ring.newestMs ?? 0, lastToMs - LONGEST_LOOK_BACK_MS);
    const fromMs = Math.floor(newestMs - LATE_MS);
    const answer = await api.transactions({ from: fromMs, to }, signal);
    if (answer.kind === 'grid') return fetchWhole(signal, skewOf);
    lastToMs = answer.toUnixMs;
    const indexes = answer.services.map((service) => {
      const known = services.indexOf(service);
      return known === -1 ? Math.min(255, services.push(service) - 1) : known;
    });
    ring.replaceFrom(answer.fromUnixMs, decodeDots(answer), (service) => indexes[service] ?? 0);
    ring.dropBefore(resolveRange(range, lastToMs).fromMs);
    return {
      ...before,
      services: services.length === before.services.length ? before.services : [...services],
      version: before.version + 1,
      changedFromMs: answer.fromUnixMs,
      skewMs: skewOf(answer.toUnixMs),
    };
  }

  return {
    key: `transactions ${from} ${to}`,
    fetch: async (signal) => {
      const skewOf = (toUnixMs: number): number => (isLive ? toUnixMs - Date.now() : 0);
      const nowMs = performance.now();
      if (last?.kind === 'grid' && isLive && nowMs - gridAtMs < GRID_POLL_MS) return last;
      const isFull = nowMs - wholeAtMs > WHOLE_EVERY_MS || ring.length > MAX_DOTS_HELD * 0.8;
      last =
        last === null || !isLive || last.kind === 'grid' || isFull
          ? await fetchWhole(signal, skewOf)
          : await fetchNew(last, signal, skewOf);
      return last;
    },
    everyMs: isLive ? POLL_MS : null,
  };
}
