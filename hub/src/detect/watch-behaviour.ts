import { BehaviourRows, type BehaviourVerdict, judgeBehaviour, ROW_LIMIT, ROW_MS } from '@airis/models';
import type { Finding } from '@airis/protocol';
import type { Log } from '../log.ts';
import type { HostSeries } from '../query/behaviour-series.ts';
import { startTicking } from '../quiet-ticker.ts';
import { BEHAVIOUR_DETECTOR, behaviourFinding, closedBehaviour, continuedBehaviour } from './behaviour-finding.ts';

interface WatchedAgent {
  readonly id: string;
  readonly number: number;
  readonly revokedAtUnixMs: number | null;
}

export interface BehaviourWatchOptions {
  readonly agents: () => Promise<readonly WatchedAgent[]>;
  /** Means of steps of the series that a host's behaviour is made of. */
  readonly read: (request: {
    readonly agent: number;
    readonly fromUnixMs: number;
    readonly toUnixMs: number;
    readonly stepMs: number;
  }) => Promise<{ readonly times: readonly number[]; readonly series: readonly HostSeries[] }>;
  /** All findings that hold now, of all hosts. */
  readonly openFindings: () => Promise<readonly { readonly agent: string; readonly finding: Finding }[]>;
  /** The door to incidents. */
  readonly take: (agent: string, finding: Finding) => Promise<void>;
  readonly clock: () => number;
  readonly log: Log;
  /** 0 leaves ticking to the caller. */
  readonly everyMs?: number;
}

export interface BehaviourWatch extends AsyncDisposable {
  /** Reads and judges the one host that has waited longest, where one is due. */
  tick(): Promise<void>;
}

/** One host at a time, so that the hub has its breath between them. */
const DEFAULT_EVERY_MS = 1_000;
/** Summaries of the last minutes may still be on their way. */
const LAG_MS = 60_000;
/** Read again with every row, for what came late. */
const READ_AGAIN_ROWS = 3;
/** The store answers with so many steps at most. */
const READ_ROWS = 576;
/** Hosts whose week is held, some 300 kB each; of further ones the week is read again each time they are due. */
const HELD_HOSTS = 500;
const UPDATE_EVERY_MS = 30 * 60_000;

interface Held {
  readonly rows: BehaviourRows;
  toldAtUnixMs: number;
}

/**
 * Holds each host against its own last week, every five minutes, one host a second: with more than 300 hosts each is looked
 * at more rarely. Keeps no state that matters: weeks are read from the store again after a restart, and open findings are
 * continued.
 */
export function createBehaviourWatch(options: BehaviourWatchOptions): BehaviourWatch {
  const { clock, log, everyMs = DEFAULT_EVERY_MS } = options;
  /** By agent, the one that was looked at longest ago first. */
  const held = new Map<string, Held>();
  const dueAt = new Map<string, number>();

  async function tick(): Promise<void> {
    const nowUnixMs = clock();
    const agents = (await options.agents()).filter(({ revokedAtUnixMs }) => revokedAtUnixMs === null);
    forgetGone(agents);
    const next = agents
      .map((agent) => ({ agent, at: dueAt.get(agent.id) ?? Number.NEGATIVE_INFINITY }))
      .sort((a, b) => a.at - b.at)[0];
    if (next === undefined || next.at > nowUnixMs) return;
    const endUnixMs = Math.floor((nowUnixMs - LAG_MS) / ROW_MS) * ROW_MS;
    dueAt.set(next.agent.id, endUnixMs + ROW_MS + LAG_MS);
    await look(next.agent, endUnixMs, nowUnixMs);
  }

  async function look({ id, number }: WatchedAgent, endUnixMs: number, nowUnixMs: number): Promise<void> {
    const known = held.get(id) ?? { rows: new BehaviourRows(), toldAtUnixMs: 0 };
    held.delete(id);
    const series = await readInto(known.rows, number, endUnixMs);
    held.set(id, known);
    if (held.size > HELD_HOSTS) held.delete(held.keys().next().value!);
    const verdict = await judgeBehaviour(known.rows);
    await tell(id, known, verdict, series, nowUnixMs);
  }

  /** What is missing up to `endUnixMs`, at most a week. The series of the newest part. */
  async function readInto(rows: BehaviourRows, agent: number, endUnixMs: number): Promise<readonly HostSeries[]> {
    const weekAgo = endUnixMs - ROW_LIMIT * ROW_MS;
    const readFrom = rows.rows === 0 ? weekAgo : Math.max(weekAgo, rows.endUnixMs - READ_AGAIN_ROWS * ROW_MS);
    let newest: readonly HostSeries[] = [];
    for (let from = readFrom; from < endUnixMs; from += READ_ROWS * ROW_MS) {
      const toUnixMs = Math.min(endUnixMs, from + READ_ROWS * ROW_MS);
      const { times, series } = await options.read({ agent, fromUnixMs: from, toUnixMs, stepMs: ROW_MS });
      // A host that is new has no rows before it was there.
      const first = rows.rows > 0 ? 0 : firstKnown(times, series);
      rows.take(
        times.slice(first),
        series.map((one) => ({ ...one, mean: Array.from(one.mean).slice(first) })),
      );
      newest = series;
    }
    return newest;
  }

  async function tell(
    agent: string,
    known: Held,
    verdict: BehaviourVerdict | null,
    series: readonly HostSeries[],
    nowUnixMs: number,
  ): Promise<void> {
    const open = (await options.openFindings()).find(
      (one) => one.agent === agent && one.finding.detector.name === BEHAVIOUR_DETECTOR,
    )?.finding;
    if (open === undefined) {
      if (verdict === null || !verdict.isStrange || !verdict.isNews) return;
      known.toldAtUnixMs = nowUnixMs;
      await options.take(agent, behaviourFinding(agent, verdict, series, nowUnixMs));
    } else if (verdict === null || !verdict.isStrange) {
      await options.take(agent, closedBehaviour(open, nowUnixMs));
    } else if (nowUnixMs - known.toldAtUnixMs >= UPDATE_EVERY_MS) {
      known.toldAtUnixMs = nowUnixMs;
      await options.take(agent, continuedBehaviour(open, behaviourFinding(agent, verdict, series, nowUnixMs)));
    }
  }

  function forgetGone(agents: readonly WatchedAgent[]): void {
    const there = new Set(agents.map(({ id }) => id));
    for (const id of dueAt.keys()) {
      if (there.has(id)) continue;
      dueAt.delete(id);
      held.delete(id);
    }
  }

  const ticking = startTicking(tick, everyMs, log, 'BEHAVIOUR_WATCH_FAILED');
  return {
    tick,
    [Symbol.asyncDispose]: () => ticking[Symbol.asyncDispose](),
  };
}

function firstKnown(times: readonly number[], series: readonly HostSeries[]): number {
  const first = times.findIndex((_, i) => series.some(({ mean }) => Number.isFinite(mean[i] ?? Number.NaN)));
  return first < 0 ? times.length : first;
}
