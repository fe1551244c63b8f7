/** What mod_status says with `?auto`; `null` where this Apache does not say it (before 2.4.39, or `ExtendedStatus Off`). */
export interface ApacheStatus {
  readonly busy: number;
  readonly idle: number;
  readonly requests: number | null;
  readonly bytes: number | null;
  readonly requestSeconds: number | null;
  readonly uptimeSeconds: number | null;
  readonly connections: number | null;
  readonly asyncConnections: Readonly<Partial<Record<AsyncState, number>>>;
  /** Workers by what they do; empty without a scoreboard. */
  readonly scoreboard: ReadonlyMap<string, number>;
}

export const scoreboardStates: Readonly<Record<string, string>> = {
  _: 'waiting',
  S: 'starting',
  R: 'reading',
  W: 'sending',
  K: 'keepalive',
  D: 'dnslookup',
  C: 'closing',
  L: 'logging',
  G: 'finishing',
  I: 'idle_cleanup',
  '.': 'open',
};

export const asyncStates = {
  writing: 'Writing',
  keepalive: 'KeepAlive',
  closing: 'Closing',
  wait_io: 'WaitIO',
} as const;
export type AsyncState = keyof typeof asyncStates;

/** @returns `null` for any other page */
export function parseApacheStatus(text: string): ApacheStatus | null {
  const values = new Map<string, string>();
  for (const line of text.split('\n', 2_000)) {
    const at = line.indexOf(': ');
    if (at > 0 && at < 64 && !values.has(line.slice(0, at))) values.set(line.slice(0, at), line.slice(at + 2).trim());
  }
  const said = (name: string): number | null => {
    const value = values.get(name);
    return value !== undefined && /^\d+(?:\.\d+)?$/.test(value) ? Number(value) : null;
  };
  const busy = said('BusyWorkers');
  const idle = said('IdleWorkers');
  if (busy === null || idle === null) return null;
  const kBytes = said('Total kBytes');
  const durationMs = said('Total Duration');
  const asyncConnections: Partial<Record<AsyncState, number>> = {};
  for (const state of Object.keys(asyncStates) as AsyncState[]) {
    const count = said(`ConnsAsync${asyncStates[state]}`);
    if (count !== null) asyncConnections[state] = count;
  }
  return {
    busy,
    idle,
    requests: said('Total Accesses'),
    bytes: kBytes === null ? null : kBytes * 1_024,
    requestSeconds: durationMs === null ? null : durationMs / 1_000,
    uptimeSeconds: said('ServerUptimeSeconds') ?? said('Uptime'),
    connections: said('ConnsTotal'),
    asyncConnections,
    scoreboard: countStates(values.get('Scoreboard')),
  };
}

function countStates(scoreboard: string | undefined): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  if (scoreboard === undefined) return counts;
  for (const state of Object.values(scoreboardStates)) counts.set(state, 0);
  for (const letter of scoreboard) {
    const state = scoreboardStates[letter];
    if (state !== undefined) counts.set(state, (counts.get(state) ?? 0) + 1);
  }
  return counts;
}
