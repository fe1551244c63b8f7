import { compressBatch, encodeBatch, signals, TRANSACTION_ERROR, utf8Column } from '@airis/protocol';
import { traceContextId } from '../gate/mask-event.ts';

/** Rows held at most; a second of a busy server. What comes beyond is dropped and counted. */
export const MAX_TRANSACTIONS = 5_000;

/**
 * Completed requests as columns, filled by whoever reads an access log. Numbers go to typed arrays and texts to lists of
 * texts that repeat, so that a row makes no object.
 */
export class TransactionColumns {
  /** Of rows whose log names no service, on a host where nobody said what is watched. */
  readonly role: string;
  /** Told by the program itself, with what it waited for. */
  readonly isOfSpans: boolean;
  readonly #capacity: number;
  readonly #endUnixMs: Float64Array;
  readonly #elapsedMs: Float64Array;
  readonly #peerElapsedMs: Float64Array;
  readonly #status: Uint32Array;
  readonly #flags: Uint8Array;
  #service: string[] = [];
  #route: string[] = [];
  #traceId: string[] = [];
  #spanId: string[] = [];
  #parentSpanId: string[] = [];
  #peer: string[] = [];
  #length = 0;
  #dropped = 0;

  constructor(role = 'nginx', capacity = MAX_TRANSACTIONS) {
    this.role = role;
    this.isOfSpans = role === 'otlp';
    this.#capacity = capacity;
    this.#endUnixMs = new Float64Array(capacity);
    this.#elapsedMs = new Float64Array(capacity);
    this.#peerElapsedMs = new Float64Array(capacity);
    this.#status = new Uint32Array(capacity);
    this.#flags = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /**
   * @param route - method and learnt shape of the path; never a path
   * @param peerElapsedMs - -1 for none: a value on the wire is finite
   */
  add(
    endUnixMs: number,
    elapsedMs: number,
    status: number,
    service: string,
    route: string,
    traceId: string,
    spanId: string,
    parentSpanId: string,
    peer: string,
    peerElapsedMs: number,
    isFailed = status >= 500,
  ): void {
    if (this.#length >= this.#capacity) {
      this.#dropped++;
      return;
    }
    const row = this.#length++;
    this.#endUnixMs[row] = endUnixMs;
    this.#elapsedMs[row] = elapsedMs;
    this.#peerElapsedMs[row] = peerElapsedMs;
    this.#status[row] = status;
    this.#flags[row] = isFailed ? TRANSACTION_ERROR : 0;
    this.#service.push(service);
    this.#route.push(route);
    this.#traceId.push(traceId);
    this.#spanId.push(spanId);
    this.#parentSpanId.push(parentSpanId);
    this.#peer.push(peer);
  }

  /** Services of the rows that are there. */
  services(spokenFor: string): ReadonlySet<string> {
    return new Set(this.#service.map((service) => service || spokenFor));
  }

  /** @returns how many rows it now is without */
  leaveOut(isLeftOut: (service: string) => boolean, spokenFor: string): number {
    const before = this.#length;
    const numbers = [this.#endUnixMs, this.#elapsedMs, this.#peerElapsedMs, this.#status, this.#flags];
    const texts = [this.#service, this.#route, this.#traceId, this.#spanId, this.#parentSpanId, this.#peer];
    let kept = 0;
    for (let row = 0; row < before; row++) {
      if (isLeftOut(this.#service[row]! || spokenFor)) continue;
      for (const column of numbers) column[kept] = column[row]!;
      for (const column of texts) column[kept] = column[row]!;
      kept++;
    }
    for (const column of texts) column.length = kept;
    this.#length = kept;
    return before - kept;
  }

  /** Rows that came while it was full, since the last call. */
  takeDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }

  /**
   * All rows, encoded, with the times they span; null when there are none. Empty afterwards.
   *
   * @param spokenFor - service of rows that name none
   * @param admitted - a service, route or peer as it may leave
   */
  take(
    spokenFor: string,
    admitted: (name: string) => string = (name) => name,
  ): {
    readonly payload: Uint8Array;
    readonly rows: number;
    readonly fromUnixMs: number;
    readonly toUnixMs: number;
  } | null {
    const rows = this.#length;
    if (rows === 0) return null;
    const ends = this.#endUnixMs.subarray(0, rows);
    const payload = compressBatch(
      encodeBatch(
        signals.transaction,
        [
          BigInt64Array.from(ends, (unixMs) => BigInt(Math.round(unixMs))),
          this.#elapsedMs.slice(0, rows),
          this.#status.slice(0, rows),
          this.#flags.slice(0, rows),
          utf8Column(this.#service.map((service) => admitted(service || spokenFor))),
          utf8Column(this.#route.map(admitted)),
          utf8Column(this.#traceId.map(traceContextId)),
          utf8Column(this.#spanId.map(traceContextId)),
          utf8Column(this.#parentSpanId.map(traceContextId)),
          utf8Column(this.#peer.map(admitted)),
          this.#peerElapsedMs.slice(0, rows),
        ],
        rows,
      ),
    );
    let fromUnixMs = Number.POSITIVE_INFINITY;
    let toUnixMs = Number.NEGATIVE_INFINITY;
    for (const unixMs of ends) {
      if (unixMs < fromUnixMs) fromUnixMs = unixMs;
      if (unixMs > toUnixMs) toUnixMs = unixMs;
    }
    this.#length = 0;
    this.#service = [];
    this.#route = [];
    this.#traceId = [];
    this.#spanId = [];
    this.#parentSpanId = [];
    this.#peer = [];
    return { payload, rows, fromUnixMs: Math.round(fromUnixMs), toUnixMs: Math.round(toUnixMs) };
  }
}
