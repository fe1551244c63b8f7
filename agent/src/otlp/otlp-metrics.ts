import { type Attributes, canonicalAttributes, semconv } from '@airis/protocol';
import type { MetricInfo, SampleWriter } from '../collectors/collector.ts';
import type { OtlpAttributes, OtlpMetric, OtlpPoint } from './otlp-data.ts';

const MAX_SERIES = 3_000;
/** Points of one instance whose last value is remembered: what cumulative sums are compared with. */
const MAX_STREAMS = 6_000;
const MAX_ATTRIBUTES = 12;
const MAX_KEY = 64;
const MAX_VALUE = 200;
const MAX_BUCKETS = 200;
const MAX_ABOUT = 120;

interface Series {
  readonly metric: string;
  readonly info: MetricInfo;
  readonly attributes: Attributes;
  value: number;
  /** There is something to write since the step before. */
  isNew: boolean;
  hasBegun: boolean;
}

interface Stream {
  startMs: number;
  values: readonly number[];
}

/**
 * Metrics of programs as series. Several instances of one service add up to one series, because instance ids change with
 * every start; sums and histograms are turned into increases by instance and added to a counter of the agent's own. A
 * program exports once a minute or so: a series has a value in the second in which news of it came, and a gap between.
 */
export class OtlpMetrics {
  #sinceMs = Number.POSITIVE_INFINITY;
  readonly #series = new Map<string, Series>();
  readonly #streams = new Map<string, Stream>();
  readonly #refusals = new Map<string, number>();

  /** What a program counts from now on is an increase even when nothing came of it before; the first call counts. */
  begin(nowMs: number): void {
    this.#sinceMs = Math.min(this.#sinceMs, nowMs);
  }

  /** @returns points that were not taken */
  add(service: string, instance: string, metric: OtlpMetric): { readonly rejected: number } {
    let rejected = 0;
    for (const point of metric.points) {
      const attributes = attributesOf(service, point.attributes);
      const isTaken = attributes !== null && this.#addPoint(metric, point, attributes, `${service}\0${instance}`);
      if (!isTaken) rejected++;
    }
    if (rejected > 0) this.#refuse('otlp-point', rejected);
    return { rejected };
  }

  write(out: SampleWriter): void {
    for (const series of this.#series.values()) {
      if (!series.isNew) continue;
      const { metric, info, attributes } = series;
      if (out.declare?.(metric, info) !== true) {
        series.isNew = false;
        continue;
      }
      // A counter begins with a 0, so that what it first counted is an increase too.
      const begins = info.kind === 'counter' && !series.hasBegun;
      out.write(metric, begins ? 0 : series.value, attributes);
      series.isNew = begins && series.value > 0;
      series.hasBegun = true;
    }
    for (const [reason, howMany] of this.#refusals) out.refuse?.(reason, howMany);
    this.#refusals.clear();
  }

  #addPoint(metric: OtlpMetric, point: OtlpPoint, attributes: Attributes, sender: string): boolean {
    const { name, kind, isMonotonic, isDelta } = metric;
    const unit = /^[\x21-\x7e]{1,32}$/.test(metric.unit) ? metric.unit : '{value}';
    const about = metric.description.slice(0, MAX_ABOUT) || `OTLP ${kind}`;
    const of = { sender, point, isDelta, attributes };
    if (kind === 'histogram') {
      const { count, sum, buckets, bounds } = point;
      const hasBuckets = buckets.length <= MAX_BUCKETS && buckets.length === bounds.length + 1 && bounds.length > 0;
      if (![count, sum ?? 0, ...(hasBuckets ? [...buckets, ...bounds] : [])].every(Number.isFinite)) return false;
      const increase = this.#increase(name, of, [count, sum ?? 0, ...(hasBuckets ? buckets : [])]);
      if (increase === null) return false;
      const [counted = 0, added = 0, ...between] = increase;
      const taken =
        this.#count(`${name}.count`, { unit: '{event}', kind: 'counter', about }, attributes, counted) &&
        (sum === null || this.#count(`${name}.sum`, { unit, kind: 'counter', about }, attributes, added));
      const p95 = hasBuckets ? shareOfBuckets(between, bounds, 0.95) : null;
      if (p95 !== null) this.#set(`${name}.p95`, { unit, kind: 'gauge', about }, attributes, p95);
      return taken;
    }
    const { value } = point;
    if (kind === 'other' || value === null || !Number.isFinite(value)) return false;
    if (kind === 'sum' && isMonotonic) {
      const increase = this.#increase(name, of, [value]);
      return increase !== null && this.#count(name, { unit, kind: 'counter', about }, attributes, increase[0] ?? 0);
    }
    const series = this.#seriesOf(name, { unit, kind: 'gauge', about }, attributes);
    if (series === null) return false;
    series.value = kind === 'sum' && isDelta ? series.value + value : value;
    series.isNew = true;
    return true;
  }

  /** What was added since the same instance said it before; null where it cannot be remembered, or goes down for good. */
  #increase(
    name: string,
    {
      sender,
      point: { startMs },
      isDelta,
      attributes,
    }: { sender: string; point: OtlpPoint; isDelta: boolean; attributes: Attributes },
    values: readonly number[],
  ): readonly number[] | null {
    if (values.some((value, i) => value < 0 && i !== 1)) return null;
    if (isDelta) return values;
    const key = `${sender}\0${name}\0${canonicalAttributes(attributes)}`;
    const before = this.#streams.get(key);
    if (before === undefined) {
      if (this.#streams.size >= MAX_STREAMS) return null;
      this.#streams.set(key, { startMs, values });
      // What was counted before the agent listened is no increase of now.
      return startMs >= this.#sinceMs ? values : values.map(() => 0);
    }
    const isAnew = values[0]! < before.values[0]! || startMs > before.startMs || values.length !== before.values.length;
    const increase = isAnew ? values : values.map((value, i) => value - before.values[i]!);
    before.startMs = startMs;
    before.values = values;
    return increase;
  }

  #count(metric: string, info: MetricInfo, attributes: Attributes, increase: number): boolean {
    const series = this.#seriesOf(metric, info, attributes);
    if (series === null) return false;
    series.value += increase;
    series.isNew = true;
    return true;
  }

  #set(metric: string, info: MetricInfo, attributes: Attributes, value: number): void {
    const series = this.#seriesOf(metric, info, attributes);
    if (series === null) return;
    series.value = value;
    series.isNew = true;
  }

  #seriesOf(metric: string, info: MetricInfo, attributes: Attributes): Series | null {
    const key = `${metric}\0${info.kind}\0${info.unit}\0${canonicalAttributes(attributes)}`;
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    if (this.#series.size >= MAX_SERIES) return null;
    const made = { metric, info, attributes, value: 0, isNew: false, hasBegun: false };
    this.#series.set(key, made);
    return made;
  }

  #refuse(reason: string, howMany: number): void {
    this.#refusals.set(reason, (this.#refusals.get(reason) ?? 0) + howMany);
  }
}

/** `null` where there are more or longer ones than a series may have: without them series would mix. */
function attributesOf(service: string, said: OtlpAttributes): Attributes | null {
  if (said.size > MAX_ATTRIBUTES) return null;
  const attributes: Record<string, string> = {};
  for (const [key, value] of said) {
    const text = `${value}`.replaceAll(/[\p{Cc}\p{Cf}]/gu, '?');
    if (!/^[A-Za-z][\w.\-/]*$/.test(key) || key.length > MAX_KEY || text.length > MAX_VALUE) return null;
    attributes[key] = text;
  }
  if (service !== '') attributes[semconv.attribute.serviceName] = service;
  return attributes;
}

/** The value below which this share lies, as if spread evenly within a bucket; null where nothing was counted. */
export function shareOfBuckets(counts: readonly number[], bounds: readonly number[], share: number): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (!(total > 0)) return null;
  let below = 0;
  for (const [i, count] of counts.entries()) {
    const upper = bounds[i];
    // Of what lies above the last bound nothing else is known.
    if (upper === undefined) break;
    if (below + count >= share * total && count > 0) {
      const lower = i === 0 ? Math.min(0, upper) : bounds[i - 1]!;
      return lower + ((share * total - below) / count) * (upper - lower);
    }
    below += count;
  }
  return bounds.at(-1) ?? null;
}
