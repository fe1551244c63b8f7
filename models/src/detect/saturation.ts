import { z } from 'zod';
import { Baseline } from './baseline.ts';
import { confidenceOf, defineDetector, type Signal, type Surroundings, type Watch } from './detector.ts';
import { RecentValues } from './recent-values.ts';

const config = z.strictObject({
  high: z.number().describe('at or above this there is no room left'),
  release: z.number().describe('below this there is room again'),
  persistMs: z.number().positive().default(30_000),
  critical: z.number().default(Number.POSITIVE_INFINITY),
  criticalAfterMs: z.number().default(120_000),
  usualIsFine: z.boolean().default(true).describe('a series that is always up there is not news (CPU of a batch host)'),
  ignoreAt: z
    .number()
    .default(Number.POSITIVE_INFINITY)
    .describe('a first value this high is by design (an image mount)'),
});

/** A utilisation that stays near the top. Needs no past, except to know what is always so. */
export const saturation = defineDetector({
  name: 'saturation',
  version: '1',
  config,
  watch: (settings) => new SaturationWatch(settings),
});

class SaturationWatch implements Watch {
  readonly #config: z.output<typeof config>;
  readonly #baseline = new Baseline();
  readonly #recent = new RecentValues(128);
  #first = Number.NaN;
  #sinceMs: number | null = null;

  constructor(settings: z.output<typeof config>) {
    this.#config = settings;
  }

  observe(tMs: number, value: number): void {
    if (Number.isNaN(this.#first)) this.#first = value;
    this.#recent.push(tMs, value);
    if (this.#sinceMs === null) this.#baseline.add(tMs, value);
  }

  judge(tMs: number, _around: Surroundings): Signal | null {
    const { high, release, persistMs, usualIsFine, ignoreAt } = this.#config;
    if (this.#first >= ignoreAt) return null;
    if (this.#sinceMs === null) {
      const share = this.#recent.share(tMs, persistMs, (value) => value >= high);
      if (share === null || share < 0.9) return null;
      const usual = this.#baseline.level();
      if (usualIsFine && (usual === null || usual.center >= release)) return null;
      this.#sinceMs = tMs - persistMs;
      this.#baseline.forgetRecent();
    } else {
      const still = this.#recent.share(tMs, Math.min(persistMs, 15_000), (value) => value >= release);
      if (still !== null && still <= 0.2) this.#sinceMs = null;
    }
    return this.#sinceMs === null ? null : this.#signal(tMs, this.#sinceMs);
  }

  strangeness(tMs: number): number {
    const { high, release, usualIsFine } = this.#config;
    const usual = this.#baseline.level();
    if (usualIsFine && (usual === null || usual.center >= release)) return 0;
    const near = (this.#recent.mean(tMs, 5_000) - release) / (high - release);
    return Number.isFinite(near) ? Math.min(1, Math.max(0, near)) * 0.8 : 0;
  }

  #signal(tMs: number, sinceMs: number): Signal {
    const value = this.#recent.latest(tMs, 10_000);
    const usual = this.#baseline.level();
    const spread = Math.max(usual?.spread ?? 0, (1 - this.#config.release) / 3);
    const score = Math.min(1_000, Math.max(3, (value - (usual?.center ?? this.#config.release)) / spread));
    const critical = value >= this.#config.critical && tMs - sinceMs >= this.#config.criticalAfterMs;
    return {
      kind: 'saturation',
      severity: critical ? 'critical' : 'major',
      sinceMs,
      value,
      expectedLow: usual?.low ?? 0,
      expectedHigh: Math.min(usual?.high ?? this.#config.release, this.#config.release),
      score,
      confidence: confidenceOf(score),
      isFading: value < this.#config.release,
    };
  }
}
