import type { Attributes, Bilingual, FindingKind, MetricKind, Severity } from '@airis/protocol';
import type { z } from 'zod';

/** A series as the agent announces it to detection. */
export interface SeriesInfo {
  readonly id: bigint;
  readonly metric: string;
  readonly attributes: Attributes;
  readonly unit: string;
  readonly kind: MetricKind;
}

/** What a collector knows about a trouble beyond its numbers, for the words and evidence of a finding. */
export interface Explanation {
  /** As findings call it: `lock`. */
  readonly trouble: string;
  /** What it names: `process:<name>[<pid>]`. */
  readonly ref: string;
  readonly note: Bilingual;
}

/** What a watch may know beside its own series. */
export interface Surroundings {
  /** The newest value of another series of the same subject, by role; NaN while there is none. */
  companion(role: string): number;
  /**
   * Cores held since `fromMs` by processes that were there all along; `null` when nobody reports processes.
   * Tells one runaway process from a build, which is many short ones.
   */
  steadyCores(fromMs: number): number | null;
}

/** What a watch says while it holds that something is wrong. */
export interface Signal {
  readonly kind: FindingKind;
  readonly severity: Severity;
  readonly sinceMs: number;
  readonly value: number;
  readonly expectedLow: number;
  readonly expectedHigh: number;
  /** Robust standard deviations beyond the usual, >= 0; comparable within one detector. */
  readonly score: number;
  /** 0..1. */
  readonly confidence: number;
  /** The value is on its way back: nothing new to tell, but not over either. */
  readonly isFading?: boolean;
  /** For forecasts: until the limit is met, and how fast. */
  readonly forecast?: { readonly msToFull: number; readonly perSecond: number };
}

/** A detector at work on one series. Pure state: time comes in, nothing goes out but signals. Times never go backwards. */
export interface Watch {
  /** A finite value of the series. */
  observe(tMs: number, value: number): void;
  /** Once a step, after all values: what holds now. */
  judge(tMs: number, around: Surroundings): Signal | null;
  /** 0..1: how far from usual now, whether or not it is worth a finding. */
  strangeness(tMs: number): number;
}

/** A way to judge one series. A new one is a file beside this and a line in `index.ts`. */
export interface Detector {
  readonly name: string;
  readonly version: string;
  /** Reads a rule's settings (an invalid rule is a bug and throws) and returns the maker of watches. */
  configure(config: unknown): () => Watch;
}

export function defineDetector<C extends z.ZodType>(definition: {
  readonly name: string;
  readonly version: string;
  readonly config: C;
  readonly watch: (config: z.output<C>) => Watch;
}): Detector {
  return {
    name: definition.name,
    version: definition.version,
    configure(config) {
      const parsed = definition.config.parse(config);
      return () => definition.watch(parsed);
    },
  };
}

/** Two-sided normal: the probability that noise alone stays within `score` standard deviations; kept below 1. */
export function confidenceOf(score: number): number {
  const x = Math.abs(score) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  // Abramowitz and Stegun 7.1.26: error below 1.5e-7.
  const series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return Math.min(0.9999, Math.max(0, 1 - series * Math.exp(-x * x)));
}
