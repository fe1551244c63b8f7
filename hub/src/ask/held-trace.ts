import type { TraceRequest, TraceSpanRow } from '../api/ports.ts';
import { type AgentAnswer, AskFailure, type AskFailureCode, type Question } from './ask-agent.ts';
import { readHeldSpans } from './held-spans.ts';

/** What came of asking one host. */
export interface AskedHost {
  readonly agent: string;
  /** `cut`: it answered more than is read; `revoked`: it may not be asked any more; `unasked`: too many hosts. */
  readonly state: 'answered' | 'cut' | 'silent' | 'refused' | 'unreadable' | 'revoked' | 'unasked';
  readonly spans: number;
  /** Rows that it keeps to itself, and rows of its answer that are not of this trace. */
  readonly withheld: number;
  readonly leftOut: number;
  /** In the host's or the hub's words; empty where it answered. */
  readonly detail: string;
}

export interface HeldTrace {
  readonly spans: readonly TraceSpanRow[];
  readonly hosts: readonly AskedHost[];
}

export interface HeldTraceOptions {
  readonly ask: (question: Question) => Promise<AgentAnswer>;
  readonly isLive: (agent: string) => Promise<boolean>;
  /** Further agents that what was answered points at. */
  readonly touchedBy: (spans: readonly TraceSpanRow[]) => readonly string[];
  readonly nowMs: () => number;
}

/** Hosts asked for one trace; one that crosses more is told in part, and says which. */
export const MAX_HOSTS = 16;
/** A host may point at another that the hub knew nothing of: a database that keeps its slow statements. */
const ROUNDS = 2;
const WITHIN_MS = 6_000;
const MAX_BYTES = 2 * 1024 * 1024;
const failedStates: Readonly<Record<AskFailureCode, AskedHost['state']>> = {
  AGENT_SILENT: 'silent',
  AGENT_REFUSED: 'refused',
  ANSWER_INVALID: 'unreadable',
};

/** Asks hosts at the same time for what they keep of a trace. Never rejects for a host that does not answer. */
export async function askForTrace(
  wanted: TraceRequest,
  agents: readonly string[],
  options: HeldTraceOptions,
): Promise<HeldTrace> {
  const spans: TraceSpanRow[] = [];
  const hosts = new Map<string, AskedHost>();
  let next = [...new Set(agents)];
  for (let round = 0; round < ROUNDS && next.length > 0; round++) {
    const room = Math.max(0, MAX_HOSTS - hosts.size);
    for (const agent of next.slice(room)) hosts.set(agent, untold(agent, 'unasked', `more than ${MAX_HOSTS} hosts`));
    const answers = await Promise.all(next.slice(0, room).map((agent) => askOne(wanted, agent, options)));
    for (const { host, spans: told } of answers) {
      hosts.set(host.agent, host);
      spans.push(...told);
    }
    next = [...new Set(options.touchedBy(spans))].filter((agent) => !hosts.has(agent));
  }
  return { spans, hosts: [...hosts.values()] };
}

async function askOne(
  wanted: TraceRequest,
  agent: string,
  { ask, isLive, nowMs }: HeldTraceOptions,
): Promise<{ readonly host: AskedHost; readonly spans: readonly TraceSpanRow[] }> {
  if (!(await isLive(agent))) {
    return { host: untold(agent, 'revoked', 'it is no host of this hub any more'), spans: [] };
  }
  try {
    const question = { agent, verb: 'trace', ask: { ...wanted }, withinMs: WITHIN_MS, maxBytes: MAX_BYTES } as const;
    const { bodies, withheldRows } = await ask(question);
    const { spans, leftOut, isCut } = readHeldSpans(bodies, agent, wanted, nowMs());
    const state = isCut ? 'cut' : 'answered';
    return { host: { agent, state, spans: spans.length, withheld: withheldRows, leftOut, detail: '' }, spans };
  } catch (cause) {
    if (!(cause instanceof AskFailure)) throw cause;
    return { host: untold(agent, failedStates[cause.code], cause.message), spans: [] };
  }
}

const untold = (agent: string, state: AskedHost['state'], detail: string): AskedHost => ({
  agent,
  state,
  spans: 0,
  withheld: 0,
  leftOut: 0,
  detail,
});
