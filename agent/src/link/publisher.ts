import { createBackoff, type DeliveryClass, formatBatchId, headers } from '@airis/protocol';
import type { Spool } from '../store/spool.ts';
import type { HeldBatch } from '../store/spool-item.ts';
import { type PublishAck, PublishError, type PublishFailure } from './jetstream-publish.ts';

export type Publish = (
  subject: string,
  payload: Uint8Array,
  fields: Readonly<Record<string, string>>,
) => Promise<PublishAck>;

export interface PublisherOptions {
  readonly spool: Spool;
  readonly agent: string;
  readonly class: DeliveryClass;
  /** Messages on their way at one time. */
  readonly window: number;
  readonly publish: Publish;
  /** Whether this class may send now; what matters more goes first. */
  readonly mayGo: () => boolean;
  /** Called when something moved: an acknowledgement, a failure, the end of the queue. */
  readonly onProgress: () => void;
  readonly onFailure: (failure: PublishFailure, message: string) => void;
  /** A first try was told to be a repetition: somebody else sends under our epoch. */
  readonly onForeignDuplicate: () => void;
  readonly random: () => number;
  readonly nowMs: () => number;
}

/** Pauses after a failure: first at most 0.5 s, never more than 30 s. */
const backoffOptions = { firstMs: 500, limitMs: 30_000 };
const READ_BYTES = 2 * 1024 * 1024;

/**
 * Sends one class of the spool in order, a window at a time. An acknowledged batch stays in the spool until the hub's
 * receipt; what failed is sent again under the same id.
 */
export class Publisher {
  readonly #options: PublisherOptions;
  readonly #backoff;
  /** Highest sequence handed out, or skipped as acknowledged. */
  #cursor = 0;
  #receiptTo = 0;
  #acked = new Set<number>();
  #tried = new Set<number>();
  #inFlight = 0;
  #lastAckAtMs = 0;
  #isRunning = false;
  #isDrained = false;
  /** Raised at each start and stop: answers to what was sent before count no more. */
  #run = 0;
  #retryTimer: NodeJS.Timeout | null = null;

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.#backoff = createBackoff(backoffOptions, options.random);
  }

  /** Nothing waits to be sent: all of it is acknowledged, or this class cannot go now and must not hold others up. */
  get isIdle(): boolean {
    return this.#retryTimer !== null || (this.#isDrained && this.#inFlight === 0);
  }

  /** When the newest batch was acknowledged that has no receipt yet; `null` when there is none. */
  get waitingForReceiptSinceMs(): number | null {
    return this.#acked.size === 0 ? null : this.#lastAckAtMs;
  }

  /** Sends everything after `after`, again where it was sent before. */
  start(after: number): void {
    this.stop();
    this.#run++;
    this.#isRunning = true;
    this.#cursor = after;
    this.#receiptTo = after;
    this.#acked.clear();
    this.#backoff.reset();
    this.wake();
  }

  stop(): void {
    this.#run++;
    this.#isRunning = false;
    this.#inFlight = 0;
    if (this.#retryTimer !== null) clearTimeout(this.#retryTimer);
    this.#retryTimer = null;
  }

  receipted(upTo: number): void {
    this.#receiptTo = Math.max(this.#receiptTo, upTo);
    this.#cursor = Math.max(this.#cursor, upTo);
    for (const seq of this.#acked) if (seq <= upTo) this.#acked.delete(seq);
    for (const seq of this.#tried) if (seq <= upTo) this.#tried.delete(seq);
  }

  /** Sequences begin anew. */
  forget(): void {
    this.#acked.clear();
    this.#tried.clear();
    this.#receiptTo = 0;
    this.#cursor = 0;
  }

  /** There may be something to send. */
  wake(): void {
    if (!this.#isRunning || this.#retryTimer !== null) return;
    this.#isDrained = false;
    while (this.#inFlight < this.#options.window && this.#options.mayGo()) {
      const { spool, window } = this.#options;
      const batches = spool.next(this.#options.class, this.#cursor, window - this.#inFlight, READ_BYTES);
      if (batches.length === 0) {
        this.#isDrained = true;
        return;
      }
      for (const batch of batches) {
        this.#cursor = batch.seq;
        if (!this.#acked.has(batch.seq)) void this.#send(batch);
      }
    }
  }

  async #send(batch: HeldBatch): Promise<void> {
    const run = this.#run;
    const isFirstTry = !this.#tried.has(batch.seq);
    this.#tried.add(batch.seq);
    this.#inFlight++;
    try {
      const ack = await this.#options.publish(this.#subject(batch), batch.payload, this.#headers(batch));
      if (run !== this.#run) return;
      this.#inFlight--;
      if (ack.duplicate && isFirstTry && batch.seq > this.#options.spool.highestAtOpen[batch.class]) {
        this.#options.onForeignDuplicate();
        return;
      }
      this.#acked.add(batch.seq);
      this.#lastAckAtMs = this.#options.nowMs();
      this.#backoff.reset();
    } catch (error) {
      if (run !== this.#run) return;
      this.#inFlight--;
      this.#fail(batch, error);
    }
    this.wake();
    this.#options.onProgress();
  }

  #fail(batch: HeldBatch, error: unknown): void {
    const failure = error instanceof PublishError ? error.failure : 'unknown';
    this.#options.onFailure(failure, String(error));
    if (failure === 'too-large') this.#options.spool.refuse(batch.class, batch.seq);
    this.#cursor = Math.max(this.#receiptTo, Math.min(this.#cursor, batch.from - 1));
    if (this.#retryTimer !== null) return;
    this.#retryTimer = setTimeout(() => {
      this.#retryTimer = null;
      this.wake();
    }, this.#backoff.fail());
  }

  #subject(batch: HeldBatch): string {
    return `airis.${batch.class}.${this.#options.agent}.${batch.kind}`;
  }

  #headers(batch: HeldBatch): Record<string, string> {
    const { spool, agent } = this.#options;
    const id = formatBatchId({ agent, epoch: spool.epoch, class: batch.class, seq: batch.seq });
    const fields: Record<string, string> = {
      [headers.msgId]: id,
      [headers.schema]: batch.schema,
      [headers.rows]: String(batch.rows),
    };
    const { previousSpooledAtUnixMs: previous } = spool;
    // A tombstone may stand in the place of the first one: it is the sequence that counts.
    const isFirst = batch.from <= spool.highestAtOpen[batch.class] + 1 && batch.seq > spool.highestAtOpen[batch.class];
    if (isFirst && previous !== null) fields[headers.previousSpooledAt] = String(previous);
    return fields;
  }
}
