import type { Severity } from '@airis/protocol';
import { z } from 'zod';
import { confidenceOf, defineDetector, type Signal, type Surroundings, type Watch } from './detector.ts';
import { Freshness } from './freshness.ts';
import { RecentValues } from './recent-values.ts';

const config = z.strictObject({
  limit: z
    .number()
    .positive()
    .optional()
    .describe('where it is full; without it the room is what the companion `free` says'),
  limitRole: z.string().optional().describe('or what this companion says is the limit'),
  minGrowth: z.number().positive().describe('growth over the judged span that is worth a word'),
  scales: z
    .array(
      z.strictObject({
        blockMs: z.number().positive(),
        blocks: z.int().min(3).max(16),
        horizonMs: z.number().positive().describe('full within this is worth a word'),
      }),
    )
    .min(1),
  forgivenBlocks: z.int().min(0).max(2).default(0).describe('blocks that need not grow: a collection falls into one'),
  stopMs: z
    .number()
    .positive()
    .optional()
    .describe('stopped when most steps of so long hardly grow: one drop is no end; default: the growth of the span'),
  stopShare: z.number().min(0).max(1).default(0.1).describe('and hardly is less than this share of the fastest growth'),
  freshRole: z.string().optional().describe('companion that counts processes: 0 means that they start anew'),
  freshMs: z.number().min(0).default(0).describe('so long after a start nothing is judged'),
  majorWithinMs: z
    .number()
    .positive()
    .default(60 * 60_000),
  criticalWithinMs: z
    .number()
    .positive()
    .default(10 * 60_000),
});

interface Filling {
  readonly scale: number;
  readonly sinceMs: number;
  readonly atStart: number;
}

type FillScale = z.output<typeof config>['scales'][number];

/** Every block must grow at least this share of the median block: steady filling, not a burst and its echo. */
const STEADY_SHARE = 0.5;

/**
 * Says when something that fills steadily will be full: `used` now, the rate of the span, the room left. The span is cut into
 * blocks that must all grow. With four blocks of 5.5 s a burst of 15 s leaves less than 0.4 of a block at one end, so it
 * never counts, and steady filling is known after 22 s.
 */
export const fillForecast = defineDetector({
  name: 'fill-forecast',
  version: '1',
  config,
  watch: (settings) => new FillWatch(settings),
});

class FillWatch implements Watch {
  readonly #config: z.output<typeof config>;
  readonly #rings: readonly RecentValues[];
  readonly #freshness: Freshness;
  #found: Filling | null = null;
  #perSecond = 0;
  #fastest = 0;
  #value = 0;

  constructor(settings: z.output<typeof config>) {
    this.#config = settings;
    this.#rings = settings.scales.map(() => new RecentValues(128));
    this.#freshness = new Freshness(settings.freshRole, settings.freshMs);
  }

  observe(tMs: number, value: number): void {
    this.#value = value;
    this.#config.scales.forEach((scale, i) => {
      const ring = this.#rings[i]!;
      // Long scales need no more than eight values a block.
      if (tMs - ring.newestMs >= Math.min(scale.blockMs / 8, 1_000_000) || ring.count === 0) ring.push(tMs, value);
    });
  }

  judge(tMs: number, around: Surroundings): Signal | null {
    if (this.#freshness.isFresh(tMs, around)) {
      this.#found = null;
      return null;
    }
    const room = this.#room(around);
    if (this.#found === null) this.#mayBegin(tMs, room);
    else this.#mayEnd(tMs, this.#found.scale);
    if (this.#found === null || Number.isNaN(room)) return null;
    return this.#signal(this.#found, room);
  }

  strangeness(): number {
    return this.#found === null ? 0 : 0.9;
  }

  #room(around: Surroundings): number {
    const { limit, limitRole } = this.#config;
    if (limitRole !== undefined) return around.companion(limitRole) - this.#value;
    return limit === undefined ? around.companion('free') : limit - this.#value;
  }

  #mayBegin(tMs: number, room: number): void {
    for (const [i, scale] of this.#config.scales.entries()) {
      const growth = steadyGrowth(this.#rings[i]!, tMs, scale, this.#config);
      if (growth === null) continue;
      const spanMs = scale.blockMs * scale.blocks;
      const perSecond = (growth * 1_000) / spanMs;
      if (!((room / perSecond) * 1_000 <= scale.horizonMs)) continue;
      this.#perSecond = perSecond;
      this.#fastest = perSecond;
      this.#found = { scale: i, sinceMs: tMs - spanMs, atStart: this.#value - growth };
      return;
    }
  }

  #mayEnd(tMs: number, index: number): void {
    const ring = this.#rings[index]!;
    const scale = this.#config.scales[index]!;
    const { stopMs } = this.#config;
    const perSecond =
      stopMs === undefined ? spanRate(ring, tMs, scale.blockMs * scale.blocks) : usualRate(ring, tMs, stopMs);
    if (perSecond === null) return;
    this.#fastest = Math.max(this.#fastest, perSecond);
    if (perSecond < this.#fastest * this.#config.stopShare) this.#found = null;
    else this.#perSecond = perSecond;
  }

  #signal(found: Filling, room: number): Signal {
    const msToFull = Math.max(0, (room / this.#perSecond) * 1_000);
    const score = Math.min(1_000, 3 + 60 / Math.max(0.1, msToFull / 60_000));
    return {
      kind: 'drift',
      severity: this.#severity(msToFull),
      sinceMs: found.sinceMs,
      value: this.#value,
      expectedLow: found.atStart,
      expectedHigh: found.atStart,
      score,
      confidence: confidenceOf(score),
      forecast: { msToFull, perSecond: this.#perSecond },
    };
  }

  #severity(msToFull: number): Severity {
    if (msToFull <= this.#config.criticalWithinMs) return 'critical';
    return msToFull <= this.#config.majorWithinMs ? 'major' : 'minor';
  }
}

/**
 * Growth over the whole span when every block of it grew steadily and it is worth a word, else `null`; also `null` while the
 * span is not covered.
 * With forgiven blocks it is what the median block makes of the span.
 */
function steadyGrowth(
  ring: RecentValues,
  tMs: number,
  scale: Omit<FillScale, 'horizonMs'>,
  { forgivenBlocks: forgiven, minGrowth }: z.output<typeof config>,
): number | null {
  const past = valueAtTime(ring, tMs - scale.blocks * scale.blockMs);
  const now = valueAtTime(ring, tMs);
  if (past === null || now === null || (forgiven === 0 && now - past < minGrowth)) return null;
  const edges = [past];
  for (let block = scale.blocks - 1; block >= 1; block--) {
    const edge = valueAtTime(ring, tMs - block * scale.blockMs);
    if (edge === null) return null;
    edges.push(edge);
  }
  edges.push(now);
  const growths = edges.slice(1).map((edge, i) => edge - edges[i]!);
  const sorted = growths.toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)]!;
  if (median <= 0 || sorted[forgiven]! < STEADY_SHARE * median) return null;
  const growth = forgiven === 0 ? now - past : median * scale.blocks;
  return growth < minGrowth ? null : growth;
}

/** Growth a second over a span, or `null` while it is not covered. */
function spanRate(ring: RecentValues, tMs: number, spanMs: number): number | null {
  const past = valueAtTime(ring, tMs - spanMs);
  const now = ring.count === 0 ? null : ring.valueAt(ring.count - 1);
  return past === null || now === null ? null : ((now - past) * 1_000) / spanMs;
}

/** Median growth a second from value to value (the lower one of two), or `null` with fewer than three steps in the span. */
function usualRate(ring: RecentValues, tMs: number, spanMs: number): number | null {
  const rates: number[] = [];
  for (let i = ring.count - 1; i > 0 && ring.timeAt(i - 1) >= tMs - spanMs; i--) {
    rates.push(((ring.valueAt(i) - ring.valueAt(i - 1)) * 1_000) / (ring.timeAt(i) - ring.timeAt(i - 1)));
  }
  return rates.length < 3 ? null : rates.toSorted((a, b) => a - b)[Math.floor((rates.length - 1) / 2)]!;
}

/** Value at a time between two known ones, linearly; the newest known holds for 6 s; `null` outside. */
function valueAtTime(ring: RecentValues, tMs: number): number | null {
  const newest = ring.count - 1;
  if (newest < 0) return null;
  if (tMs >= ring.timeAt(newest)) return tMs - ring.timeAt(newest) <= 6_000 ? ring.valueAt(newest) : null;
  if (newest === 0 || tMs < ring.timeAt(0)) return null;
  const i = ring.lastAtOrBefore(tMs);
  const before = ring.timeAt(i);
  const share = (tMs - before) / (ring.timeAt(i + 1) - before);
  return ring.valueAt(i) + share * (ring.valueAt(i + 1) - ring.valueAt(i));
}
