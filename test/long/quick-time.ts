import { performance } from 'node:perf_hooks';

interface Due {
  atMs: number;
  readonly everyMs: number | null;
  readonly run: () => void;
}

/** What is at work in the background and will call back by itself; connections that merely exist are not. */
const working = /^(?:FSReq|GetAddrInfo|TCPConnect|PipeConnect|Shutdown|Write)/;
/** Turns of the event loop in a row without anything at work. */
const CALM_TURNS = 3;
const SETTLE_WITHIN_MS = 5_000;

/**
 * Time of this process by hand: clocks and timers stand still between two calls of `advance`, and jump from timer to
 * timer within one, as soon as all that the timer began has settled. A week of waiting takes no longer than its work.
 * Input and output are real and so is their speed; workers keep their own time.
 */
export class QuickTime implements Disposable {
  readonly #setTimeout = globalThis.setTimeout;
  readonly #setInterval = globalThis.setInterval;
  readonly #clearTimeout = globalThis.clearTimeout;
  readonly #clearInterval = globalThis.clearInterval;
  readonly #dateNow = Date.now;
  readonly #realNow = performance.now.bind(performance);
  readonly #servers: number;
  readonly #due = new Set<Due>();
  #monotonicMs = performance.now();
  #wallOffsetMs = Date.now() - performance.now();

  /** @param servers - programs that this process started and that stay; while there are more, something is at work */
  constructor(servers: number) {
    this.#servers = servers;
    const add = (run: (...args: unknown[]) => void, ms = 0, everyMs: number | null, args: unknown[]) =>
      new QuickTimer(
        this.#due,
        { atMs: 0, everyMs, run: () => run(...args) },
        Math.max(1, ms),
        () => this.#monotonicMs,
      );
    const clear = (timer: unknown) => {
      if (timer instanceof QuickTimer) timer.close();
      // What was begun before stays real.
      else this.#clearTimeout(timer as NodeJS.Timeout);
    };
    Object.assign(globalThis, {
      setTimeout: (run: () => void, ms?: number, ...args: unknown[]) => add(run, ms, null, args),
      setInterval: (run: () => void, ms?: number, ...args: unknown[]) => add(run, ms, ms ?? 1, args),
      clearTimeout: clear,
      clearInterval: clear,
    });
    Date.now = () => Math.round(this.#monotonicMs + this.#wallOffsetMs);
    Object.defineProperty(performance, 'now', { value: () => this.#monotonicMs, configurable: true });
  }

  /** Milliseconds that have really passed. */
  realMs(): number {
    return this.#realNow();
  }

  /** Sets the wall clock alone, as an operator or a time daemon does. */
  setWallClock(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }

  /** Lets so much time pass. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#monotonicMs + ms;
    await this.#settle();
    for (;;) {
      const next = this.#nextUntil(untilMs);
      if (next === null) break;
      this.#monotonicMs = Math.max(this.#monotonicMs, next.atMs);
      if (next.everyMs === null) this.#due.delete(next);
      else next.atMs = this.#monotonicMs + next.everyMs;
      next.run();
      await this.#settle();
    }
    this.#monotonicMs = untilMs;
  }

  /** Lets time pass, a tenth of a second each, until something real has happened. */
  async until<T>(work: PromiseLike<T>): Promise<T> {
    let isDone = false;
    const end = () => {
      isDone = true;
    };
    work.then(end, end);
    while (!isDone) {
      await this.advance(100);
      await this.realPause(5);
    }
    return await work;
  }

  /** For what answers over a real connection. */
  realPause(ms: number): Promise<void> {
    return new Promise((resolve) => this.#setTimeout(resolve, ms));
  }

  [Symbol.dispose](): void {
    Object.assign(globalThis, {
      setTimeout: this.#setTimeout,
      setInterval: this.#setInterval,
      clearTimeout: this.#clearTimeout,
      clearInterval: this.#clearInterval,
    });
    Date.now = this.#dateNow;
    Object.defineProperty(performance, 'now', { value: this.#realNow, configurable: true });
  }

  #nextUntil(untilMs: number): Due | null {
    let next: Due | null = null;
    for (const due of this.#due) if (due.atMs <= untilMs && (next === null || due.atMs < next.atMs)) next = due;
    return next;
  }

  async #settle(): Promise<void> {
    const sinceMs = this.#realNow();
    for (let calm = 0; calm < CALM_TURNS; ) {
      await new Promise((resolve) => setImmediate(resolve));
      const active = process.getActiveResourcesInfo();
      const programs = active.filter((name) => name === 'ProcessWrap').length;
      const isCalm = programs <= this.#servers && !active.some((name) => working.test(name));
      calm = isCalm || this.#realNow() - sinceMs > SETTLE_WITHIN_MS ? calm + 1 : 0;
    }
  }
}

/** What `setTimeout` gives in Node, as far as programs use it. */
class QuickTimer {
  readonly #all: Set<Due>;
  readonly #due: Due;
  readonly #ms: number;
  readonly #nowMs: () => number;

  constructor(all: Set<Due>, due: Due, ms: number, nowMs: () => number) {
    this.#all = all;
    this.#due = due;
    this.#ms = ms;
    this.#nowMs = nowMs;
    this.refresh();
  }

  refresh(): this {
    this.#due.atMs = this.#nowMs() + this.#ms;
    this.#all.add(this.#due);
    return this;
  }

  close(): this {
    this.#all.delete(this.#due);
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return true;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
