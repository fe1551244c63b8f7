import { schemaName, signals } from '@airis/protocol';
import type { Gate } from '../gate/gate.ts';
import type { Refusals } from '../refusals.ts';
import type { SegmentStore } from '../store/segment-store.ts';
import type { Spool } from '../store/spool.ts';
import { priorities } from '../store/spool-item.ts';
import { MAX_TRANSACTIONS, type TransactionColumns } from './transaction-columns.ts';

/** Dots go to the hub this often, and as soon as half of what fits is there. */
const SEND_EVERY_MS = 2_000;
/** A service that sent no span of a request for so long is told by its access log again. */
const SPANS_COUNT_MS = 60_000;
const MAX_SPAN_SERVICES = 100;
const REMEMBERED_NAMES = 2_000;

export interface TransactionPathOptions {
  readonly gate: Pick<Gate, 'admitName'>;
  readonly spool: Spool;
  /** Where this host keeps them as they were sent. */
  readonly kept: Pick<SegmentStore, 'append'>;
  readonly refusals: Refusals;
  /** Entity of requests whose log names none, by the role that answered them. */
  readonly spokenFor: (role: string) => string;
}

/**
 * What becomes of completed requests: from the collectors that read them into the spool. A service that sends spans of its
 * requests is told by these alone, because its access log would tell every request a second time.
 */
export class TransactionPath {
  readonly #gate: Pick<Gate, 'admitName'>;
  readonly #spool: Spool;
  readonly #kept: Pick<SegmentStore, 'append'>;
  readonly #refusals: Refusals;
  readonly #spokenFor: (role: string) => string;
  readonly #names = new Map<string, string>();
  /** When spans of a service came last. */
  readonly #spansAtMs = new Map<string, number>();
  #sentAtMs = Number.NEGATIVE_INFINITY;

  constructor({ gate, spool, kept, refusals, spokenFor }: TransactionPathOptions) {
    this.#gate = gate;
    this.#spool = spool;
    this.#kept = kept;
    this.#refusals = refusals;
    this.#spokenFor = spokenFor;
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

  /** Routes and services repeat; names that are ever new are looked at each time. */
  readonly #admitted = (name: string): string => {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    const admitted = this.#gate.admitName(name);
    if (this.#names.size < REMEMBERED_NAMES) this.#names.set(name, admitted);
    return admitted;
  };

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
    const taken = columns.take(spokenFor, this.#admitted);
    if (taken === null) return;
    const { payload, rows, fromUnixMs, toUnixMs } = taken;
    this.#kept.append('transaction', { fromUnixMs, toUnixMs, payload });
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
