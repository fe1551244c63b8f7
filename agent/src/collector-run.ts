import type { Collector, CollectorContext } from './collectors/collector.ts';
import { type Host, restrictHost } from './collectors/host.ts';
import { errorText } from './errors.ts';
import type { GuardedWriter } from './gate/attribute-guard.ts';
import type { Gate } from './gate/gate.ts';
import type { CollectorWriter, SeriesRegistry } from './series-registry.ts';

export interface CollectorState {
  readonly name: string;
  readonly ok: boolean;
  readonly durationMs: number;
  readonly error: string | null;
}

/** A source that is not there is looked for again this often, unless told otherwise. */
const APPLIES_EVERY_MS = 60_000;
/** A reading that takes longer is reported as failing; its values count for the step in which they come. */
const HANGS_AFTER_MS = 10_000;

/** One collector with its own clock, duration and failures: none can hold up or break another. */
export class CollectorRun {
  readonly collector: Collector;
  readonly #host: Host;
  readonly #writer: CollectorWriter;
  /** The same through the gate. */
  readonly #guarded: GuardedWriter;
  readonly #appliesEveryMs: number;
  #applies = false;
  #appliesCheckedAtMs = Number.NEGATIVE_INFINITY;
  #dueAtMs = 0;
  #startedAtMs: number | null = null;
  #durationMs = 0;
  #error: string | null = null;

  /** @param appliesEveryMs - how often a source that is not there is looked for */
  constructor(
    collector: Collector,
    host: Host,
    registry: SeriesRegistry,
    gate: Gate,
    appliesEveryMs: number = APPLIES_EVERY_MS,
  ) {
    this.#appliesEveryMs = appliesEveryMs;
    this.collector = collector;
    this.#host = restrictHost(host, collector.capabilities);
    this.#writer = registry.writer(collector.emits);
    this.#guarded = gate.guardWriter(collector.emits, this.#writer);
  }

  /** Reads once when it is time; never rejects, never overlaps itself. */
  async step(tMs: number): Promise<void> {
    if (this.#startedAtMs !== null) {
      if (performance.now() - this.#startedAtMs > HANGS_AFTER_MS) this.#error = 'the reading before has not ended';
      return;
    }
    if (tMs < this.#dueAtMs && this.#dueAtMs - tMs <= this.collector.everyMs) return;
    const everyMs = this.collector.everyMs;
    this.#dueAtMs = Math.floor(tMs / everyMs) * everyMs + everyMs;
    const startedAtMs = performance.now();
    this.#startedAtMs = startedAtMs;
    try {
      if (await this.#isThere(tMs)) {
        this.#writer.begin(performance.now());
        await this.collector.collect(this.#host, this.#guarded);
        this.#guarded.end();
      }
      this.#error = null;
    } catch (error) {
      this.#error = errorText(error);
    }
    this.#durationMs = performance.now() - startedAtMs;
    this.#startedAtMs = null;
  }

  /** `null` while there is nothing to collect here. */
  state(): CollectorState | null {
    if (!this.#applies && this.#error === null) return null;
    const durationMs = Math.round(this.#durationMs * 100) / 100;
    return { name: this.collector.name, ok: this.#error === null, durationMs, error: this.#error };
  }

  context(): CollectorContext | null {
    return this.collector.context?.() ?? null;
  }

  async #isThere(tMs: number): Promise<boolean> {
    if (!this.#applies && Math.abs(tMs - this.#appliesCheckedAtMs) >= this.#appliesEveryMs) {
      this.#appliesCheckedAtMs = tMs;
      this.#applies = await this.collector.applies(this.#host);
    }
    return this.#applies;
  }
}
