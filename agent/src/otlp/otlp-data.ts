/** What is kept of OTLP, whether it came as protobuf or JSON. Times are Unix ms, 0 where not said. */
export type Scalar = string | number | boolean;
export type OtlpAttributes = ReadonlyMap<string, Scalar>;

export interface OtlpSpan {
  /** Hex, lower case; empty for none. */
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  /** 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: OtlpAttributes;
  readonly isError: boolean;
}

export interface OtlpPoint {
  readonly startMs: number;
  readonly attributes: OtlpAttributes;
  /** Of sums and gauges; null where not recorded. */
  readonly value: number | null;
  /** Of histograms and summaries. */
  readonly count: number;
  readonly sum: number | null;
  /** Counts between `bounds`, one more than these; empty for none. */
  readonly buckets: readonly number[];
  readonly bounds: readonly number[];
}

export interface OtlpMetric {
  readonly name: string;
  readonly unit: string;
  readonly description: string;
  readonly kind: 'gauge' | 'sum' | 'histogram' | 'other';
  readonly isMonotonic: boolean;
  /** Each export says the increase since the one before. */
  readonly isDelta: boolean;
  readonly points: readonly OtlpPoint[];
}

export interface OtlpLog {
  readonly timeMs: number;
  readonly severity: number;
  readonly text: string;
  readonly attributes: OtlpAttributes;
}

/** What one program sent. */
export interface OtlpGroup<T> {
  readonly resource: OtlpAttributes;
  readonly items: readonly T[];
}

export const noAttributes: OtlpAttributes = new Map();
/** Values within values; what lies deeper is left out. */
export const MAX_DEPTH = 8;
/** Nanoseconds, as OTLP says times. */
export const msOf = (nanos: number): number => nanos / 1e6;
