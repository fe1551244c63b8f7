import { z } from 'zod';
import { defineDetector, type Signal, type Watch } from './detector.ts';

const config = z.strictObject({
  upForMs: z.number().positive().describe('how long it must have been there without a break to be missed'),
  confirmMs: z.number().positive().describe('how long it must be gone before it is worth a word'),
  severity: z.enum(['minor', 'major']),
});

/** What nobody reports on any more is not there on purpose. */
const UNREPORTED_MS = 5 * 60_000;
/** Gone for so long, it is gone for good; and so long after a first break a second one is missed at once. */
const ADOPT_AFTER_MS = 24 * 3_600_000;

/** A state, 1 for up and 0 for down, that was steadily up and is down: what comes and goes every day is not missed. */
export const outage = defineDetector({
  name: 'outage',
  version: '1',
  config,
  watch: (settings) => new OutageWatch(settings),
});

class OutageWatch implements Watch {
  readonly #config: z.output<typeof config>;
  #upSinceMs: number | null = null;
  #downSinceMs: number | null = null;
  #missedAtMs = Number.NEGATIVE_INFINITY;
  #reportedMs = Number.NEGATIVE_INFINITY;
  #isMissed = false;

  constructor(settings: z.output<typeof config>) {
    this.#config = settings;
  }

  observe(tMs: number, value: number): void {
    this.#reportedMs = tMs;
    if (value >= 0.5) {
      this.#upSinceMs ??= tMs;
      this.#downSinceMs = null;
      return;
    }
    if (this.#upSinceMs !== null && tMs - this.#upSinceMs >= this.#config.upForMs) this.#missedAtMs = tMs;
    this.#upSinceMs = null;
    this.#downSinceMs ??= tMs;
  }

  judge(tMs: number): Signal | null {
    const { confirmMs, severity } = this.#config;
    const sinceMs = this.#downSinceMs ?? Number.POSITIVE_INFINITY;
    this.#isMissed =
      tMs - sinceMs >= confirmMs && tMs - this.#reportedMs <= UNREPORTED_MS && tMs - this.#missedAtMs <= ADOPT_AFTER_MS;
    if (!this.#isMissed) return null;
    return {
      kind: 'missing',
      severity,
      sinceMs,
      value: 0,
      expectedLow: 1,
      expectedHigh: 1,
      score: 5,
      confidence: 0.95,
    };
  }

  strangeness(): number {
    return this.#isMissed ? 0.9 : 0;
  }
}
