import { type Attributes, semconv } from '@airis/protocol';
import type { LoggedTransaction } from './access-line.ts';
import { BoundedAttributes } from './bounded-attributes.ts';
import type { CallsSeen, MetricInfo, SampleWriter } from './collector.ts';

/** Peers with series of their own; calls to further ones are in no series. */
const PEER_LIMIT = 32;

export type PeerKind = 'http' | 'database';

/** What an access log tells of the calls that a service made for its requests. */
export const callMetrics: Readonly<Record<string, MetricInfo>> = {
  [semconv.metric.httpClientDuration]: {
    unit: 's',
    kind: 'gauge',
    about: 'mean time of calls to a peer since the reading before, as the caller saw it',
  },
  [semconv.metric.httpClientRequests]: { unit: '{request}', kind: 'counter', about: 'calls to a peer' },
  [semconv.metric.httpClientErrorRatio]: {
    unit: '1',
    kind: 'gauge',
    about: 'share of calls to a peer that it failed to answer, or answered with a 5xx, since the reading before',
  },
  [semconv.metric.dbClientDuration]: {
    unit: 's',
    kind: 'gauge',
    about: 'mean time that requests spent in the database since the reading before',
  },
};

interface Peer {
  readonly attributes: Attributes;
  total: number;
  sinceCalls: number;
  sinceErrors: number;
  sinceSeconds: number;
  sinceTimed: number;
}

/**
 * Whether the peer is to blame. Where the log has the peer's own status (nginx: `$upstream_status`, JSON: `peerStatus`)
 * that says it. Else only the answers of a caller that passes requests on say so: 502, 503 and 504. A 500 beside a peer
 * cannot be told from the caller's own.
 */
const isPeersError = (status: number, peerStatus: number | null): boolean =>
  peerStatus === null ? status >= 502 && status <= 504 : peerStatus >= 500;

/** Gathers the calls of one service by peer between two readings. */
export class CallStats {
  readonly #kind: PeerKind;
  readonly #peers = new Map<string, Peer>();
  readonly #attributes: BoundedAttributes;

  /** @param own - attributes of every series, where one source tells of several services */
  constructor(kind: PeerKind, own: Attributes = {}) {
    this.#kind = kind;
    this.#attributes = new BoundedAttributes(PEER_LIMIT, (peer) => ({ ...own, ...attributesOf(peer) }));
  }

  add({ peer, peerSeconds, peerStatus, status }: LoggedTransaction): void {
    if (peer === null) return;
    const known = this.#peers.get(peer) ?? this.#newPeer(peer);
    if (known === null) return;
    known.total++;
    known.sinceCalls++;
    if (isPeersError(status, peerStatus)) known.sinceErrors++;
    if (peerSeconds === null) return;
    known.sinceSeconds += peerSeconds;
    known.sinceTimed++;
  }

  write(out: SampleWriter): void {
    const isDatabase = this.#kind === 'database';
    for (const peer of this.#peers.values()) {
      const { attributes, total, sinceCalls, sinceErrors, sinceSeconds, sinceTimed } = peer;
      const duration = isDatabase ? semconv.metric.dbClientDuration : semconv.metric.httpClientDuration;
      if (sinceTimed > 0) out.write(duration, sinceSeconds / sinceTimed, attributes);
      if (!isDatabase) {
        out.write(semconv.metric.httpClientRequests, total, attributes);
        if (sinceCalls > 0) out.write(semconv.metric.httpClientErrorRatio, sinceErrors / sinceCalls, attributes);
      }
      peer.sinceCalls = 0;
      peer.sinceErrors = 0;
      peer.sinceSeconds = 0;
      peer.sinceTimed = 0;
    }
  }

  /** For the service map. */
  calls(): CallsSeen[] {
    return [...this.#peers].map(([address, { total }]) => ({
      address,
      kind: 'access-log',
      text: `access log: ${total} calls to ${address}`,
      count: total,
    }));
  }

  #newPeer(peer: string): Peer | null {
    const attributes = this.#attributes.get(peer);
    if (attributes === null) return null;
    const made: Peer = { attributes, total: 0, sinceCalls: 0, sinceErrors: 0, sinceSeconds: 0, sinceTimed: 0 };
    this.#peers.set(peer, made);
    return made;
  }
}

function attributesOf(peer: string): Attributes {
  const colon = peer.lastIndexOf(':');
  return {
    [semconv.attribute.serverAddress]: peer.slice(0, colon).replace(/^\[|\]$/g, ''),
    [semconv.attribute.serverPort]: peer.slice(colon + 1),
  };
}
