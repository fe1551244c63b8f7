import { type BeanAttributes, beanName, type JolokiaRead, numberIn } from './jolokia.ts';

/** Connections of a pool to a database, whichever library keeps them. */
export interface JdbcPool {
  readonly name: string;
  readonly used: number;
  readonly idle: number;
  readonly limit: number | null;
  /** Requests that wait for a connection; DBCP does not say. */
  readonly pending: number | null;
}

/** The questions, in the order `jdbcPools` expects their answers: tomcat-jdbc, HikariCP with its limits, DBCP. */
export const jdbcReads: readonly JolokiaRead[] = [
  { mbean: 'tomcat.jdbc:type=ConnectionPool,*', attribute: ['Active', 'Idle', 'MaxActive', 'WaitCount'] },
  {
    mbean: 'com.zaxxer.hikari:type=Pool (*)',
    attribute: ['ActiveConnections', 'IdleConnections', 'ThreadsAwaitingConnection'],
  },
  { mbean: 'com.zaxxer.hikari:type=PoolConfig (*)', attribute: ['MaximumPoolSize'] },
  { mbean: 'Catalina:type=DataSource,*', attribute: ['numActive', 'numIdle', 'maxTotal'] },
];

/** Pools told at most; further ones are left out. */
export const POOL_LIMIT = 16;

/** Each pool once: what Tomcat keeps of a tomcat-jdbc pool under its own domain is the same pool. */
export function jdbcPools(answers: readonly (BeanAttributes | null | undefined)[]): JdbcPool[] {
  const [tomcat, hikari, limits, dbcp] = answers;
  const limitOf = new Map(
    beans(limits).map(({ keys, values }) => [hikariName(keys), numberIn(values, 'MaximumPoolSize')] as const),
  );
  const all = [
    // A pool's single connections have beans of their own, which the same pattern matches.
    ...beans(tomcat)
      .filter(({ keys }) => !keys.has('connections'))
      .map(({ keys, values }) => poolOf(nameOf(keys), values, ['Active', 'Idle', 'MaxActive', 'WaitCount'])),
    ...beans(hikari).map(({ keys, values }) => {
      const name = hikariName(keys);
      const pool = poolOf(name, values, ['ActiveConnections', 'IdleConnections', '', 'ThreadsAwaitingConnection']);
      return pool === null ? null : { ...pool, limit: limitOf.get(name) ?? null };
    }),
    ...beans(dbcp)
      .filter(({ keys }) => !keys.has('connectionpool') && !keys.has('connections'))
      .map(({ keys, values }) => poolOf(nameOf(keys), values, ['numActive', 'numIdle', 'maxTotal', ''])),
  ];
  const found = new Map<string, JdbcPool>();
  for (const pool of all) {
    if (pool !== null && !found.has(pool.name) && found.size < POOL_LIMIT) found.set(pool.name, pool);
  }
  return [...found.values()];
}

function poolOf(
  name: string,
  values: BeanAttributes,
  keys: readonly [string, string, string, string],
): JdbcPool | null {
  const [used, idle, limit, pending] = keys.map((key) => numberIn(values, key));
  if (name === '' || typeof used !== 'number' || typeof idle !== 'number') return null;
  return {
    name,
    used,
    idle,
    limit: limit !== undefined && limit !== null && limit > 0 ? limit : null,
    pending: pending ?? null,
  };
}

const beans = (answer: BeanAttributes | null | undefined) =>
  Object.entries(answer ?? {}).flatMap(([name, value]) =>
    typeof value === 'object' && value !== null ? [{ keys: beanName(name).keys, values: value as BeanAttributes }] : [],
  );

const NAME_LENGTH = 100;
const nameOf = (keys: ReadonlyMap<string, string>): string => (keys.get('name') ?? '').slice(0, NAME_LENGTH);
/** `Pool (HikariPool-1)` and `PoolConfig (HikariPool-1)` → `HikariPool-1`. */
const hikariName = (keys: ReadonlyMap<string, string>): string =>
  (/^Pool(?:Config)? \((.*)\)$/.exec(keys.get('type') ?? '')?.[1] ?? '').slice(0, NAME_LENGTH);
