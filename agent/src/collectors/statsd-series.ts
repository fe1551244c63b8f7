import type { Attributes } from '@airis/protocol';
import type { MetricInfo, SampleWriter } from './collector.ts';
import { SampleWindow } from './sample-window.ts';
import type { StatsdKind, StatsdSample } from './statsd-line.ts';

export interface StatsdBounds {
  readonly maxSeries: number;
  readonly keepGaugesMs: number;
}

/** Distinct values of a set counted in one step; more are counted as refused. */
const MAX_SET_VALUES = 1_000;
const percentiles = [
  { suffix: '.p50', share: 0.5 },
  { suffix: '.p95', share: 0.95 },
  { suffix: '.p99', share: 0.99 },
];

interface Series {
  readonly name: string;
  readonly kind: StatsdKind;
  readonly attributes: Attributes;
  /** Of counters what was counted, of gauges the value, of timers and histograms the sum; only ever grows but for gauges. */
  total: number;
  /** Values of timers and histograms. */
  count: number;
  /** What a counter was decremented by; also a counter, from its first second on. */
  decremented: number;
  hasDecremented: boolean;
  readonly window: SampleWindow;
  readonly members: Set<string>;
  setAtMs: number;
  /** Counters begin with a 0 of their own, so that the first events show as an increase too. */
  isAnnounced: boolean;
}

/**
 * What came by StatsD, added up by series between two readings. Series are never forgotten: the series registry does not
 * free theirs either, so a program that makes ever new ones meets the bound instead of pushing others out.
 */
export class StatsdSeries {
  readonly #bounds: StatsdBounds;
  readonly #series = new Map<string, Series>();
  readonly #refusals = new Map<string, number>();
  /** Which name and kind a metric belongs to: `x` as a timer has `x.count`, which a counter `x.count` may not become. */
  readonly #owners = new Map<string, { readonly owner: string; readonly mayWrite: boolean }>();

  constructor(bounds: StatsdBounds) {
    this.#bounds = bounds;
  }

  refuse(reason: string, howMany = 1): void {
    this.#refusals.set(reason, (this.#refusals.get(reason) ?? 0) + howMany);
  }

  add(sample: StatsdSample, nowMs: number): void {
    const series = this.#seriesOf(sample);
    if (series === null) this.refuse('statsd-too-many-series');
    else for (const value of sample.values) this.#addValue(series, value, sample.rate, nowMs);
  }

  #addValue(series: Series, said: string, rate: number, nowMs: number): void {
    const value = Number(said);
    switch (series.kind) {
      case 'counter':
        // A counter that goes down cannot be told from one that began anew, so decrements are a counter of their own.
        if (value < 0) series.decremented -= value / rate;
        else series.total += value / rate;
        break;
      case 'gauge':
        series.total = /^[+-]/.test(said) ? series.total + value : value;
        series.setAtMs = nowMs;
        break;
      case 'set':
        if (series.members.size < MAX_SET_VALUES || series.members.has(said)) series.members.add(said);
        else this.refuse('statsd-set-full');
        break;
      case 'timer':
      case 'histogram': {
        if (value < 0) {
          this.refuse('statsd-negative-timer');
          break;
        }
        const inUnit = series.kind === 'timer' ? value / 1_000 : value;
        series.count += 1 / rate;
        series.total += inUnit / rate;
        series.window.add(inUnit);
      }
    }
  }

  /** Ends a step: writes every series and what was refused. */
  write(out: SampleWriter, nowMs: number): void {
    for (const series of this.#series.values()) this.#writeSeries(series, out, nowMs);
    for (const [reason, howMany] of this.#refusals) out.refuse?.(reason, howMany);
    this.#refusals.clear();
  }

  #writeSeries(series: Series, out: SampleWriter, nowMs: number): void {
    const { name, kind, attributes } = series;
    const put = (metric: string, info: MetricInfo, value: number): void => {
      if (this.#mayWrite(metric, series, info, out)) out.write(metric, value, attributes);
    };
    const counted = (value: number): number => (series.isAnnounced ? value : 0);
    if (kind === 'gauge') {
      if (nowMs - series.setAtMs <= this.#bounds.keepGaugesMs) put(name, gauge, series.total);
    } else if (kind === 'set') {
      put(name, { ...gauge, about: 'distinct values of a StatsD set in a second' }, series.members.size);
      series.members.clear();
    } else if (kind === 'counter') {
      put(name, counterOf('{event}', 'StatsD counter'), counted(series.total));
      if (series.decremented > 0) {
        const about = 'what a StatsD counter was decremented by';
        put(`${name}.decremented`, counterOf('{event}', about), series.hasDecremented ? series.decremented : 0);
        series.hasDecremented = true;
      }
    } else {
      const unit = kind === 'timer' ? 's' : '{value}';
      put(`${name}.count`, counterOf('{event}', `values of a StatsD ${kind}`), counted(series.count));
      put(`${name}.sum`, counterOf(unit, `values of a StatsD ${kind}, added up`), counted(series.total));
      const values = series.window.take(percentiles.map(({ share }) => share));
      for (const [i, { suffix }] of values === null ? [] : percentiles.entries()) {
        put(`${name}${suffix}`, { unit, kind: 'gauge', about: `StatsD ${kind} over a second` }, values![i]!);
      }
    }
    series.isAnnounced = true;
  }

  #mayWrite(metric: string, { name, kind }: Series, info: MetricInfo, out: SampleWriter): boolean {
    const owner = `${kind} ${name}`;
    const known = this.#owners.get(metric);
    if (known?.owner === owner) return known.mayWrite;
    if (known !== undefined) {
      this.refuse('metric-changed');
      return false;
    }
    const mayWrite = out.declare?.(metric, info) ?? false;
    this.#owners.set(metric, { owner, mayWrite });
    return mayWrite;
  }

  #seriesOf({ name, kind, attributes, attributesKey }: StatsdSample): Series | null {
    const key = `${kind} ${name} ${attributesKey}`;
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    if (this.#series.size >= this.#bounds.maxSeries) return null;
    const made: Series = {
      name,
      kind,
      attributes,
      total: 0,
      count: 0,
      decremented: 0,
      hasDecremented: false,
      window: new SampleWindow(),
      members: new Set(),
      setAtMs: Number.NEGATIVE_INFINITY,
      isAnnounced: false,
    };
    this.#series.set(key, made);
    return made;
  }
}

const gauge: MetricInfo = { unit: '{value}', kind: 'gauge', about: 'StatsD gauge' };
const counterOf = (unit: string, about: string): MetricInfo => ({ unit, kind: 'counter', about });
