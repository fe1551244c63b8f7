import { compressBatch, type Desired, schemaName, seriesBatch, signals } from '@airis/protocol';
import { BlockBatch, blockItem, type EncodedBlocks } from './block-batch.ts';
import { FullWindows } from './full-windows.ts';
import type { RegisteredSeries, SeriesRegistry } from './series-registry.ts';
import type { LocalStore } from './store/local-store.ts';
import { MINUTE_STEPS, MinuteBuffer, STEP_MS } from './store/minute-buffer.ts';
import type { Spool } from './store/spool.ts';
import { type Priority, priorities } from './store/spool-item.ts';
import { SUMMARY_STEP_MS, Summary } from './summary.ts';

export interface MetricPathOptions {
  readonly registry: SeriesRegistry;
  readonly spool: Spool;
  readonly localStore: LocalStore;
}

/** Live blocks are sent this often: two values a series. */
const LIVE_EVERY_MS = 2_000;
const MAX_LEASE_MS = 5 * 60_000;
/** Series announced in one batch. */
const ANNOUNCE_ROWS = 2_000;

/**
 * What happens to each step's values: all are kept at full resolution on the host; ten-second summaries go to the hub,
 * or every value where policy says `full`, while somebody watches, and round a finding. No second goes twice.
 */
export class MetricPath {
  readonly #registry: SeriesRegistry;
  readonly #spool: Spool;
  readonly #localStore: LocalStore;
  readonly #summary = new Summary();
  readonly #minute = new MinuteBuffer();
  readonly #batch = new BlockBatch();
  readonly #full: FullWindows;
  #announcedEpoch = '';
  #policy: Desired['metrics'] = 'summary';
  #liveUntilMs = 0;
  /** First second that was not sent as a value yet, while live or full. */
  #sentToMs = 0;

  constructor({ registry, spool, localStore }: MetricPathOptions) {
    this.#registry = registry;
    this.#spool = spool;
    this.#localStore = localStore;
    this.#full = new FullWindows(localStore, (blocks) => this.#append(blocks, priorities.fullResolution));
  }

  setPolicy(policy: Desired['metrics']): void {
    this.#policy = policy;
  }

  /** Somebody watches until then. */
  watchUntil(unixMs: number, nowMs: number): void {
    this.#liveUntilMs = Math.max(this.#liveUntilMs, Math.min(unixMs, nowMs + MAX_LEASE_MS));
  }

  /** Round a finding the hub gets every value, unasked. */
  sendAround(fromMs: number, toMs: number, nowMs: number): void {
    this.#full.request(fromMs, toMs, nowMs);
  }

  /** Every series is told to the hub again. */
  announceAll(): void {
    this.#announce(this.#registry.series);
  }

  /** Takes the values that the registry holds for this step. */
  step(tMs: number): void {
    const { values, length } = this.#registry;
    const fresh = this.#registry.takeNew();
    if (this.#announcedEpoch !== this.#spool.epoch) {
      this.#announcedEpoch = this.#spool.epoch;
      this.announceAll();
    } else this.#announce(fresh);

    const isLive = tMs < this.#liveUntilMs;
    const sendsValues = isLive || this.#policy === 'full';
    // The lease or the policy has ended: what was still to come of it.
    if (!sendsValues && this.#sentToMs > 0) this.#sendValues(tMs);
    // A lease that begins with a minute has nothing of the minute before.
    if (sendsValues && this.#sentToMs === 0) this.#sentToMs = tMs;
    if (this.#minute.isOver(tMs)) this.#finishMinute(sendsValues);
    if (this.#summary.isOver(tMs)) {
      this.#summary.drain(this.#registry.series, this.#batch);
      this.#append(this.#batch.take(), priorities.summary);
    }
    this.#minute.put(tMs, values, length);
    this.#summary.add(tMs, values, length);
    if (!sendsValues) this.#sentToMs = 0;
    const everyMs = isLive ? LIVE_EVERY_MS : SUMMARY_STEP_MS;
    if (sendsValues && (tMs + STEP_MS) % everyMs === 0) this.#sendValues(tMs + STEP_MS);
    this.#full.step();
  }

  /** Values of a metric that are only in memory yet: the minute at hand. */
  *recent(metric: string): Generator<{ readonly id: bigint; readonly t0Ms: number; readonly values: Float64Array }> {
    const minute = this.#minute.peek();
    if (minute === null) return;
    for (const { id, index, identity } of this.#registry.series) {
      if (index >= minute.series || identity.metric !== metric) continue;
      yield { id, t0Ms: minute.t0Ms, values: minute.values.slice(index * MINUTE_STEPS, (index + 1) * MINUTE_STEPS) };
    }
  }

  /** Before the agent stops: what memory holds goes to disk. */
  finish(): void {
    this.#summary.drain(this.#registry.series, this.#batch);
    this.#append(this.#batch.take(), priorities.summary);
    this.#finishMinute(this.#sentToMs > 0);
  }

  #finishMinute(sendsValues: boolean): void {
    const minute = this.#minute.peek();
    if (minute === null) return;
    if (sendsValues) this.#sendValues(minute.t0Ms + MINUTE_STEPS * STEP_MS);
    this.#localStore.write(minute, this.#registry.series);
    this.#full.finished(minute.t0Ms);
    this.#minute.clear();
  }

  /** Every value of the minute at hand from the last one sent up to `toMs`, without it. */
  #sendValues(toMs: number): void {
    const minute = this.#minute.peek();
    if (minute === null) return;
    const from = Math.max(0, Math.floor((this.#sentToMs - minute.t0Ms) / STEP_MS));
    const to = Math.min(MINUTE_STEPS, Math.floor((toMs - minute.t0Ms) / STEP_MS));
    this.#sentToMs = toMs;
    if (from >= to) return;
    const t0Ms = minute.t0Ms + from * STEP_MS;
    for (let index = 0; index < minute.series; index++) {
      const at = index * MINUTE_STEPS;
      const values = minute.values.subarray(at + from, at + to);
      if (values.every(Number.isNaN)) continue;
      this.#batch.addValues(this.#registry.series[index]!.id, t0Ms, STEP_MS, values);
      if (this.#batch.isFull) this.#append(this.#batch.take(), priorities.fullResolution);
    }
    this.#append(this.#batch.take(), this.#policy === 'full' ? priorities.summary : priorities.fullResolution);
    this.#full.wasSent(minute.t0Ms, from, to);
  }

  #announce(series: readonly RegisteredSeries[]): void {
    for (let from = 0; from < series.length; from += ANNOUNCE_ROWS) {
      const part = series.slice(from, from + ANNOUNCE_ROWS).map(({ identity }) => identity);
      const nowMs = Date.now();
      this.#spool.append({
        class: 'data',
        kind: 'series',
        schema: schemaName(signals.series),
        priority: priorities.series,
        rows: part.length,
        fromUnixMs: nowMs,
        toUnixMs: nowMs,
        payload: compressBatch(seriesBatch(part)),
      });
    }
  }

  #append(blocks: EncodedBlocks | null, priority: Priority): void {
    if (blocks !== null) this.#spool.append(blockItem(blocks, priority));
  }
}
