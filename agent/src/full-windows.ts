import { BlockBatch, type EncodedBlocks } from './block-batch.ts';
import type { LocalStore } from './store/local-store.ts';
import { MINUTE_MS, MINUTE_STEPS, minuteStart, STEP_MS } from './store/minute-buffer.ts';

/** Round a finding: how much before and after it goes to the hub. */
export const FULL_BEFORE_MS = 10 * 60_000;
export const FULL_AFTER_MS = 5 * 60_000;
/** Minutes whose sending is remembered. */
const MAX_REMEMBERED = 60;
const ALL_SENT = new Uint8Array(MINUTE_STEPS).fill(1);

/**
 * Sends whole minutes at full resolution from the local store, one a step, each second at most once: windows of several
 * findings overlap, and what was sent live is left out.
 */
export class FullWindows {
  readonly #localStore: LocalStore;
  readonly #send: (blocks: EncodedBlocks | null) => void;
  readonly #batch = new BlockBatch();
  /** Seconds that went already, by minute. */
  readonly #sent = new Map<number, Uint8Array>();
  #queue: number[] = [];
  #untilMs = Number.NEGATIVE_INFINITY;

  constructor(localStore: LocalStore, send: (blocks: EncodedBlocks | null) => void) {
    this.#localStore = localStore;
    this.#send = send;
  }

  request(fromMs: number, toMs: number, nowMs: number): void {
    this.#untilMs = Math.max(this.#untilMs, Math.min(toMs, nowMs + FULL_AFTER_MS));
    const first = minuteStart(Math.max(fromMs, nowMs - FULL_BEFORE_MS - MINUTE_MS));
    for (let t0Ms = first; t0Ms < minuteStart(nowMs); t0Ms += MINUTE_MS) this.#enqueue(t0Ms);
  }

  /** A minute has reached the local store. */
  finished(t0Ms: number): void {
    if (t0Ms <= this.#untilMs) this.#enqueue(t0Ms);
  }

  /** Seconds `from`..`to` (without it) of a minute went another way. */
  wasSent(t0Ms: number, from: number, to: number): void {
    const seconds = this.#sent.get(t0Ms) ?? new Uint8Array(MINUTE_STEPS);
    this.#remember(t0Ms, new Uint8Array(seconds).fill(1, from, to));
  }

  /** Sends one waiting minute. */
  step(): void {
    const t0Ms = this.#queue.shift();
    if (t0Ms === undefined) return;
    const sent = this.#sent.get(t0Ms);
    for (const { id, values } of this.#localStore.minute(t0Ms)) {
      if (sent !== undefined) {
        for (let second = 0; second < MINUTE_STEPS; second++) if (sent[second] === 1) values[second] = Number.NaN;
      }
      if (values.every(Number.isNaN)) continue;
      this.#batch.addValues(id, t0Ms, STEP_MS, values);
      if (this.#batch.isFull) this.#send(this.#batch.take());
    }
    this.#send(this.#batch.take());
    this.#remember(t0Ms, ALL_SENT);
  }

  #enqueue(t0Ms: number): void {
    if (this.#queue.includes(t0Ms) || this.#sent.get(t0Ms)?.every((second) => second === 1)) return;
    this.#queue.push(t0Ms);
  }

  #remember(t0Ms: number, seconds: Uint8Array): void {
    this.#sent.set(t0Ms, seconds);
    if (this.#sent.size > MAX_REMEMBERED) this.#sent.delete(this.#sent.keys().next().value!);
  }
}
