import {
  type BatchToJoin,
  checkSeriesRow,
  MAX_SERIES_PER_AGENT,
  type OpenBatch,
  openStream,
  type Series,
  seriesBatch,
  seriesRows,
  signals,
} from '@airis/protocol';
import type { ClickHouseClient } from '@clickhouse/client';

/** Which series each agent has announced. Rebuilt from the store at start; the store is the truth. */
export class SeriesRegistry {
  readonly #known = new Map<number, Set<bigint>>();
  /** The series column of an agent's last batch that was wholly known: the next one is mostly the same bytes. */
  readonly #lastKnown = new Map<number, Uint8Array>();
  readonly #limit: number;

  constructor(limit = MAX_SERIES_PER_AGENT) {
    this.#limit = limit;
  }

  async load(client: ClickHouseClient): Promise<void> {
    const answer = await client.query({
      query: 'SELECT agent, groupUniqArray(toString(seriesId)) AS ids FROM series GROUP BY agent',
      format: 'JSONEachRow',
    });
    for await (const rows of answer.stream<{ agent: number; ids: string[] }>()) {
      for (const row of rows) {
        const { agent, ids } = row.json();
        this.#known.set(agent, new Set(ids.map(BigInt)));
      }
    }
  }

  /** Series of one agent. */
  count(agent: number): number {
    return this.#known.get(agent)?.size ?? 0;
  }

  isFull(agent: number): boolean {
    return this.count(agent) >= this.#limit;
  }

  /**
   * Takes an announcement: rows that are sound and within the agent's limit.
   *
   * @returns the batch to store (the same bytes where every row was taken, null where none was) and refused rows by reason
   */
  announce(item: BatchToJoin): { batch: OpenBatch | null; refusedRows: ReadonlyMap<string, number> } {
    const known = this.#known.get(item.agent) ?? new Set<bigint>();
    this.#known.set(item.agent, known);
    const taken: Series[] = [];
    const refusedRows = new Map<string, number>();
    const refuse = (reason: string) => refusedRows.set(reason, (refusedRows.get(reason) ?? 0) + 1);
    for (const row of seriesRows(item.batch)) {
      const checked = checkSeriesRow(row);
      if (!checked.ok) refuse(checked.reason);
      else if (!known.has(checked.value.id) && known.size >= this.#limit) refuse('series-limit');
      else {
        known.add(checked.value.id);
        taken.push(checked.value);
      }
    }
    if (taken.length === item.batch.rows) return { batch: item.batch, refusedRows };
    if (taken.length === 0) return { batch: null, refusedRows };
    const again = openStream(signals.series, seriesBatch(taken), item.receivedAtMs);
    return { batch: again.ok ? again.value : null, refusedRows };
  }

  /** True where a batch has rows of a series that was never announced. They are stored all the same. */
  hasUnknown(agent: number, batch: OpenBatch): boolean {
    if (!batch.signal.columns.some((column) => column.name === 'seriesId')) return false;
    const ids = batch.column('seriesId', 'uint64');
    const bytes = new Uint8Array(ids.buffer, ids.byteOffset, ids.byteLength);
    const last = this.#lastKnown.get(agent);
    if (last !== undefined && Buffer.compare(last, bytes) === 0) return false;
    const known = this.#known.get(agent);
    for (let row = 0; row < batch.rows; row += 1) if (known === undefined || !known.has(ids[row]!)) return true;
    this.#lastKnown.set(agent, bytes.slice());
    return false;
  }
}
