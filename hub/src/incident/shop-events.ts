import type { Finding, FindingNature } from '@airis/protocol';
import { type Surroundings, surroundingsOf, type TopologyView } from './surroundings.ts';
import { aFinding, T0 } from './test-events.ts';

/** The demo shop as tests know it: four tiers, an agent each, and one for the whole machine. */
const entities = {
  web: 'service:shop-web',
  was: 'service:shop-was',
  app: 'service:shop-app',
  db: 'database:shop-db',
} as const;
type Tier = keyof typeof entities;

const addresses: Readonly<Record<string, string>> = {
  '127.0.0.1:8080': entities.was,
  '127.0.0.1:9000': entities.app,
  '127.0.0.1:5432': entities.db,
};
const addressOf = (tier: Tier): string =>
  Object.keys(addresses).find((address) => addresses[address] === entities[tier]) ?? '';

export const shopTopology: TopologyView = {
  dependencies: () => [
    { caller: entities.web, callee: entities.was, confidence: 1 },
    { caller: entities.was, callee: entities.app, confidence: 1 },
    { caller: entities.app, callee: entities.db, confidence: 1 },
  ],
  entityAt: (_agent, address) => addresses[address] ?? null,
  attachments: () => [],
};

export const MACHINE = 'demo-machine';
const WHOLE_HOST = 'demo-host';
export const agents: readonly { readonly agent: string; readonly scope: string | null }[] = [
  ...Object.values(entities).map((entity) => ({ agent: entity.slice(entity.indexOf(':') + 1), scope: entity })),
  { agent: WHOLE_HOST, scope: null },
];

export const shop: Surroundings = surroundingsOf(
  shopTopology,
  new Map(agents.map(({ agent, scope }) => [agent, { machine: MACHINE, scope }])),
);

/** One finding of the stream: seconds after the fault began. */
export interface Seen {
  readonly agent: string;
  readonly entity: string;
  readonly nature: FindingNature;
  readonly trouble: string;
  readonly peer: string | null;
  readonly onset: number;
  readonly found: number;
}

const ofTier =
  (nature: FindingNature) =>
  (tier: Tier, trouble: string, onset: number, found: number, peer: Tier | null = null): Seen => ({
    agent: `shop-${tier}`,
    entity: entities[tier],
    nature,
    trouble,
    peer: peer === null ? null : addressOf(peer),
    onset,
    found,
  });
const fault = ofTier('fault');
const pressure = ofTier('pressure');
const symptom = ofTier('symptom');
const elsewhere = (agent: string, entity: string, trouble: string, onset: number, found: number): Seen => ({
  agent,
  entity,
  nature: 'fault',
  trouble,
  peer: null,
  onset,
  found,
});
const onHost = (trouble: string, onset: number, found: number): Seen => ({
  ...elsewhere(WHOLE_HOST, `host:${WHOLE_HOST}`, trouble, onset, found),
  nature: 'pressure',
});
const slowDownTo = (tier: 'app' | 'was'): Seen[] => [
  symptom('web', 'latency', 3, 24),
  symptom('web', 'call-latency', 3, 25, 'was'),
  symptom('was', 'latency', 2, 23),
  symptom('was', 'call-latency', 2, 26, 'app'),
  ...(tier === 'app' ? [symptom('app', 'latency', 2, 22)] : []),
];

export interface ShopFault {
  readonly name: string;
  readonly target: string;
  readonly seen: readonly Seen[];
}

/** The faults of the demo, each with everything that naturally follows. */
export const shopFaults = {
  cpu: {
    name: 'a CPU burn in the app',
    target: entities.app,
    seen: [
      fault('app', 'cpu', 0, 12),
      pressure('app', 'event-loop', 1, 10),
      onHost('cpu', 1, 46),
      ...slowDownTo('app'),
      symptom('app', 'call-latency', 4, 28, 'db'),
      pressure('was', 'threads', 6, 20),
    ],
  },
  slow: {
    name: 'a slow statement',
    target: entities.db,
    seen: [
      fault('db', 'slow-statement', 0, 14),
      symptom('app', 'call-latency', 1, 21, 'db'),
      pressure('app', 'pool', 5, 17),
      ...slowDownTo('app'),
      pressure('was', 'threads', 8, 22),
    ],
  },
  lock: {
    name: 'a lock held in the database',
    target: entities.db,
    seen: [
      fault('db', 'lock', 1, 12),
      fault('db', 'slow-statement', 8, 24),
      symptom('app', 'call-latency', 2, 22, 'db'),
      pressure('app', 'pool', 6, 16),
      ...slowDownTo('app'),
      symptom('web', 'errors', 20, 44),
      symptom('db', 'log-errors', 4, 13),
      symptom('was', 'call-errors', 20, 43, 'app'),
      symptom('db', 'traffic', 10, 40),
    ],
  },
  pool: {
    name: 'an exhausted connection pool',
    target: entities.app,
    seen: [
      fault('app', 'pool-leak', 1, 16),
      pressure('app', 'pool', 1, 10),
      ...slowDownTo('app'),
      symptom('app', 'errors', 10, 33),
      symptom('db', 'traffic', 3, 30),
    ],
  },
  down: {
    name: 'the WAS down',
    target: entities.was,
    seen: [
      fault('was', 'missing', 0, 6),
      symptom('web', 'call-errors', 1, 20, 'was'),
      symptom('web', 'errors', 1, 19),
      symptom('web', 'log-errors', 1, 9),
      symptom('app', 'traffic', 1, 24),
      symptom('db', 'traffic', 1, 27),
      symptom('was', 'traffic', 1, 25),
      { ...elsewhere(WHOLE_HOST, `service:tomcat@${WHOLE_HOST}`, 'missing', 2, 14) },
    ],
  },
  link: {
    name: 'latency between WAS and app',
    target: 'link:shop-was~shop-app',
    seen: [
      elsewhere('shop-was', 'link:shop-was~shop-app', 'link-latency', 1, 18),
      symptom('was', 'call-latency', 1, 20, 'app'),
      symptom('was', 'call-errors', 1, 24, 'app'),
      symptom('was', 'latency', 1, 22),
      symptom('web', 'call-latency', 2, 23, 'was'),
      symptom('web', 'latency', 2, 24),
      pressure('was', 'threads', 4, 19),
    ],
  },
  quota: {
    name: 'a directory filling',
    target: 'directory:uploads@shop-app',
    seen: [
      elsewhere('shop-app', 'directory:uploads@shop-app', 'directory', 2, 15),
      symptom('app', 'errors', 25, 48),
      symptom('was', 'call-errors', 25, 49, 'app'),
      symptom('web', 'errors', 25, 50),
    ],
  },
  memory: {
    name: 'a memory leak',
    target: entities.app,
    seen: [
      fault('app', 'memory', 2, 17),
      onHost('memory', 10, 50),
      fault('app', 'cpu', 25, 40),
      pressure('app', 'event-loop', 26, 38),
      symptom('app', 'latency', 26, 50),
    ],
  },
} as const satisfies Readonly<Record<string, ShopFault>>;

/** The wire's finding; `lastsS` null: it still holds. Times are seconds after `T0`. */
export function shopFinding(seen: Seen, startS: number, lastsS: number | null, name: string): Finding {
  const ended = lastsS === null ? null : T0 + (startS + Math.max(lastsS + 8, seen.found + 1)) * 1000;
  return aFinding({
    id: `f-${name}-${seen.agent}-${seen.trouble}`,
    state: ended === null ? 'open' : 'closed',
    entity: seen.entity,
    nature: seen.nature,
    trouble: seen.trouble,
    peer: seen.peer,
    title: { ko: seen.trouble, en: seen.trouble },
    summary: { ko: `${seen.trouble} 이상입니다.`, en: `There is ${seen.trouble}.` },
    startedAtUnixMs: T0 + (startS + seen.onset) * 1000,
    detectedAtUnixMs: T0 + (startS + seen.found) * 1000,
    endedAtUnixMs: ended,
  });
}
