import {
  type Attributes,
  canonicalAttributes,
  checkSeriesIdentity,
  MAX_SERIES_PER_AGENT,
  type SeriesIdentity,
  seriesId,
} from '@airis/protocol';
import type { MetricInfo, SampleWriter } from './collectors/collector.ts';
import { counterRate } from './counter-rate.ts';
import type { Refusals } from './refusals.ts';

export interface RegisteredSeries {
  readonly index: number;
  readonly id: bigint;
  readonly identity: SeriesIdentity;
}

/** A collector's way in; `begin` says when it starts to read, so that rates use the true time between readings. */
export interface CollectorWriter extends SampleWriter {
  begin(monotonicMs: number): void;
  declare(metric: string, info: MetricInfo): boolean;
}

export interface SeriesRegistryOptions {
  /** Of every series of this host: `host.name` and so on. */
  readonly resource: Attributes;
  readonly refusals: Refusals;
  /** At most MAX_SERIES_PER_AGENT; further ones are refused and counted. */
  readonly maxSeries?: number;
}

interface MetricEntry {
  readonly info: MetricInfo;
  /** Index by the very object: collectors hand the same one over every second, and making its text is what costs. */
  readonly byObject: WeakMap<Attributes, number>;
  /** Index by attributes, in each order of keys that was seen; -1 for a series that was refused. */
  readonly byAttributes: Map<string, number>;
}

const FIRST_CAPACITY = 512;
/** Metrics that all collectors of an agent may declare at run time; each is told to the hub with its unit. */
export const MAX_DECLARED_METRICS = 1_000;
/** Spellings of attribute sets that are remembered, refused ones too: a label explosion costs bounded memory. */
const MAX_SPELLINGS = 2 * MAX_SERIES_PER_AGENT;
const noAttributes: Attributes = {};

/**
 * Gives each series (metric + attributes) a small index for good, and holds the values of the current step by index.
 * Counters become an increase per second; what no `emits` declares, non-finite values and series beyond the cap are
 * refused and counted.
 */
export class SeriesRegistry {
  readonly #options: SeriesRegistryOptions;
  readonly #maxSeries: number;
  readonly #series: RegisteredSeries[] = [];
  readonly #byIdentity = new Map<string, number>();
  /** Metrics of every collector's `emits`: nothing that comes from outside may take their names. */
  readonly #emitted = new Set<string>();
  readonly #declared = new Map<string, { readonly info: MetricInfo; readonly owner: object }>();
  #spellings = 0;
  #announcedTo = 0;
  #values = nanArray(FIRST_CAPACITY);
  #previous = nanArray(FIRST_CAPACITY);
  #previousAtMs = nanArray(FIRST_CAPACITY);

  constructor(options: SeriesRegistryOptions) {
    this.#options = options;
    this.#maxSeries = Math.min(options.maxSeries ?? MAX_SERIES_PER_AGENT, MAX_SERIES_PER_AGENT);
  }

  get length(): number {
    return this.#series.length;
  }

  /** Values of the step so far, by index; NaN where nobody wrote. Longer than `length`. */
  get values(): Float64Array {
    return this.#values;
  }

  get series(): readonly RegisteredSeries[] {
    return this.#series;
  }

  get declaredCount(): number {
    return this.#declared.size;
  }

  /** Metrics declared at run time, with what they are. */
  declared(): Record<string, MetricInfo> {
    return Object.fromEntries(Array.from(this.#declared, ([metric, { info }]) => [metric, info]));
  }

  /** @param maxDeclared - metrics beside `emits` that the writer may declare at run time */
  writer(emits: Readonly<Record<string, MetricInfo>>, maxDeclared = 0): CollectorWriter {
    const metrics = new Map<string, MetricEntry>();
    const add = (metric: string, info: MetricInfo): void => {
      metrics.set(metric, { info, byObject: new WeakMap(), byAttributes: new Map() });
    };
    for (const [metric, info] of Object.entries(emits)) {
      add(metric, info);
      this.#emitted.add(metric);
    }
    const atMost = metrics.size + maxDeclared;
    const { refusals } = this.#options;
    let readAtMs = 0;
    return {
      declare: (metric, info) => {
        const refusal = this.#refuses(metrics, metric, info, atMost);
        if (refusal !== null) {
          refusals.count(refusal);
          return false;
        }
        if (metrics.has(metric)) return true;
        add(metric, info);
        this.#declared.set(metric, { info, owner: metrics });
        return true;
      },
      begin: (monotonicMs) => {
        readAtMs = monotonicMs;
      },
      write: (metric, value, attributes = noAttributes) => {
        const entry = metrics.get(metric);
        if (entry === undefined) {
          refusals.count('undeclared-metric');
          return;
        }
        if (!Number.isFinite(value)) {
          refusals.count('non-finite');
          return;
        }
        const index = this.#indexOf(metric, entry, attributes);
        if (index < 0) return;
        if (entry.info.kind === 'gauge') this.#values[index] = value;
        else this.#writeCounter(index, value, readAtMs);
      },
    };
  }

  /** The step is over: values are NaN again. Late writers land in the next step. */
  endStep(): void {
    this.#values.fill(Number.NaN, 0, this.#series.length);
  }

  /** Series that came since the last call. */
  takeNew(): readonly RegisteredSeries[] {
    const fresh = this.#series.slice(this.#announcedTo);
    this.#announcedTo = this.#series.length;
    return fresh;
  }

  /**
   * Why a metric cannot be declared, or `null`. One name means one thing: who has it keeps it, so that what a program
   * sends never mixes with another's series or with what the agent measures.
   */
  #refuses(owner: object & { readonly size: number }, metric: string, info: MetricInfo, atMost: number): string | null {
    if (this.#emitted.has(metric)) return 'metric-name-taken';
    const known = this.#declared.get(metric);
    if (known !== undefined) {
      if (known.owner !== owner) return 'metric-name-taken';
      return known.info.kind === info.kind && known.info.unit === info.unit ? null : 'metric-changed';
    }
    if (owner.size >= atMost || this.#declared.size >= MAX_DECLARED_METRICS) return 'too-many-metrics';
    const checked = checkSeriesIdentity({ metric, ...info, resource: {}, attributes: {} });
    return checked.ok ? null : checked.reason;
  }

  #writeCounter(index: number, value: number, readAtMs: number): void {
    const previous = this.#previous[index]!;
    if (value < previous) this.#options.refusals.count('counter-reset');
    this.#values[index] = counterRate(previous, value, readAtMs - this.#previousAtMs[index]!);
    this.#previous[index] = value;
    this.#previousAtMs[index] = readAtMs;
  }

  #indexOf(metric: string, entry: MetricEntry, attributes: Attributes): number {
    const known = entry.byObject.get(attributes);
    if (known !== undefined) return known;
    const index = this.#indexOfSpelling(metric, entry, attributes);
    if (index >= 0) entry.byObject.set(attributes, index);
    return index;
  }

  #indexOfSpelling(metric: string, entry: MetricEntry, attributes: Attributes): number {
    let spelling = '';
    for (const key in attributes) spelling += `${key}\u0000${attributes[key]}\u0000`;
    const known = entry.byAttributes.get(spelling);
    if (known !== undefined) {
      if (known < 0) this.#options.refusals.count('too-many-series');
      return known;
    }
    const index = this.#register(metric, entry.info, attributes);
    if (this.#spellings < MAX_SPELLINGS) {
      this.#spellings++;
      entry.byAttributes.set(spelling, index);
    }
    return index;
  }

  #register(metric: string, info: MetricInfo, attributes: Attributes): number {
    const identityKey = `${metric}\u0000${canonicalAttributes(attributes)}`;
    const known = this.#byIdentity.get(identityKey);
    if (known !== undefined) return known;
    const identity: SeriesIdentity = {
      metric,
      kind: info.kind,
      unit: info.unit,
      resource: this.#options.resource,
      attributes: { ...attributes },
    };
    const checked = checkSeriesIdentity(identity);
    if (!checked.ok || this.#series.length >= this.#maxSeries) {
      this.#options.refusals.count(checked.ok ? 'too-many-series' : checked.reason);
      return -1;
    }
    const index = this.#series.length;
    if (index === this.#values.length) this.#grow();
    this.#series.push({ index, id: seriesId(identity), identity });
    this.#byIdentity.set(identityKey, index);
    return index;
  }

  #grow(): void {
    const grown = (from: Float64Array) => {
      const to = nanArray(from.length * 2);
      to.set(from);
      return to;
    };
    this.#values = grown(this.#values);
    this.#previous = grown(this.#previous);
    this.#previousAtMs = grown(this.#previousAtMs);
  }
}

const nanArray = (length: number): Float64Array => new Float64Array(length).fill(Number.NaN);
