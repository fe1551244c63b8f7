import { type Backoff, createBackoff, type Health } from '@airis/protocol';
import type { Collector, CollectorContext, SampleWriter } from './collectors/collector.ts';
import { type Host, restrictHost } from './collectors/host.ts';
import { errorText } from './errors.ts';
import type { GuardedWriter } from './gate/attribute-guard.ts';
import type { Gate } from './gate/gate.ts';
import type { Refusals } from './refusals.ts';
import type { CollectorWriter, SeriesRegistry } from './series-registry.ts';

export type CollectorState = Health['collectors'][number];

export interface CollectorRunOptions {
  readonly host: Host;
  readonly registry: SeriesRegistry;
  readonly gate: Gate;
  readonly refusals: Refusals;
  /** Uniform in [0, 1), for the pauses between tries. */
  readonly random: () => number;
  /** A clock that nobody sets. */
  readonly monotonicMs: () => number;
  /** How often a source that is not there is looked for. */
  readonly appliesEveryMs?: number;
}

const APPLIES_EVERY_MS = 60_000;
/** A reading that takes longer is cut off. Within, values count for the step in which they come. */
export const CUT_OFF_AFTER_MS = 10_000;
/** Readings that were cut off and have not ended: each holds memory, so with so many there is no further try. */
export const MAX_CUT_OFF_READINGS = 3;
/** A service that comes back is to be seen again soon, so pauses stay short. */
const RETRY = { firstMs: 2_000, limitMs: 10_000 } as const;
const MAX_ERROR_LENGTH = 300;
const MAX_NOTE_LENGTH = 300;

/** One call of a collector. Once it has ended or was cut off, what it still writes is refused. */
interface Reading {
  readonly startedAtMs: number;
  hasWritten: boolean;
}

interface Failing {
  readonly error: string;
  readonly sinceUnixMs: number;
  /** On the monotonic clock. */
  readonly retryAtMs: number;
}

/**
 * One collector with its own clock, duration and failures: none can hold up or break another. After a failure it is
 * tried again with growing pauses; after a reading that never ended, by a collector made anew, so that two readings
 * never share their memory. What blocks the whole thread cannot be cut off.
 */
export class CollectorRun {
  readonly #options: CollectorRunOptions;
  readonly #host: Host;
  readonly #writer: CollectorWriter;
  /** The same through the gate. */
  readonly #guarded: GuardedWriter;
  readonly #backoff: Backoff;
  #collector: Collector;
  #applies = false;
  #appliesCheckedAtMs = Number.NEGATIVE_INFINITY;
  #dueAtMs = 0;
  #durationMs = 0;
  #reading: Reading | null = null;
  #failing: Failing | null = null;
  #cutOffReadings = 0;

  constructor(collector: Collector, options: CollectorRunOptions) {
    this.#collector = collector;
    this.#options = options;
    this.#host = restrictHost(options.host, collector.capabilities);
    this.#writer = options.registry.writer(collector.emits, collector.maxDeclared);
    this.#guarded = options.gate.guardWriter(collector.emits, this.#writer);
    this.#backoff = createBackoff(RETRY, options.random);
  }

  /** The one in use: another after a reading was cut off. */
  get collector(): Collector {
    return this.#collector;
  }

  /** Reads once when it is time; never rejects, never overlaps itself. */
  async step(tMs: number): Promise<void> {
    const nowMs = this.#options.monotonicMs();
    if (this.#reading !== null) {
      if (nowMs - this.#reading.startedAtMs > CUT_OFF_AFTER_MS) this.#cutOff(this.#reading, tMs);
      return;
    }
    if (tMs < this.#dueAtMs && this.#dueAtMs - tMs <= this.#collector.everyMs) return;
    if (this.#failing !== null && nowMs < this.#failing.retryAtMs) return;
    if (this.#cutOffReadings >= MAX_CUT_OFF_READINGS) return;
    const { everyMs } = this.#collector;
    this.#dueAtMs = Math.floor(tMs / everyMs) * everyMs + everyMs;
    const reading: Reading = { startedAtMs: nowMs, hasWritten: false };
    this.#reading = reading;
    const error = await this.#read(reading, tMs);
    if (this.#reading !== reading) {
      this.#cutOffReadings--;
      return;
    }
    this.#reading = null;
    this.#durationMs = this.#options.monotonicMs() - nowMs;
    if (error === null) {
      this.#failing = null;
      this.#backoff.reset();
    } else this.#fail('collector-failed', reading, error, tMs);
  }

  /** `null` while there is nothing to collect here. */
  state(nowUnixMs: number): CollectorState | null {
    const failing = this.#failing;
    if (!this.#applies && failing === null) return null;
    const note = this.context()?.note?.slice(0, MAX_NOTE_LENGTH);
    const waitMs = failing === null ? 0 : Math.max(0, failing.retryAtMs - this.#options.monotonicMs());
    return {
      name: this.#collector.name,
      ok: failing === null,
      durationMs: Math.round(this.#durationMs * 100) / 100,
      error: failing?.error.slice(0, MAX_ERROR_LENGTH) ?? null,
      failures: this.#backoff.failures,
      failingSinceUnixMs: failing?.sinceUnixMs ?? null,
      nextTryUnixMs:
        failing === null || this.#cutOffReadings >= MAX_CUT_OFF_READINGS ? null : Math.round(nowUnixMs + waitMs),
      ...(note === undefined ? {} : { note }),
    };
  }

  context(): CollectorContext | null {
    try {
      return this.#collector.context?.() ?? null;
    } catch {
      this.#options.refusals.count('collector-context-failed');
      return null;
    }
  }

  /** What went wrong, or `null`. */
  async #read(reading: Reading, tMs: number): Promise<string | null> {
    // A reading that was cut off goes on with the collector it began with.
    const collector = this.#collector;
    try {
      if (!(await this.#isThere(collector, reading, tMs))) return null;
      this.#writer.begin(this.#options.monotonicMs());
      this.#guarded.begin();
      await collector.collect(this.#host, this.#writerOf(reading));
      if (this.#reading === reading) this.#guarded.end();
      return null;
    } catch (error) {
      return errorText(error);
    }
  }

  #writerOf(reading: Reading): SampleWriter {
    const { refusals } = this.#options;
    const isInTime = (): boolean => {
      if (this.#reading === reading) return true;
      refusals.count('late-write');
      return false;
    };
    const writer: SampleWriter = {
      write: (metric, value, attributes) => {
        if (!isInTime()) return;
        reading.hasWritten = true;
        this.#guarded.write(metric, value, attributes);
      },
    };
    if (this.#collector.maxDeclared === 0) return writer;
    return {
      ...writer,
      declare: (metric, info) => isInTime() && this.#guarded.declare(metric, info),
      refuse: (reason, howMany) => refusals.count(reason, howMany),
    };
  }

  #cutOff(reading: Reading, tMs: number): void {
    this.#reading = null;
    this.#cutOffReadings++;
    this.#durationMs = this.#options.monotonicMs() - reading.startedAtMs;
    const left = this.#collector;
    this.#collector = left.anew();
    left.close?.().catch(() => this.#options.refusals.count('collector-close-failed'));
    const waits = this.#cutOffReadings >= MAX_CUT_OFF_READINGS;
    const then = waits ? `; ${this.#cutOffReadings} such readings still hang, no further try until one ends` : '';
    this.#fail('collector-cut-off', null, `the reading did not end within ${CUT_OFF_AFTER_MS / 1_000} s${then}`, tMs);
  }

  #fail(reason: string, ended: Reading | null, error: string, tMs: number): void {
    this.#options.refusals.count(reason);
    const growingMs = this.#backoff.fail();
    // Who wrote something before it failed reads several things, or may not see all: the rest is still wanted.
    const pauseMs = ended?.hasWritten === true ? 0 : growingMs;
    this.#failing = {
      error,
      sinceUnixMs: this.#failing?.sinceUnixMs ?? tMs,
      retryAtMs: this.#options.monotonicMs() + pauseMs,
    };
  }

  async #isThere(collector: Collector, reading: Reading, tMs: number): Promise<boolean> {
    const everyMs = this.#options.appliesEveryMs ?? APPLIES_EVERY_MS;
    if (!this.#applies && Math.abs(tMs - this.#appliesCheckedAtMs) >= everyMs) {
      const applies = await collector.applies(this.#host);
      if (this.#reading !== reading) return false;
      this.#appliesCheckedAtMs = tMs;
      this.#applies = applies;
    }
    return this.#applies;
  }
}
