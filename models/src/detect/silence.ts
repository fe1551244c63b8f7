import { z } from 'zod';
import { Baseline, SETTLED_SPAN_MS, type UsualLevel } from './baseline.ts';
import { defineDetector, type Signal, type Surroundings, type Watch } from './detector.ts';
import { ADOPT_AFTER_MS } from './level-shift.ts';
import { RecentValues } from './recent-values.ts';

const config = z.strictObject({
  missingMs: z.number().positive().optional().describe('no value for this long'),
  stuckMs: z.number().positive().optional().describe('exactly the same value for this long, though it used to vary'),
  minCenter: z
    .number()
    .positive()
    .optional()
    .describe('a rate usually at least this has stopped when it is 0 for `stoppedMs`'),
  stoppedMs: z.number().positive().default(25_000),
  unless: z.array(z.string()).default([]).describe('companions that, above 0, mean it goes on in another way'),
});

/** Fewer values than this are no habit. */
const HABIT = 60;
const STOPPED_SHARE = 0.02;
const FLOWS_SHARE = 0.1;

/**
 * Silence where there used to be life: no values at all (`missing`), or values that have frozen or a rate that has dropped
 * to nothing (`flat-line`).
 */
export const silence = defineDetector({
  name: 'silence',
  version: '1',
  config,
  watch: (settings) => new SilenceWatch(settings),
});

class SilenceWatch implements Watch {
  readonly #config: z.output<typeof config>;
  readonly #baseline = new Baseline();
  readonly #recent = new RecentValues(64);
  #seen = 0;
  #last = Number.NaN;
  #sameSinceMs = 0;
  #varied = 0;
  #quiet = false;
  /** What the rate usually was before it dropped to nothing; `null` while it flows. */
  #flowed: UsualLevel | null = null;
  #stoppedMs = 0;

  constructor(settings: z.output<typeof config>) {
    this.#config = settings;
  }

  observe(tMs: number, value: number): void {
    this.#seen += 1;
    if (value !== this.#last) {
      if (tMs - this.#sameSinceMs < 10_000) this.#varied += 1;
      this.#sameSinceMs = tMs;
    }
    this.#last = value;
    this.#recent.push(tMs, value);
    this.#baseline.add(tMs, value);
  }

  judge(tMs: number, around: Surroundings): Signal | null {
    const signal = this.#seen < HABIT ? null : (this.#missing(tMs) ?? this.#stuck(tMs) ?? this.#stopped(tMs, around));
    this.#quiet = signal !== null;
    return signal;
  }

  strangeness(): number {
    return this.#quiet ? 0.7 : 0;
  }

  #missing(tMs: number): Signal | null {
    const { missingMs } = this.#config;
    const lastMs = this.#recent.newestMs;
    if (missingMs === undefined || tMs - lastMs < missingMs) return null;
    return this.#signal('missing', lastMs, Number.NaN);
  }

  #stuck(tMs: number): Signal | null {
    const { stuckMs } = this.#config;
    if (stuckMs === undefined || this.#varied < HABIT || tMs - this.#sameSinceMs < stuckMs) return null;
    return this.#signal('flat-line', this.#sameSinceMs, this.#last);
  }

  /** The past goes on being learnt: a rate that pauses often has pauses among its usual values and is not reported again. */
  #stopped(tMs: number, around: Surroundings): Signal | null {
    const { minCenter, stoppedMs } = this.#config;
    if (minCenter === undefined) return null;
    if (this.#config.unless.some((role) => around.companion(role) > 0)) {
      this.#flowed = null;
      return null;
    }
    if (this.#flowed === null) {
      const usual = this.#baseline.level();
      if (usual === null || usual.spanMs < SETTLED_SPAN_MS || usual.low < minCenter) return null;
      if (this.#recent.share(tMs, stoppedMs, (value) => value <= STOPPED_SHARE * usual.center) !== 1) return null;
      this.#flowed = usual;
      this.#stoppedMs = tMs - stoppedMs;
    } else if (
      this.#recent.mean(tMs, 10_000) > FLOWS_SHARE * this.#flowed.center ||
      tMs - this.#stoppedMs > ADOPT_AFTER_MS
    ) {
      this.#flowed = null;
      return null;
    }
    return this.#signal('flat-line', this.#stoppedMs, this.#last, this.#flowed);
  }

  #signal(
    kind: 'missing' | 'flat-line',
    sinceMs: number,
    value: number,
    usual: UsualLevel | null = this.#baseline.level(),
  ): Signal {
    return {
      kind,
      severity: 'minor',
      sinceMs,
      value,
      expectedLow: usual?.low ?? Number.NaN,
      expectedHigh: usual?.high ?? Number.NaN,
      score: 5,
      confidence: 0.95,
    };
  }
}
