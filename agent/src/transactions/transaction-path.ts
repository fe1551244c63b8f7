import { schemaName, signals } from '@airis/protocol';
import type { Refusals } from '../refusals.ts';
import type { Spool } from '../store/spool.ts';
import { priorities } from '../store/spool-item.ts';
import { MAX_TRANSACTIONS, type TransactionColumns } from './transaction-columns.ts';

/** Dots go to the hub this often, and as soon as half of what fits is there. */
const SEND_EVERY_MS = 2_000;
/** A service that sent no span of a request for so long is told by its access log again. */
const SPANS_COUNT_MS = 60_000;
const MAX_SPAN_SERVICES = 100;

/**
 * What becomes of completed requests: from the collectors that read them into the spool. A service that sends spans of its
 * requests is told by these alone, because its access log would tell every request a second time.
 */
export class TransactionPath {
  readonly #spool: Spool;
  readonly #refusals: Refusals;
  readonly #spokenFor: (role: string) => string;
  /** When spans of a service came last. */
  readonly #spansAtMs = new Map<string, number>();
  #sentAtMs = Number.NEGATIVE_INFINITY;

  /** @param spokenFor - entity of requests whose log names none, by the role that answered them */
  constructor(spool: Spool, refusals: Refusals, spokenFor: (role: string) => string) {
    this.#spokenFor = spokenFor;
    this.#spool = spool;
    this.#refusals = refusals;
  }

  /** Once a second; `sources` are the columns that collectors fill. */
  step(tMs: number, sources: readonly TransactionColumns[]): void {
    const isDue = Math.abs(tMs - this.#sentAtMs) >= SEND_EVERY_MS;
    if (isDue) this.#sentAtMs = tMs;
    this.#noteSpans(tMs, sources);
    for (const columns of sources) {
      const dropped = columns.takeDropped();
      if (dropped > 0) this.#refusals.count('transaction-rate', dropped);
      if (isDue || columns.length >= MAX_TRANSACTIONS / 2) this.#send(columns);
    }
  }

  /** Before the agent stops. */
  finish(sources: readonly TransactionColumns[]): void {
    for (const columns of sources) this.#send(columns);
  }

  #noteSpans(tMs: number, sources: readonly TransactionColumns[]): void {
    for (const [service, atMs] of this.#spansAtMs) {
      if (Math.abs(tMs - atMs) > SPANS_COUNT_MS) this.#spansAtMs.delete(service);
    }
    for (const columns of sources) {
      if (!columns.isOfSpans) continue;
      for (const service of columns.services(this.#spokenFor(columns.role))) {
        if (this.#spansAtMs.size < MAX_SPAN_SERVICES) this.#spansAtMs.set(service, tMs);
      }
    }
  }

  #send(columns: TransactionColumns): void {
    const spokenFor = this.#spokenFor(columns.role);
    if (!columns.isOfSpans && this.#spansAtMs.size > 0) {
      const told = columns.leaveOut((service) => this.#spansAtMs.has(service), spokenFor);
      if (told > 0) this.#refusals.count('transaction-told-by-spans', told);
    }
    const taken = columns.take(spokenFor);
    if (taken === null) return;
    const { payload, rows, fromUnixMs, toUnixMs } = taken;
    this.#spool.append({
      class: 'data',
      kind: 'transaction',
      schema: schemaName(signals.transaction),
      priority: priorities.transaction,
      rows,
      fromUnixMs,
      toUnixMs,
      payload,
    });
  }
}
