import type { TopologyReport as TopologyMessage } from '@airis/protocol';
import type { CallsSeen } from '../collectors/collector.ts';

type Call = TopologyMessage['calls'][number];

interface Seen {
  call: Call;
  seenAtMs: number;
  /** Of an access log: calls up to now, and up to the report before. */
  total: number;
  reportedTotal: number;
}

/** What the health message has room for. */
const LIMIT = 128;
const TEXT_LENGTH = 300;
/** What was not seen for so long is no longer told; sockets are looked at every 10 s. */
const FORGET_AFTER_MS: Readonly<Record<CallsSeen['kind'], number>> = {
  socket: 15_000,
  'access-log': 60_000,
  configuration: 60_000,
};

/** Gathers who listens and who calls whom, from sockets, logs and configurations, until the next health report. */
export class TopologyReport {
  #listens: TopologyMessage['listens'] = [];
  readonly #calls = new Map<string, Seen>();

  setListens(listens: TopologyMessage['listens']): void {
    this.#listens = listens.slice(0, LIMIT);
  }

  /** The same again replaces what was noted: counts as in `CallsSeen`. */
  noteCall({ client, address, kind, text, count }: CallsSeen & { readonly client: string }, nowMs: number): void {
    const key = `${kind} ${client} ${address} ${kind === 'configuration' ? text : ''}`;
    const known = this.#calls.get(key);
    if (known === undefined && this.#calls.size >= LIMIT) return;
    const call = { client, address, kind, text: text.slice(0, TEXT_LENGTH), count };
    const isActive = kind !== 'access-log' || known === undefined || count !== known.total;
    // A collector that was made anew counts from 0.
    const reportedTotal = known === undefined || count < known.total ? 0 : known.reportedTotal;
    const seenAtMs = isActive ? nowMs : known.seenAtMs;
    this.#calls.set(key, { call, seenAtMs, total: count, reportedTotal });
  }

  /** What is known now; calls of logs are counted from the report before. */
  take(nowMs: number): Pick<TopologyMessage, 'listens' | 'calls'> {
    const calls: Call[] = [];
    for (const [key, seen] of this.#calls) {
      if (Math.abs(nowMs - seen.seenAtMs) > FORGET_AFTER_MS[seen.call.kind]) {
        this.#calls.delete(key);
        continue;
      }
      const isLog = seen.call.kind === 'access-log';
      calls.push(isLog ? { ...seen.call, count: seen.total - seen.reportedTotal } : seen.call);
      seen.reportedTotal = seen.total;
    }
    return { listens: this.#listens, calls };
  }
}
