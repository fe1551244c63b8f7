import {
  ACTUAL_BUCKET,
  type Actual,
  createBackoff,
  DESIRED_BUCKET,
  type Desired,
  desired as desiredSchema,
  type Nudge,
  nudge as nudgeSchema,
  parseJson,
  type Receipt,
  receipt as receiptSchema,
  subjects,
  watermarkAnswer,
} from '@airis/protocol';
import { errors, type Msg, type NatsConnection } from '@nats-io/transport-node';
import { errorText } from '../errors.ts';
import type { Identity } from '../identity.ts';
import type { Log } from '../log.ts';
import type { Spool } from '../store/spool.ts';
import { publishDurably } from './jetstream-publish.ts';
import { Publisher } from './publisher.ts';
import { connectToServer, isAuthorizationFailure } from './server-connection.ts';

export type LinkState = 'connecting' | 'connected' | 'waiting-for-hub' | 'disconnected' | 'revoked' | 'stopped';

export interface LinkStatus {
  readonly state: LinkState;
  readonly since: number;
  readonly lastError: string | null;
  /** Failures to publish and refusals of the server since start, by reason. */
  readonly failures: Readonly<Record<string, number>>;
}

/** An incoming question: its verb, its payload, and where chunks of an answer go. */
export interface Ask {
  readonly verb: string;
  readonly payload: Uint8Array;
  /** Publishes one chunk of an answer; `false` when the link is gone. */
  answer(request: string, chunk: Uint8Array): boolean;
}

export interface HubLinkOptions {
  readonly identity: Identity;
  readonly spool: Spool;
  readonly nowMs: () => number;
  readonly random: () => number;
  readonly log: Log;
  readonly onDesired: (desired: Desired) => void;
  readonly onNudge: (nudge: Nudge) => void;
  readonly onAsk: (ask: Ask) => void;
  /** What runs here; sent on each connection and by `publishActual`. */
  readonly actual: () => Actual;
  readonly timing?: Partial<LinkTiming>;
}

export interface LinkTiming {
  readonly publishTimeoutMs: number;
  readonly askWatermarkTimeoutMs: number;
  /** Acknowledged, but no receipt for this long: ask for the watermark. */
  readonly receiptOverdueMs: number;
  /** Still none: the stream itself may have been lost, send again. */
  readonly resendAfterMs: number;
  readonly revokedRetryMs: number;
  readonly pollDesiredMs: number;
}

const defaultTiming: LinkTiming = {
  publishTimeoutMs: 10_000,
  askWatermarkTimeoutMs: 5_000,
  receiptOverdueMs: 30_000,
  resendAfterMs: 5 * 60_000,
  revokedRetryMs: 60_000,
  pollDesiredMs: 5 * 60_000,
};

const EVENT_WINDOW = 8;
const DATA_WINDOW = 32;
const MAX_MESSAGE_BYTES = 256 * 1024;
const connectBackoff = { firstMs: 1_000, limitMs: 10_000 };
/** A server that has just started may not know its accounts yet: only refused so often in a row means revoked. */
const REFUSALS_WHEN_REVOKED = 4;
const watermarkBackoff = { firstMs: 1_000, limitMs: 15_000 };

/**
 * The agent's side of the wire. Nothing is published before the hub has told, once in this process's life, what it
 * holds of our epoch: so a file that was set back never sends other content under an old number. After that the
 * stream alone is enough, and a hub that is away costs nothing.
 */
export class HubLink implements AsyncDisposable {
  readonly #options: HubLinkOptions;
  readonly #timing: LinkTiming;
  readonly #event: Publisher;
  readonly #data: Publisher;
  readonly #failures = new Map<string, number>();
  readonly #stopping = new AbortController();
  #nats: NatsConnection | null = null;
  #state: LinkState = 'connecting';
  #since: number;
  #lastError: string | null = null;
  #hasReconciled = false;
  /** Raised with each connection: what an older one was asked, or asks, counts no more. */
  #connection = 0;
  /** The connection on which the hub is being asked for the watermark. */
  #askingOn: number | null = null;
  /** Since the connection was lost nothing is sent: it begins with the hub's answer, or without it where the hub was met. */
  #mustStart = true;
  #lastResendAtMs = 0;
  #desiredRevision = -1;
  #loop: Promise<void> | null = null;
  #timers: NodeJS.Timeout[] = [];

  constructor(options: HubLinkOptions) {
    this.#options = options;
    this.#timing = { ...defaultTiming, ...options.timing };
    this.#since = options.nowMs();
    this.#event = this.#publisher('event', EVENT_WINDOW, () => true);
    this.#data = this.#publisher('data', DATA_WINDOW, () => this.#event.isIdle);
    options.spool.onCommit(() => this.#wake());
  }

  /** Begins to connect, and goes on until disposed; NATS may come later. */
  start(): void {
    this.#loop ??= this.#connectForEver();
    this.#timers.push(setInterval(() => this.#checkReceipts(), Math.min(10_000, this.#timing.receiptOverdueMs)));
    this.#pollDesired();
  }

  status(): LinkStatus {
    return {
      state: this.#state,
      since: this.#since,
      lastError: this.#lastError,
      failures: Object.fromEntries(this.#failures),
    };
  }

  /** Tells the hub what runs here; silently nothing while there is no connection (it is sent on the next one). */
  publishActual(): void {
    const nats = this.#nats;
    if (nats === null) return;
    const { identity, actual } = this.#options;
    const payload = Buffer.from(JSON.stringify(actual()));
    const subject = `$KV.${ACTUAL_BUCKET}.${identity.agent}`;
    publishDurably(nats, subject, payload, {}, this.#timing.publishTimeoutMs).catch((error: unknown) =>
      this.#count('actual', error),
    );
  }

  /** Waits until everything spooled is acknowledged, at most so long; at once while there is no connection. */
  async drain(timeoutMs: number): Promise<void> {
    const endsAtMs = performance.now() + timeoutMs;
    this.#wake();
    while (this.#state === 'connected' && performance.now() < endsAtMs) {
      if (this.#event.isIdle && this.#data.isIdle) return;
      await this.#pause(20);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    this.#setState('stopped');
    for (const timer of this.#timers) clearTimeout(timer);
    this.#event.stop();
    this.#data.stop();
    await this.#nats?.close();
    await this.#loop;
  }

  #publisher(name: 'event' | 'data', window: number, mayGo: () => boolean): Publisher {
    const { spool, identity, random, nowMs } = this.#options;
    return new Publisher({
      spool,
      agent: identity.agent,
      class: name,
      window,
      random,
      nowMs,
      publish: (subject, payload, fields) =>
        this.#nats === null
          ? Promise.reject(new Error('not connected'))
          : publishDurably(this.#nats, subject, payload, fields, this.#timing.publishTimeoutMs),
      mayGo,
      onProgress: () => this.#wake(),
      onFailure: (failure, message) => this.#countAs(failure, message),
      onForeignDuplicate: () => this.#renewEpoch(),
    });
  }

  async #connectForEver(): Promise<void> {
    const backoff = createBackoff(connectBackoff, this.#options.random);
    let refusals = 0;
    while (!this.#stopping.signal.aborted) {
      let failure: unknown = null;
      try {
        const nats = await connectToServer(this.#options.identity);
        if (this.#stopping.signal.aborted) {
          await nats.close();
          return;
        }
        backoff.reset();
        refusals = 0;
        this.#begin(nats);
        failure = await nats.closed();
      } catch (error) {
        failure = error;
      }
      this.#end();
      if (this.#stopping.signal.aborted) return;
      refusals = isAuthorizationFailure(failure) ? refusals + 1 : 0;
      const isRevoked = refusals >= REFUSALS_WHEN_REVOKED;
      this.#lastError = failure === null ? this.#lastError : errorText(failure);
      if (isRevoked && this.#state !== 'revoked') {
        this.#options.log.warn('LINK_REVOKED', 'the server refuses this agent; it goes on collecting', {});
      }
      this.#setState(isRevoked ? 'revoked' : 'connecting');
      await this.#pause(
        isRevoked ? this.#timing.revokedRetryMs * (0.9 + 0.2 * this.#options.random()) : backoff.fail(),
      );
    }
  }

  #begin(nats: NatsConnection): void {
    const { agent } = this.#options.identity;
    this.#nats = nats;
    const listen = (subject: string, take: (message: Msg) => void) =>
      // With an error (a subscription that is not allowed) there is no message; the status says it too, and is counted.
      nats.subscribe(subject, { callback: (error, message) => (error === null ? take(message) : undefined) });
    listen(subjects.receipt(agent), (message) => this.#takeReceipt(message));
    listen(subjects.nudge(agent), (message) => this.#takeNudge(message));
    listen(subjects.ask(agent, '*'), (message) => this.#takeAsk(message));
    void this.#watch(nats);
    this.#connected();
  }

  /** Follows drops that the client heals by itself. */
  async #watch(nats: NatsConnection): Promise<void> {
    for await (const status of nats.status()) {
      if (this.#nats !== nats) return;
      if (status.type === 'disconnect') {
        this.#connection++;
        this.#setState('disconnected');
        this.#event.stop();
        this.#data.stop();
      } else if (status.type === 'reconnect') this.#connected();
      else if (status.type === 'error') {
        this.#lastError = errorText(status.error);
        if (status.error instanceof errors.PermissionViolationError) this.#countAs('permission', this.#lastError);
      }
    }
  }

  #connected(): void {
    this.#options.log.info('LINK_CONNECTED', 'connected to NATS', {});
    this.#setState(this.#hasReconciled ? 'connected' : 'waiting-for-hub');
    this.#connection++;
    this.#mustStart = true;
    void this.#askWatermark();
    void this.#fetchDesired();
    this.publishActual();
  }

  #end(): void {
    this.#nats = null;
    this.#event.stop();
    this.#data.stop();
  }

  /** Asks what the hub holds, until it answers; then (or at once, when the hub was met before) sends what it lacks. */
  async #askWatermark(): Promise<void> {
    const connection = this.#connection;
    if (this.#askingOn === connection) return;
    this.#askingOn = connection;
    const backoff = createBackoff(watermarkBackoff, this.#options.random);
    const { spool, identity } = this.#options;
    try {
      while (connection === this.#connection) {
        const nats = this.#nats;
        if (nats === null || nats.isClosed() || this.#stopping.signal.aborted) return;
        try {
          spool.flush();
          const request = Buffer.from(JSON.stringify({ epoch: spool.epoch, next: spool.handedOutUpTo }));
          const options = { timeout: this.#timing.askWatermarkTimeoutMs };
          const reply = await nats.request(subjects.watermark(identity.agent), request, options);
          const parsed = parseJson(watermarkAnswer, reply.data, MAX_MESSAGE_BYTES);
          if (connection !== this.#connection) return;
          if (!parsed.ok) throw new Error(`watermark: ${parsed.detail}`);
          this.#reconcile(parsed.value.receipts);
          return;
        } catch (error) {
          this.#count('watermark', error);
          if (connection !== this.#connection) return;
          // The broker is there and the hub is not: the stream keeps for it what we may send without asking.
          if (this.#mustStart && this.#hasReconciled) this.#startPublishing();
          await this.#pause(250 + backoff.fail());
        }
      }
    } finally {
      if (this.#askingOn === connection) this.#askingOn = null;
    }
  }

  #reconcile(receipts: readonly Receipt[]): void {
    const { spool, nowMs } = this.#options;
    this.#hasReconciled = true;
    if (spool.reconcile(receipts)) {
      this.#event.forget();
      this.#data.forget();
      this.#startPublishing();
    } else {
      for (const { class: name, upTo, epoch } of receipts) {
        if (epoch === spool.epoch) (name === 'event' ? this.#event : this.#data).receipted(upTo);
      }
      const oldest = Math.min(
        this.#event.waitingForReceiptSinceMs ?? Infinity,
        this.#data.waitingForReceiptSinceMs ?? Infinity,
      );
      const isOverdue = nowMs() - Math.max(oldest, this.#lastResendAtMs) > this.#timing.resendAfterMs;
      if (this.#mustStart || isOverdue) this.#startPublishing();
      else this.#wake();
    }
    this.#setState('connected');
  }

  /** From the first batch without a receipt: the stream and the hub drop what they know. */
  #startPublishing(): void {
    this.#mustStart = false;
    this.#lastResendAtMs = this.#options.nowMs();
    this.#event.start(this.#options.spool.receiptedUpTo.event);
    this.#data.start(this.#options.spool.receiptedUpTo.data);
  }

  #renewEpoch(): void {
    this.#options.log.warn('LINK_FOREIGN_DUPLICATE', 'somebody else sends under this epoch', {});
    this.#event.stop();
    this.#data.stop();
    const { spool } = this.#options;
    spool.restartEpoch([spool.receiptedUpTo.event, spool.receiptedUpTo.data]);
    this.#event.forget();
    this.#data.forget();
    this.#startPublishing();
  }

  #checkReceipts(): void {
    if (this.#state !== 'connected') return;
    const { nowMs } = this.#options;
    const isOverdue = [this.#event, this.#data].some(
      ({ waitingForReceiptSinceMs: since }) => since !== null && nowMs() - since > this.#timing.receiptOverdueMs,
    );
    if (isOverdue) void this.#askWatermark();
  }

  #takeReceipt(message: Msg): void {
    const parsed = parseJson(receiptSchema, message.data, MAX_MESSAGE_BYTES);
    if (!parsed.ok) {
      this.#countAs('bad-receipt', parsed.detail);
      return;
    }
    const { epoch, class: name, upTo } = parsed.value;
    const { spool } = this.#options;
    if (epoch !== spool.epoch || !this.#hasReconciled) return;
    if (upTo > spool.handedOutUpTo[name]) {
      void this.#askWatermark();
      return;
    }
    spool.receipt(name, upTo);
    (name === 'event' ? this.#event : this.#data).receipted(upTo);
  }

  #takeNudge(message: Msg): void {
    const parsed = parseJson(nudgeSchema, message.data, MAX_MESSAGE_BYTES);
    if (!parsed.ok) {
      this.#countAs('bad-nudge', parsed.detail);
      return;
    }
    this.#options.onNudge(parsed.value);
    if (parsed.value.revision !== undefined && parsed.value.revision > this.#desiredRevision) void this.#fetchDesired();
  }

  #takeAsk(message: Msg): void {
    const verb = message.subject.slice(message.subject.lastIndexOf('.') + 1);
    const { agent } = this.#options.identity;
    this.#options.onAsk({
      verb,
      payload: message.data,
      answer: (request, chunk) => {
        const nats = this.#nats;
        if (nats === null || nats.isClosed()) return false;
        nats.publish(subjects.answer(agent, request), chunk);
        return true;
      },
    });
  }

  /** Reads our own key of `desired` straight from the bucket's stream. */
  async #fetchDesired(): Promise<void> {
    const nats = this.#nats;
    if (nats === null) return;
    const { agent } = this.#options.identity;
    const key = `$KV.${DESIRED_BUCKET}.${agent}`;
    try {
      const reply = await nats.request(`$JS.API.DIRECT.GET.KV_${DESIRED_BUCKET}.${key}`, '', {
        timeout: this.#timing.publishTimeoutMs,
      });
      // 404: nothing is wanted yet; a delete marker has no data.
      if ((reply.headers?.code ?? 0) !== 0 || reply.data.length === 0) return;
      const parsed = parseJson(desiredSchema, reply.data, MAX_MESSAGE_BYTES);
      if (!parsed.ok) {
        this.#countAs('bad-desired', parsed.detail);
        return;
      }
      this.#desiredRevision = parsed.value.revision;
      this.#options.onDesired(parsed.value);
    } catch (error) {
      this.#count('desired', error);
    }
  }

  #pollDesired(): void {
    const delayMs = this.#timing.pollDesiredMs * (0.8 + 0.4 * this.#options.random());
    this.#timers[1] = setTimeout(() => {
      void this.#fetchDesired();
      this.#pollDesired();
    }, delayMs);
  }

  #wake(): void {
    this.#event.wake();
    this.#data.wake();
  }

  #setState(state: LinkState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#since = this.#options.nowMs();
  }

  #count(reason: string, error: unknown): void {
    if (!this.#stopping.signal.aborted) this.#countAs(reason, errorText(error));
  }

  #countAs(reason: string, message: string): void {
    this.#failures.set(reason, (this.#failures.get(reason) ?? 0) + 1);
    this.#lastError = `${reason}: ${message}`.slice(0, 300);
  }

  #pause(delayMs: number): Promise<void> {
    const { signal } = this.#stopping;
    return new Promise((resolve) => {
      if (signal.aborted) {
        resolve();
        return;
      }
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, delayMs);
      signal.addEventListener('abort', done);
    });
  }
}
