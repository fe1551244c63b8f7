/** Figures of ingest since the process began, for the health page and `/metrics`. */
export interface IngestStatus {
  /** Age of the oldest message that is taken and not yet stored; 0 when there is none. */
  readonly lagSeconds: number;
  /** Over the last minute. */
  readonly rowsPerSecond: number;
  readonly rowsStored: number;
  readonly valuesStored: number;
  readonly batchesStored: number;
  readonly eventsHandled: number;
  readonly quarantined: readonly { readonly reason: string; readonly count: number }[];
  readonly duplicatesDropped: number;
  readonly rowsLost: number;
  readonly insertRetries: number;
  /** Why nothing moves at the moment; null when all is well. */
  readonly trouble: string | null;
}

const WINDOW_S = 60;

export class IngestStats {
  rowsStored = 0;
  valuesStored = 0;
  batchesStored = 0;
  eventsHandled = 0;
  duplicatesDropped = 0;
  rowsLost = 0;
  insertRetries = 0;
  trouble: string | null = null;
  readonly #refused = new Map<string, number>();
  readonly #rowsBySecond = new Map<number, number>();
  readonly #inFlight = new Map<number, number>();

  refused(reason: string, count = 1): void {
    this.#refused.set(reason, (this.#refused.get(reason) ?? 0) + count);
  }

  stored(rows: number, values: number, batches: number, nowMs: number): void {
    this.rowsStored += rows;
    this.valuesStored += values;
    this.batchesStored += batches;
    const second = Math.floor(nowMs / 1_000);
    this.#rowsBySecond.set(second, (this.#rowsBySecond.get(second) ?? 0) + rows);
    for (const old of this.#rowsBySecond.keys()) if (old < second - WINDOW_S) this.#rowsBySecond.delete(old);
  }

  taken(run: number, oldestMs: number): void {
    this.#inFlight.set(run, oldestMs);
  }

  finished(run: number): void {
    this.#inFlight.delete(run);
  }

  status(nowMs: number): IngestStatus {
    const second = Math.floor(nowMs / 1_000);
    let rows = 0;
    for (const [at, count] of this.#rowsBySecond) if (at >= second - WINDOW_S && at < second) rows += count;
    const oldest = Math.min(nowMs, ...this.#inFlight.values());
    return {
      lagSeconds: (nowMs - oldest) / 1_000,
      rowsPerSecond: rows / WINDOW_S,
      rowsStored: this.rowsStored,
      valuesStored: this.valuesStored,
      batchesStored: this.batchesStored,
      eventsHandled: this.eventsHandled,
      quarantined: [...this.#refused].map(([reason, count]) => ({ reason, count })),
      duplicatesDropped: this.duplicatesDropped,
      rowsLost: this.rowsLost,
      insertRetries: this.insertRetries,
      trouble: this.trouble,
    };
  }
}
