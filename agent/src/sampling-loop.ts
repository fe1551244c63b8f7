import type { Clock } from './clock.ts';

export interface SamplingLoopOptions {
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly everyMs: number;
  /** One step at an aligned time; must not reject. */
  readonly step: (tMs: number) => Promise<void>;
  /** The host is too busy for the wanted rate, or no longer is. */
  readonly onRate: (everyMs: number) => void;
}

/** Steps in a row that came late or took long before sampling slows down, and good ones before it speeds up again. */
const BAD_STEPS = 10;
const GOOD_STEPS = 60;
const SLOWEST_MS = 8_000;
/** Share of a step that work or delay may take. */
const BUSY_RATIO = 0.5;

/**
 * Calls `step` at whole multiples of the interval, without drift. Under pressure (late or long steps, ten in a row) the
 * interval doubles, up to 8 s, and halves again after a minute of ease: a slow host is never made slower.
 */
export class SamplingLoop implements AsyncDisposable {
  readonly #options: SamplingLoopOptions;
  #everyMs: number;
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> = Promise.resolve();
  #isStopped = false;
  #badSteps = 0;
  #goodSteps = 0;
  #missed = 0;

  constructor(options: SamplingLoopOptions) {
    this.#options = options;
    this.#everyMs = options.everyMs;
  }

  get everyMs(): number {
    return this.#everyMs;
  }

  /** Steps that were due while another was still at work. */
  get missed(): number {
    return this.#missed;
  }

  start(): void {
    this.#schedule(this.#options.clock.nowMs());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#running;
  }

  #schedule(nowMs: number): void {
    if (this.#isStopped) return;
    const dueMs = Math.floor(nowMs / this.#everyMs) * this.#everyMs + this.#everyMs;
    this.#timer = setTimeout(() => {
      this.#running = this.#tick(dueMs);
    }, dueMs - nowMs);
  }

  async #tick(dueMs: number): Promise<void> {
    const { clock, step } = this.#options;
    const startMs = clock.nowMs();
    // Timers may fire a little early; a clock that was set meanwhile makes another step due.
    const tMs = Math.abs(startMs - dueMs) < this.#everyMs ? dueMs : Math.floor(startMs / this.#everyMs) * this.#everyMs;
    await step(tMs);
    const endMs = clock.nowMs();
    this.#missed += Math.max(0, Math.floor((endMs - dueMs) / this.#everyMs));
    this.#judge(endMs - dueMs > this.#everyMs * BUSY_RATIO);
    this.#schedule(Math.max(endMs, tMs));
  }

  #judge(isBad: boolean): void {
    this.#badSteps = isBad ? this.#badSteps + 1 : 0;
    this.#goodSteps = isBad ? 0 : this.#goodSteps + 1;
    if (this.#badSteps >= BAD_STEPS && this.#everyMs < SLOWEST_MS) this.#setRate(this.#everyMs * 2);
    else if (this.#goodSteps >= GOOD_STEPS && this.#everyMs > this.#options.everyMs) this.#setRate(this.#everyMs / 2);
  }

  #setRate(everyMs: number): void {
    this.#everyMs = everyMs;
    this.#badSteps = 0;
    this.#goodSteps = 0;
    this.#options.onRate(everyMs);
  }
}
