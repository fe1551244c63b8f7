import type { BatchId, DeliveryClass, Receipt } from '@airis/protocol';
import type { WatermarkRecord } from '../store/state/ingest.ts';
import { RecentDigests } from './recent-digests.ts';
import { SequenceSet } from './sequence-set.ts';

export type Arrival =
  /** Never seen: now it counts as taken. */
  | 'new'
  /** Seen before, with the same payload as far as is known. */
  | 'duplicate'
  /** Its number was used before with another payload: a second sender under the same epoch. */
  | 'conflict'
  /** Too many holes before it; it is left out, and its sender keeps it since no receipt covers it. */
  | 'too-scattered';

interface Entry {
  readonly agent: number;
  readonly epoch: string;
  readonly class: DeliveryClass;
  readonly taken: SequenceSet;
  readonly digests: RecentDigests;
  seenAtMs: number;
  /** What is on disk; receipts say this and nothing more. */
  storedUpTo: number;
}

interface EpochSighting {
  readonly epoch: string;
  readonly firstMs: number;
  lastMs: number;
}

/** Two epochs that take turns within this time belong to two senders; a spool made anew takes one turn only. */
const CLONE_WINDOW_MS = 2 * 60_000;
const SIGHTINGS_KEPT = 4;
/** Epochs remembered for one agent; a spool makes a new one perhaps once a year. */
const EPOCHS_PER_AGENT = 64;

/**
 * What has come, by (agent, epoch, class). In memory it runs ahead of what is on disk by the runs in flight; a run takes
 * a snapshot when it has been admitted, and that is what its commit writes.
 */
export class WatermarkBook {
  readonly #entries = new Map<string, Entry>();
  readonly #sightings = new Map<string, EpochSighting[]>();
  readonly #epochCounts = new Map<number, number>();
  #touched = new Set<Entry>();

  constructor(records: readonly WatermarkRecord[]) {
    for (const record of records) {
      this.#entries.set(keyOf(record.agent, record.epoch, record.class), {
        agent: record.agent,
        epoch: record.epoch,
        class: record.class,
        taken: new SequenceSet(record.upTo, record.beyond),
        digests: new RecentDigests(record.digests),
        seenAtMs: record.seenAtUnixMs,
        storedUpTo: record.upTo,
      });
      this.#epochCounts.set(record.agent, (this.#epochCounts.get(record.agent) ?? 0) + 1);
    }
  }

  arrive(agent: number, id: BatchId, digest: number, atMs: number): Arrival {
    const entry = this.#entry(agent, id.epoch, id.class);
    if (entry.taken.has(id.seq)) {
      const known = entry.digests.get(id.seq, entry.taken.highest);
      return known === 0 || known === digest ? 'duplicate' : 'conflict';
    }
    if (!entry.taken.add(id.seq)) return 'too-scattered';
    entry.digests.put(id.seq, digest);
    this.#touch(entry, atMs);
    return 'new';
  }

  /**
   * A range that will not come.
   *
   * @returns how many of its numbers had not come, or null where it cannot be noted (too many holes)
   */
  skip(agent: number, id: BatchId, from: number, atMs: number): number | null {
    const entry = this.#entry(agent, id.epoch, id.class);
    const missing = entry.taken.missing(from, id.seq);
    if (!entry.taken.add(from, id.seq)) return null;
    for (let sequence = Math.max(from, id.seq - 63); sequence <= id.seq; sequence += 1) entry.digests.put(sequence, 0);
    this.#touch(entry, atMs);
    return missing;
  }

  /** True where this epoch and another one of the agent take turns: somebody copied the agent's folder. */
  isTakingTurns(agent: number, id: BatchId, atMs: number): boolean {
    const key = `${agent}.${id.class}`;
    const sightings = this.#sightings.get(key) ?? [];
    this.#sightings.set(key, sightings);
    const current = sightings.at(-1);
    const own = sightings.find((sighting) => sighting.epoch === id.epoch);
    if (own !== undefined && current !== undefined && own !== current) {
      const isBack = atMs > current.firstMs && atMs - own.lastMs <= CLONE_WINDOW_MS;
      own.lastMs = Math.max(own.lastMs, atMs);
      return isBack;
    }
    if (own !== undefined) own.lastMs = Math.max(own.lastMs, atMs);
    else sightings.push({ epoch: id.epoch, firstMs: atMs, lastMs: atMs });
    if (sightings.length > SIGHTINGS_KEPT) sightings.shift();
    return false;
  }

  /** State of everything that changed since the last snapshot. */
  snapshot(): readonly WatermarkRecord[] {
    const records = [...this.#touched].map((entry) => ({
      agent: entry.agent,
      epoch: entry.epoch,
      class: entry.class,
      upTo: entry.taken.upTo,
      beyond: entry.taken.beyond,
      digests: entry.digests.packed(),
      seenAtUnixMs: entry.seenAtMs,
    }));
    this.#touched = new Set();
    return records;
  }

  /** These records are on disk now. */
  stored(records: readonly WatermarkRecord[]): void {
    for (const record of records) {
      const entry = this.#entries.get(keyOf(record.agent, record.epoch, record.class));
      if (entry !== undefined) entry.storedUpTo = Math.max(entry.storedUpTo, record.upTo);
    }
  }

  /** What may be told to the agent about an epoch. */
  receipts(agent: number, epoch: string): readonly Receipt[] {
    const classes: readonly DeliveryClass[] = ['event', 'data'];
    return classes.flatMap((name) => {
      const entry = this.#entries.get(keyOf(agent, epoch, name));
      return entry === undefined ? [] : [{ epoch, class: name, upTo: entry.storedUpTo }];
    });
  }

  #entry(agent: number, epoch: string, deliveryClass: DeliveryClass): Entry {
    const key = keyOf(agent, epoch, deliveryClass);
    const known = this.#entries.get(key);
    if (known !== undefined) return known;
    const entry: Entry = {
      agent,
      epoch,
      class: deliveryClass,
      taken: new SequenceSet(),
      digests: new RecentDigests(),
      seenAtMs: 0,
      storedUpTo: 0,
    };
    this.#entries.set(key, entry);
    this.#forgetOldest(agent, entry);
    return entry;
  }

  /** An agent that makes up epochs without end costs itself its oldest ones, and nobody else anything. */
  #forgetOldest(agent: number, newest: Entry): void {
    const count = (this.#epochCounts.get(agent) ?? 0) + 1;
    this.#epochCounts.set(agent, Math.min(count, EPOCHS_PER_AGENT));
    if (count <= EPOCHS_PER_AGENT) return;
    let oldest: Entry | null = null;
    for (const entry of this.#entries.values()) {
      if (entry.agent !== agent || entry === newest || this.#touched.has(entry)) continue;
      if (oldest === null || entry.seenAtMs < oldest.seenAtMs) oldest = entry;
    }
    if (oldest !== null) this.#entries.delete(keyOf(agent, oldest.epoch, oldest.class));
  }

  #touch(entry: Entry, atMs: number): void {
    entry.seenAtMs = Math.max(entry.seenAtMs, atMs);
    this.#touched.add(entry);
  }
}

const keyOf = (agent: number, epoch: string, deliveryClass: DeliveryClass): string =>
  `${agent}.${epoch}.${deliveryClass}`;
