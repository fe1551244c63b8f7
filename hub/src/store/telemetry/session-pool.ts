import { Session } from 'chdb';

/** What a query may change about its session: engine settings and `{name:Type}` parameters, as text. */
export interface QueryScope {
  readonly settings: ReadonlyMap<string, string>;
  readonly parameters: ReadonlyMap<string, string>;
}

export interface QueryOutcome {
  readonly bytes: Uint8Array;
  readonly rowsRead: number;
  readonly bytesRead: number;
}

/** `read` answers questions, `write` inserts: a slow dashboard never makes ingest wait. */
export type Lane = 'read' | 'write';

export interface SessionPool {
  run(lane: Lane, queryId: string, sql: string, format: string, scope: QueryScope): Promise<QueryOutcome>;
  /** Stops the running query of that id; from a session of its own, since a session runs one query at a time. */
  kill(queryId: string): Promise<void>;
  close(): void;
}

interface Leased {
  readonly session: Session;
  /** Settings that the last query left behind: reset, or set again, by the next one in the same round trip. */
  dirty: ReadonlySet<string>;
}

interface Line {
  readonly free: Leased[];
  readonly waiting: ((leased: Leased) => void)[];
}

/** Requests that may wait for a session of one lane; further ones are refused (code 202, as ClickHouse does). */
const WAITING_MAX = 200;

/**
 * Sessions over one data folder. A chDB session serialises its queries and keeps what `SET` gave it, so every query gets
 * a session to itself and starts with a single `SET` that resets the one before.
 */
export function createSessionPool(
  path: string,
  connectionArgs: readonly string[],
  sizes: Readonly<Record<Lane, number>>,
): SessionPool {
  const all: Session[] = [];
  const open = (): Session => {
    const session = new Session(path, { connectionArgs });
    all.push(session);
    return session;
  };
  const line = (size: number): Line => ({
    free: Array.from({ length: size }, () => ({ session: open(), dirty: new Set<string>() })),
    waiting: [],
  });
  const admin = open();
  const lines: Record<Lane, Line> = { read: line(sizes.read), write: line(sizes.write) };

  const take = (lane: Line): Promise<Leased> => {
    const leased = lane.free.pop();
    if (leased !== undefined) return Promise.resolve(leased);
    if (lane.waiting.length >= WAITING_MAX) {
      return Promise.reject(new Error('Code: 202. DB::Exception: Too many simultaneous queries. (TOO_MANY_QUERIES)'));
    }
    return new Promise((resolve) => lane.waiting.push(resolve));
  };
  const give = (lane: Line, leased: Leased): void => {
    const next = lane.waiting.shift();
    if (next === undefined) lane.free.push(leased);
    else next(leased);
  };

  return {
    async run(laneName, queryId, sql, format, scope) {
      const lane = lines[laneName];
      const leased = await take(lane);
      try {
        // Its mark among the running ones: a comment would not do, since a query with parameters is shown rewritten.
        const settings = new Map(scope.settings).set('log_comment', queryId);
        const set = setStatement(leased.dirty, { settings, parameters: scope.parameters });
        leased.dirty = new Set([...leased.dirty, ...settings.keys()]);
        await leased.session.queryAsync(set, { format: 'TabSeparated' });
        leased.dirty = new Set(settings.keys());
        const result = await leased.session.queryAsync(sql, { format });
        return { bytes: result.bytes(), rowsRead: result.rowsRead, bytesRead: result.bytesRead };
      } finally {
        give(lane, leased);
      }
    },
    async kill(queryId) {
      await admin.queryAsync(`KILL QUERY WHERE Settings['log_comment'] = ${quoteText(queryId)} ASYNC`, {
        format: 'TabSeparated',
      });
    },
    close() {
      for (const session of all) session.close();
    },
  };
}

/** One `SET` that brings a session from what the last query wanted to what this one wants. */
export function setStatement(dirty: ReadonlySet<string>, scope: QueryScope): string {
  const parts: string[] = [];
  for (const name of dirty) if (!scope.settings.has(name)) parts.push(`${name} = DEFAULT`);
  for (const [name, value] of scope.settings) parts.push(`${name} = ${quoteText(value)}`);
  for (const [name, value] of scope.parameters) parts.push(`param_${name} = ${quoteText(value)}`);
  return `SET ${parts.join(', ')}`;
}

/** Names of `{name:Type}` placeholders; a superset, since text literals are not told apart. */
export function placeholders(sql: string): ReadonlySet<string> {
  return new Set(Array.from(sql.matchAll(/\{\s*([A-Za-z_]\w*)\s*:/g), (match) => match[1]!));
}

export function quoteText(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
