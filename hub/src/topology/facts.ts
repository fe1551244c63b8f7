import type { TopologyReport } from '@airis/protocol';

/** Where an agent stands, from its newest health and inventory. */
export interface Place {
  readonly agent: string;
  /** Agents of one machine share it; an agent that names none is alone on its machine. */
  readonly machine: string;
  /** The entity it speaks for; null where it watches the whole host. */
  readonly scope: string | null;
  readonly pids: ReadonlySet<number>;
  /** IP addresses of the machine. */
  readonly addresses: readonly string[];
}

/** Something answers at an address of the agent's machine. */
export interface ListenFact {
  readonly kind: 'listen';
  readonly agent: string;
  readonly entity: string;
  readonly address: string;
  readonly lastSeenAtUnixMs: number;
}

/** An agent saw its client call an address. */
export interface CallFact {
  readonly kind: 'call';
  readonly agent: string;
  readonly client: string;
  readonly address: string;
  readonly by: TopologyReport['calls'][number]['kind'];
  readonly text: string;
  /** Connections or calls in the last report's time. */
  readonly count: number;
  readonly lastSeenAtUnixMs: number;
}

/** Transactions of two services belong to one trace, the one called by the other. */
export interface TraceFact {
  readonly kind: 'trace';
  /** Of the caller. */
  readonly agent: string;
  readonly caller: string;
  readonly callee: string;
  /** The address that the caller waited for, empty where it did not say. */
  readonly peer: string;
  /** Calls in the newest ten seconds in which there were any. */
  readonly count: number;
  readonly lastSeenAtUnixMs: number;
}

/** A card of an agent's machine hangs on a port of a device, in the device's own words. */
export interface AttachFact {
  readonly kind: 'attach';
  readonly agent: string;
  readonly interfaceName: string;
  readonly device: string;
  readonly deviceName: string;
  readonly port: string;
  readonly lastSeenAtUnixMs: number;
}

export type TopologyFact = ListenFact | CallFact | TraceFact | AttachFact;

/** What makes two facts the same one, seen again. */
export function factKey(fact: TopologyFact): string {
  switch (fact.kind) {
    case 'listen':
      return `listen ${fact.agent} ${fact.entity} ${fact.address}`;
    case 'call':
      return `call ${fact.agent} ${fact.client} ${fact.address} ${fact.by}`;
    case 'attach':
      return `attach ${fact.agent} ${fact.interfaceName} ${fact.device} ${fact.port}`;
    case 'trace':
      return `trace ${fact.agent} ${fact.caller} ${fact.callee} ${fact.peer}`;
  }
}
