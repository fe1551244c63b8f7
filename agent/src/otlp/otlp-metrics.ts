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

/** A counter's increase is spread over so long at most, however rarely a program exports. */
const MAX_SPREAD_MS = 120_000;
/** Exports of several instances that come so close together count as one. */
const SAME_EXPORT_MS = 500;
/** A value stands while fewer exports than this are missing. */
const MISSED_EXPORTS = 3;
const LEAST_STAND_MS = 10_000;
/** What no instance has said for so long makes room for others. */
const FORGET_STREAM_MS = 3_600_000;

interface Series {
  readonly metric: string;
  readonly info: MetricInfo;
  readonly attributes: Attributes;
  /** What was said; of counters in all. NaN where the last export said nothing. */
  value: number;
  /** Of counters: what was written, on its way to `value`. */
  shown: number;
  newsAtMs: number;
  /** Between the last two exports; NaN after the first. */
  intervalMs: number;
  /** When `shown` is to have reached `value`. */
  shownByMs: number;
  writtenAtMs: number;
  standing: 'new' | 'refused' | 'written';
}

interface Stream {
  startMs: number;
  saidAtMs: number;
  values: readonly number[];
}

/**
 * Metrics of programs as series. Several instances of one service add up to one series, because instance ids change with
 * every start; sums and histograms are turned into increases by instance and added to a counter of the agent's own.
 *
 * A program exports once a minute or so, and every second is to have a value. A gauge stands until the next export. What a
 * counter grew by comes out evenly over as long as the last interval between exports: a minute late, but whole. Both end
 * when three exports are missing, or after `keepMs`.
 */
export class OtlpMetrics {
  readonly #keepMs: number;
  readonly #known: Readonly<Record<string, MetricInfo>>;
  #sinceMs = Number.POSITIVE_INFINITY;
  readonly #series = new Map<string, Series>();
  /** Those heard of longest ago first. */
  readonly #streams = new Map<string, Stream>();
  readonly #refusals = new Map<string, number>();

  /** @param known - metrics that need no declaring */
  constructor(keepMs: number, known: Readonly<Record<string, MetricInfo>> = {}) {
    this.#keepMs = keepMs;
    this.#known = known;
  }

  /** What a program counts from now on is an increase even when nothing came of it before; the first call counts. */
  begin(nowMs: number): void {
    this.#sinceMs = Math.min(this.#sinceMs, nowMs);
  }

  /** @returns points that were not taken */
  add(service: string, instance: string, metric: OtlpMetric, nowMs: number): { readonly rejected: number } {
    let rejected = 0;
    for (const point of metric.points) {
      const attributes = attributesOf(service, point.attributes);
      const sender = `${service}\0${instance}`;
      const isTaken = attributes !== null && this.#addPoint(metric, { point, attributes, sender, nowMs });
      if (!isTaken) rejected++;
    }
    if (rejected > 0) this.#refuse('otlp-point', rejected);
    return { rejected };
  }

  write(out: SampleWriter, nowMs: number): void {
    for (const series of this.#series.values()) {
      if (Number.isNaN(series.value)) continue;
      if (isOver(series, nowMs, this.#keepMs)) series.standing = 'new';
      else this.#writeSeries(series, out, nowMs);
    }
    for (const [reason, howMany] of this.#refusals) out.refuse?.(reason, howMany);
    this.#refusals.clear();
  }

  #writeSeries(series: Series, out: SampleWriter, nowMs: number): void {
    const { metric, info, attributes, standing } = series;
    if (standing === 'refused') return;
    if (standing === 'new' && !this.#isKnown(metric, info) && out.declare?.(metric, info) !== true) {
      series.standing = 'refused';
      return;
    }
    // A counter begins where it stood, first with 0, so that what comes then is an increase of that second.
    if (standing === 'written') series.shown = shownNow(series, nowMs);
    series.standing = 'written';
    series.writtenAtMs = nowMs;
    out.write(metric, info.kind === 'counter' ? series.shown : series.value, attributes);
  }

  #isKnown(metric: string, { kind, unit }: MetricInfo): boolean {
    const known = Object.hasOwn(this.#known, metric) ? this.#known[metric] : undefined;
    return known !== undefined && known.kind === kind && known.unit === unit;
  }

  #addPoint(metric: OtlpMetric, said: Said): boolean {
    const { name, kind, isMonotonic, isDelta } = metric;
    const { point, attributes, nowMs } = said;
    const unit = /^[\x21-\x7e]{1,32}$/.test(metric.unit) ? metric.unit : '{value}';
    const about = metric.description.slice(0, MAX_ABOUT) || `OTLP ${kind}`;
    const count = (of: string, its: string, increase: number) => {
      const series = this.#seriesOf(of, { unit: its, kind: 'counter', about }, attributes);
      if (series !== null) note(series, series.value + increase, nowMs);
      return series !== null;
    };
    if (kind === 'histogram') {
      const { count: events, sum, buckets, bounds } = point;
      const hasBuckets = buckets.length <= MAX_BUCKETS && buckets.length === bounds.length + 1 && bounds.length > 0;
      if (![events, sum ?? 0, ...(hasBuckets ? [...buckets, ...bounds] : [])].every(Number.isFinite)) return false;
      const increase = this.#increase(metric, said, [events, sum ?? 0, ...(hasBuckets ? buckets : [])]);
      if (increase === null) return false;
      const [counted = 0, added = 0, ...between] = increase;
      const isTaken = count(`${name}.count`, '{event}', counted) && (sum === null || count(`${name}.sum`, unit, added));
      const p95 = hasBuckets ? (shareOfBuckets(between, bounds, 0.95) ?? Number.NaN) : null;
      const share = p95 === null ? null : this.#seriesOf(`${name}.p95`, { unit, kind: 'gauge', about }, attributes);
      if (share !== null) note(share, p95!, nowMs);
      return isTaken;
    }
    const { value } = point;
    if (kind === 'other' || value === null || !Number.isFinite(value)) return false;
    if (kind === 'sum' && isMonotonic) {
      const increase = this.#increase(metric, said, [value]);
      return increase !== null && count(name, unit, increase[0] ?? 0);
    }
    const series = this.#seriesOf(name, { unit, kind: 'gauge', about }, attributes);
    if (series === null) return false;
    note(series, kind === 'sum' && isDelta ? series.value + value : value, nowMs);
    return true;
  }

  /** What was added since the same instance said it before; null where it cannot be remembered, or is below 0. */
  #increase({ name, isDelta }: OtlpMetric, said: Said, values: readonly number[]): readonly number[] | null {
    const { sender, attributes, nowMs } = said;
    const { startMs } = said.point;
    // Only the sum of a histogram (the second) may go down.
    if (values.some((value, i) => value < 0 && i !== 1)) return null;
    if (isDelta) return values;
    const key = `${sender}\0${name}\0${canonicalAttributes(attributes)}`;
    const before = this.#streams.get(key);
    if (before === undefined && !this.#hasRoom(nowMs)) return null;
    this.#streams.delete(key);
    this.#streams.set(key, { startMs, values, saidAtMs: nowMs });
    // What was counted before the agent listened is no increase of now.
    if (before === undefined) return startMs >= this.#sinceMs ? values : values.map(() => 0);
    const isAnew = values[0]! < before.values[0]! || startMs > before.startMs || values.length !== before.values.length;
    return isAnew ? values : values.map((value, i) => value - before.values[i]!);
  }

  #hasRoom(nowMs: number): boolean {
    if (this.#streams.size < MAX_STREAMS) return true;
    const [key, oldest] = this.#streams.entries().next().value!;
    if (nowMs - oldest.saidAtMs < FORGET_STREAM_MS) return false;
    return this.#streams.delete(key);
  }

  #seriesOf(metric: string, info: MetricInfo, attributes: Attributes): Series | null {
    const key = `${metric}\0${info.kind}\0${info.unit}\0${canonicalAttributes(attributes)}`;
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    if (this.#series.size >= MAX_SERIES) return null;
    const made: Series = {
      metric,
      info,
      attributes,
      value: 0,
      shown: 0,
      newsAtMs: Number.NaN,
      intervalMs: Number.NaN,
      shownByMs: Number.NEGATIVE_INFINITY,
      writtenAtMs: Number.NaN,
      standing: 'new',
    };
    this.#series.set(key, made);
    return made;
  }

  #refuse(reason: string, howMany: number): void {
    this.#refusals.set(reason, (this.#refusals.get(reason) ?? 0) + howMany);
  }
}

interface Said {
  readonly point: OtlpPoint;
  readonly attributes: Attributes;
  /** Service and instance. */
  readonly sender: string;
  readonly nowMs: number;
}

function note(series: Series, value: number, nowMs: number): void {
  const sinceMs = Math.abs(nowMs - series.newsAtMs);
  if (!(sinceMs < SAME_EXPORT_MS)) {
    series.intervalMs = sinceMs;
    series.newsAtMs = nowMs;
    // The first increase has nothing to go by and comes out at once.
    const spreadMs = Number.isNaN(sinceMs) ? 0 : Math.min(sinceMs, MAX_SPREAD_MS);
    series.shownByMs = Math.min(Math.max(series.shownByMs, nowMs + spreadMs), nowMs + MAX_SPREAD_MS);
  }
  series.value = value;
  // Each export of what may not be written is counted as refused again.
  if (series.standing === 'refused') series.standing = 'new';
}

function isOver({ newsAtMs, intervalMs, shownByMs }: Series, nowMs: number, keepMs: number): boolean {
  const missedMs = Number.isNaN(intervalMs) ? keepMs : Math.max(LEAST_STAND_MS, MISSED_EXPORTS * intervalMs);
  return nowMs > Math.max(newsAtMs + Math.min(keepMs, missedMs), shownByMs + LEAST_STAND_MS);
}

function shownNow({ value, shown, shownByMs, writtenAtMs }: Series, nowMs: number): number {
  const leftMs = shownByMs - nowMs;
  const elapsedMs = Math.max(0, nowMs - writtenAtMs);
  if (leftMs <= 0 || value <= shown) return value;
  return shown + ((value - shown) * elapsedMs) / (leftMs + elapsedMs);
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
