import type { Severity } from '@airis/protocol';
import { z } from 'zod';
import { Baseline, SETTLED_SPAN_MS, type UsualLevel } from './baseline.ts';
import { confidenceOf, defineDetector, type Signal, type Surroundings, type Watch } from './detector.ts';
import { Freshness } from './freshness.ts';
import { RecentValues } from './recent-values.ts';

const config = z.strictObject({
  minShift: z.number().positive().describe('what a person would care about, in the unit of the series'),
  minRatio: z.number().min(1).default(1).describe('times the usual value'),
  minLevel: z.number().default(Number.NEGATIVE_INFINITY).describe('below this nothing is wrong'),
  spreads: z.number().positive().default(6).describe('robust standard deviations beyond the usual'),
  maxShift: z.number().positive().default(Number.POSITIVE_INFINITY).describe('a shift this large counts however noisy'),
  ceiling: z.number().default(Number.POSITIVE_INFINITY).describe('at or above this the value cannot grow further'),
  persistMs: z.number().positive().default(22_000).describe('bursts up to 15 s are normal life'),
  raisedShare: z.number().min(0.3).max(1).default(0.9).describe('of the values of that time must be raised'),
  byMean: z.boolean().default(false).describe('and their mean too: for values that swing'),
  calmMs: z.number().positive().default(10_000).describe('over when it was calm for so long'),
  freshRole: z.string().optional().describe('companion that counts processes: 0 means that they start anew'),
  freshMs: z.number().min(0).default(0).describe('so long after a start nothing is judged'),
  spreadLoadPersistMs: z.number().positive().optional().describe('longer, where no single process holds the load'),
  steadyCores: z.number().positive().default(0.85).describe('what a runaway process holds of a core'),
  major: z.number().default(Number.POSITIVE_INFINITY),
  critical: z.number().default(Number.POSITIVE_INFINITY),
  criticalAfterMs: z.number().default(120_000),
});

/** Below this share of raised values a window counts as recovered. */
const CALM_SHARE = 0.2;
/** After this long the new level is the usual one. */
export const ADOPT_AFTER_MS = 30 * 60_000;

/**
 * A series that has moved up to another level and stays there: significant against its own noise, large enough to matter,
 * and lasting. Only rises: what falls is `silence`'s.
 */
export const levelShift = defineDetector({
  name: 'level-shift',
  version: '1',
  config,
  watch: (settings) => new LevelShiftWatch(settings),
});

class LevelShiftWatch implements Watch {
  readonly #config: z.output<typeof config>;
  readonly #baseline = new Baseline();
  readonly #recent = new RecentValues(64);
  readonly #freshness: Freshness;
  /** The level before the shift; kept while the shift lasts. */
  #before: UsualLevel | null = null;
  #sinceMs = 0;

  constructor(settings: z.output<typeof config>) {
    this.#config = settings;
    this.#freshness = new Freshness(settings.freshRole, settings.freshMs);
  }

  observe(tMs: number, value: number): void {
    this.#recent.push(tMs, value);
    if (this.#before === null) this.#baseline.add(tMs, value);
  }

  judge(tMs: number, around: Surroundings): Signal | null {
    if (this.#freshness.isFresh(tMs, around)) {
      this.#before = null;
      return null;
    }
    if (this.#before === null) this.#mayBegin(tMs, around);
    else this.#mayEnd(tMs, this.#before);
    return this.#before === null ? null : this.#signal(tMs, this.#before);
  }

  strangeness(tMs: number): number {
    const level = this.#before ?? this.#baseline.level();
    if (level === null) return 0;
    const beyond = (this.#recent.mean(tMs, 5_000) - level.center) / (this.#threshold(level) - level.center);
    return Number.isFinite(beyond) ? Math.min(1, Math.max(0, beyond / 2)) : 0;
  }

  #mayBegin(tMs: number, around: Surroundings): void {
    const level = this.#baseline.level();
    if (level === null) return;
    const threshold = this.#threshold(level);
    const { persistMs, raisedShare, byMean, spreadLoadPersistMs, steadyCores } = this.#config;
    const raised = (spanMs: number) =>
      (this.#recent.share(tMs, spanMs, (value) => value >= threshold) ?? 0) >= raisedShare &&
      (!byMean || this.#recent.mean(tMs, spanMs) >= threshold);
    if (!raised(persistMs)) return;
    if (spreadLoadPersistMs !== undefined && !raised(spreadLoadPersistMs)) {
      const steady = around.steadyCores(tMs - persistMs);
      if (steady !== null && steady < steadyCores) return;
    }
    this.#before = level;
    this.#sinceMs = tMs - persistMs;
    this.#baseline.forgetRecent();
  }

  #mayEnd(tMs: number, before: UsualLevel): void {
    if (tMs - this.#sinceMs > ADOPT_AFTER_MS) {
      this.#before = null;
      this.#baseline.reset();
      return;
    }
    // Halfway back, so that a value on the threshold does not open and close all day.
    const release = before.center + (this.#threshold(before) - before.center) / 2;
    const high = (value: number) => value >= release;
    // Series of a slow step have too few values in the short span.
    const { calmMs } = this.#config;
    const still = this.#recent.share(tMs, calmMs, high) ?? this.#recent.share(tMs, 2 * calmMs, high);
    if (still !== null && still <= CALM_SHARE) this.#before = null;
  }

  #threshold(level: UsualLevel): number {
    const { minShift, minRatio, minLevel, spreads, maxShift, ceiling } = this.#config;
    const habit = level.spanMs >= SETTLED_SPAN_MS ? level.heldHigh + minShift / 2 : Number.NEGATIVE_INFINITY;
    const noise = Math.min(maxShift, spreads * level.spread);
    const wanted = Math.max(level.center + Math.max(minShift, noise), level.center * minRatio, minLevel, habit);
    return Math.max(level.center + minShift / 2, Math.min(wanted, ceiling));
  }

  #signal(tMs: number, before: UsualLevel): Signal {
    const value = this.#recent.latest(tMs, 10_000);
    const threshold = this.#threshold(before);
    const score = Math.min(1_000, Math.max(0, (value - before.center) / ((threshold - before.center) / 3)));
    return {
      kind: 'level-shift',
      severity: this.#severity(value, tMs),
      sinceMs: this.#sinceMs,
      value,
      expectedLow: Math.min(before.low, before.center),
      expectedHigh: Math.max(before.high, before.center + 3 * Math.min(before.spread, this.#config.minShift / 3)),
      score,
      confidence: confidenceOf(score),
      isFading: value < threshold,
    };
  }

  #severity(value: number, tMs: number): Severity {
    if (value >= this.#config.critical && tMs - this.#sinceMs >= this.#config.criticalAfterMs) return 'critical';
    return value >= this.#config.major ? 'major' : 'minor';
  }
}
