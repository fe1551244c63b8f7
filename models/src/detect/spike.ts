import { z } from 'zod';
import { Baseline } from './baseline.ts';
import { confidenceOf, defineDetector, type Signal, type Watch } from './detector.ts';
import { RecentValues } from './recent-values.ts';

const config = z.strictObject({
  minValue: z.number().positive().describe('a rate below this is never worth a word'),
  minRatio: z.number().min(1).default(5).describe('times the 95th percentile of the past'),
  persistMs: z.number().positive().default(8_000),
  major: z.number().default(Number.POSITIVE_INFINITY),
});

const CALM_MS = 15_000;

/** A short, steep rise of a rate that is usually near nothing (errors, drops), where waiting for a new level would be too late. */
export const spike = defineDetector({
  name: 'spike',
  version: '1',
  config,
  watch: (settings) => new SpikeWatch(settings),
});

class SpikeWatch implements Watch {
  readonly #config: z.output<typeof config>;
  readonly #baseline = new Baseline();
  readonly #recent = new RecentValues(64);
  #sinceMs: number | null = null;

  constructor(settings: z.output<typeof config>) {
    this.#config = settings;
  }

  observe(tMs: number, value: number): void {
    this.#recent.push(tMs, value);
    if (this.#sinceMs === null) this.#baseline.add(tMs, value);
  }

  judge(tMs: number): Signal | null {
    const usual = this.#baseline.level();
    if (usual === null) return null;
    const { minValue, minRatio, persistMs, major } = this.#config;
    const threshold = Math.max(minValue, usual.high * minRatio, usual.center + 8 * usual.spread);
    if (this.#sinceMs === null) {
      const share = this.#recent.share(tMs, persistMs, (value) => value >= threshold);
      if (share === null || share < 0.6) return null;
      this.#sinceMs = tMs - persistMs;
      this.#baseline.forgetRecent();
    } else if (this.#recent.share(tMs, CALM_MS, (value) => value >= threshold / 2) === 0) {
      this.#sinceMs = null;
      return null;
    }
    const value = this.#recent.latest(tMs, persistMs);
    const score = Math.min(1_000, (3 * value) / threshold);
    return {
      kind: 'spike',
      severity: value >= major ? 'major' : 'minor',
      sinceMs: this.#sinceMs,
      value,
      expectedLow: Math.min(usual.low, usual.center),
      expectedHigh: usual.high,
      score,
      confidence: confidenceOf(score),
    };
  }

  strangeness(tMs: number): number {
    const beyond = this.#recent.mean(tMs, 5_000) / this.#config.minValue;
    return Number.isFinite(beyond) ? Math.min(0.5, Math.max(0, beyond / 2)) : 0;
  }
}
