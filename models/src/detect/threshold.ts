import { findingKind, type Severity } from '@airis/protocol';
import { z } from 'zod';
import { confidenceOf, defineDetector, type Signal, type Surroundings, type Watch } from './detector.ts';
import { RecentValues } from './recent-values.ts';

const config = z.strictObject({
  kind: findingKind.default('saturation'),
  high: z.number().positive().describe('at or above this it counts'),
  ofRole: z.string().optional().describe('`high` is a share of what this companion says: a limit'),
  and: z
    .strictObject({ role: z.string(), above: z.number() })
    .optional()
    .describe('only while this companion is above that'),
  persistMs: z.number().min(0).describe('how long before it is worth a word'),
  graceMs: z.number().min(1_000).default(2_500).describe('between two readings beyond; one below may lie between them'),
  calmMs: z.number().positive().default(5_000).describe('over when it was below for so long'),
  isAge: z.boolean().default(false).describe('the value is itself a time in seconds: that is when it began'),
  severity: z.enum(['minor', 'major']).default('major'),
  critical: z.number().default(Number.POSITIVE_INFINITY),
});

/** No older value says anything about now. */
const STALE_MS = 6_000;
/** A source that is silent for so long is another finding's matter. */
const SILENT_MS = 20_000;

/** A value beyond what is ever right, whatever its past: works from the first second. */
export const threshold = defineDetector({
  name: 'threshold',
  version: '1',
  config,
  watch: (settings) => new ThresholdWatch(settings),
});

class ThresholdWatch implements Watch {
  readonly #config: z.output<typeof config>;
  readonly #recent = new RecentValues(16);
  #judgedMs = Number.NEGATIVE_INFINITY;
  /** Begin and newest moment of the run of values beyond; `null` without one. */
  #run: { readonly fromMs: number; lastMs: number } | null = null;
  #sinceMs: number | null = null;

  constructor(settings: z.output<typeof config>) {
    this.#config = settings;
  }

  observe(tMs: number, value: number): void {
    this.#recent.push(tMs, value);
  }

  judge(tMs: number, around: Surroundings): Signal | null {
    const limit = this.#limit(around);
    const { newestMs } = this.#recent;
    // Companions of the same step are known only now, so a value is weighed here and not where it comes in.
    if (newestMs > this.#judgedMs) this.#weigh(newestMs, limit, around);
    this.#judgedMs = Math.max(this.#judgedMs, newestMs);
    const { persistMs, calmMs } = this.#config;
    const run = this.#run;
    if (this.#sinceMs === null) {
      const isFresh = run !== null && tMs - run.lastMs < STALE_MS;
      if (isFresh && run.lastMs - run.fromMs >= persistMs) this.#sinceMs = this.#beginOf(run.fromMs);
    } else if (run === null || newestMs - run.lastMs >= calmMs || tMs - newestMs >= SILENT_MS) {
      this.#sinceMs = null;
      this.#run = null;
    }
    return this.#sinceMs === null ? null : this.#signal(this.#sinceMs, limit, run?.lastMs === newestMs);
  }

  strangeness(): number {
    return this.#sinceMs === null ? 0 : 0.9;
  }

  #limit(around: Surroundings): number {
    const { high, ofRole } = this.#config;
    return ofRole === undefined ? high : high * around.companion(ofRole);
  }

  #weigh(tMs: number, limit: number, around: Surroundings): void {
    const { and, graceMs, calmMs } = this.#config;
    const value = this.#recent.valueAt(this.#recent.count - 1);
    // A limit of nothing, or one nobody knows, is never met.
    const isBeyond = limit > 0 && value >= limit && (and === undefined || around.companion(and.role) > and.above);
    const pauseMs = this.#sinceMs === null ? graceMs : calmMs;
    if (this.#run !== null && tMs - this.#run.lastMs > pauseMs && this.#sinceMs === null) this.#run = null;
    if (!isBeyond) return;
    if (this.#run === null) this.#run = { fromMs: tMs, lastMs: tMs };
    else this.#run.lastMs = tMs;
  }

  #beginOf(fromMs: number): number {
    if (!this.#config.isAge) return fromMs;
    const newest = this.#recent.valueAt(this.#recent.count - 1);
    return Math.min(fromMs, this.#recent.newestMs - 1_000 * newest);
  }

  #signal(sinceMs: number, limit: number, isBeyond: boolean): Signal {
    const value = this.#recent.valueAt(this.#recent.count - 1);
    const score = Math.min(1_000, Math.max(3, (3 * value) / limit || 0));
    return {
      kind: this.#config.kind,
      severity: this.#severity(value),
      sinceMs,
      value,
      expectedLow: 0,
      expectedHigh: limit,
      score,
      confidence: confidenceOf(score),
      isFading: !isBeyond,
    };
  }

  #severity(value: number): Severity {
    return value >= this.#config.critical ? 'critical' : this.#config.severity;
  }
}
