import type { Bilingual, FindingKind, FindingNature, Severity } from '@airis/protocol';

/** What a series measures, whatever its metric is called. */
export type Measure =
  | 'latency'
  | 'calls'
  | 'errors'
  | 'cpu'
  | 'memory'
  | 'disk'
  | 'network'
  | 'saturation'
  | 'traffic'
  | 'other';

/** One series of one entity, or of its calls to `peer`, on a grid of times that all series of a case share. */
export interface RcaSeries {
  readonly entity: string;
  readonly peer: string | null;
  readonly measure: Measure;
  readonly metric: string;
  /** Lines up with `RcaCase.times`; NaN is a gap. */
  readonly values: Float64Array;
}

/** `caller` needs `callee`. */
export interface Dependency {
  readonly caller: string;
  readonly callee: string;
  /** 0..1. */
  readonly confidence: number;
}

export interface RcaFinding {
  readonly id: string;
  readonly entity: string;
  /** The entity at the other end, for findings about calls; null where it is not known. */
  readonly peer: string | null;
  readonly nature: FindingNature;
  readonly trouble: string;
  readonly kind: FindingKind;
  readonly severity: Severity;
  readonly confidence: number;
  readonly startedAtUnixMs: number;
  readonly detectedAtUnixMs: number;
  readonly endedAtUnixMs: number | null;
}

export interface RcaChange {
  readonly id: string;
  readonly entity: string;
  readonly kind: string;
  readonly atUnixMs: number;
}

/**
 * How often an operation of a service showed one masked log line, call or slowness, before and during: `before` of
 * `beforeTotal` executions.
 */
export interface RcaPattern {
  readonly entity: string;
  readonly pattern: string;
  readonly before: number;
  readonly beforeTotal: number;
  readonly during: number;
  readonly duringTotal: number;
}

/** What is known round one incident. Lists may be empty: a method uses what is there. Times are Unix ms. */
export interface RcaCase {
  /** When it hurt; series reach back before `fromUnixMs` for what is usual. */
  readonly fromUnixMs: number;
  readonly toUnixMs: number;
  /** Where it was noticed; null where nobody said. */
  readonly alerting: string | null;
  readonly entities: readonly string[];
  readonly dependencies: readonly Dependency[];
  readonly times: Float64Array;
  readonly series: readonly RcaSeries[];
  readonly findings: readonly RcaFinding[];
  readonly changes: readonly RcaChange[];
  readonly patterns: readonly RcaPattern[];
}

/** A reason to suspect an entity (positive weight) or to clear it (negative), in plain words. */
export interface Reason {
  /** Added to the suspect's evidence; ln(1 + strangeness) for changes of series. */
  readonly weight: number;
  readonly text: Bilingual;
  /** Id of a finding or change, or metric name, that shows it; null where it follows from the dependencies alone. */
  readonly ref: { readonly kind: 'finding' | 'change' | 'series' | 'pattern'; readonly id: string } | null;
}

export interface Suspect {
  readonly entity: string;
  /** The metric that tells most, where the method knows one. */
  readonly metric: string | null;
  readonly reasons: readonly Reason[];
}

/** A way to name causes. A new one is a file beside this and a line in `index.ts`. Pure: no clock, no I/O. */
export interface RcaMethod {
  readonly name: string;
  readonly version: string;
  /** Suspects in any order; those with nothing for or against may be left out. */
  suspects(facts: RcaCase): readonly Suspect[];
}

export const defineRcaMethod = (method: RcaMethod): RcaMethod => method;

/** Sum of a suspect's reasons. */
export const evidenceOf = ({ reasons }: Suspect): number => reasons.reduce((sum, { weight }) => sum + weight, 0);
