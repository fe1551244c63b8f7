import { askForTrace } from '../ask/held-trace.ts';
import { koreanTime } from '../korean-time.ts';
import { type TraceLine, traceLines } from '../transactions/trace-lines.ts';
import { traceTree } from '../transactions/trace-tree.ts';
import type { ApiContext } from './context.ts';
import type { TraceRequest, TraceSpanRow, TransactionRow } from './ports.ts';
import { agentOf, hostIdOf } from './present.ts';
import { defineRoute } from './route.ts';
import { heldTraceAnswer, SPAN_KINDS, traceAnswer, traceQuery } from './schema/transaction.ts';
import { timeOf } from './time-window.ts';
import type { TraceAnswer } from './types.ts';

const SEARCH_MS = 86_400_000;
const AROUND_MS = 600_000;
/** Hosts are asked for the time of what is known of the trace, and so much around it: they read files for it. */
const HELD_AROUND_MS = 60_000;
const MAX_LINES = 2_000;

export const queryTrace = defineRoute({
  method: 'POST',
  path: '/api/v1/query/traces',
  summary: 'Transactions and stored spans of one trace as a tree, with the time each spent itself',
  auth: 'viewer',
  body: traceQuery,
  response: traceAnswer,
  audit: null,
  async handle({ body }, hub) {
    const { transactions, spans } = await storedTrace(body, hub);
    return presentTrace(body.traceId, traceLines(transactions, spans), hub);
  },
});

export const queryHeldTrace = defineRoute({
  method: 'POST',
  path: '/api/v1/query/held-trace',
  summary: 'The same with what the hosts of the trace keep of it, asked of each of them now',
  auth: 'operator',
  body: traceQuery,
  response: heldTraceAnswer,
  audit: 'host.trace-asked',
  async handle({ body }, hub) {
    const { transactions, spans } = await storedTrace(body, hub);
    const known = [...transactions, ...spans];
    const { spans: held, hosts } = await askForTrace(timesOf(body.traceId, known, hub.clock()), agentsOf(known, hub), {
      ask: hub.ask,
      isLive: async (id) => (await hub.agents.agent(id))?.revokedAtUnixMs === null,
      touchedBy: (rows) => agentsOf(rows, hub),
      nowMs: hub.clock,
    });
    return {
      ...presentTrace(body.traceId, traceLines(transactions, spans, held), hub),
      hosts: hosts.map(({ agent, ...host }) => ({ ...host, host: hostIdOf(agent) })),
    };
  },
});

async function storedTrace(
  { traceId, around }: { traceId: string; around?: string | number | undefined },
  hub: ApiContext,
) {
  const now = hub.clock();
  const at = typeof around === 'string' ? timeOf(around, now) : around;
  const request = {
    traceId,
    fromUnixMs: at === undefined ? now - SEARCH_MS : at - AROUND_MS,
    toUnixMs: (at ?? now) + AROUND_MS,
  };
  const [transactions, spans] = await Promise.all([hub.query.trace(request), hub.query.traceSpans(request)]);
  return { transactions, spans };
}

type Row = Pick<TransactionRow | TraceSpanRow, 'endUnixMs' | 'elapsedMs' | 'agent' | 'peer'>;

function timesOf(traceId: string, rows: readonly Row[], now: number): TraceRequest {
  let fromUnixMs = Number.POSITIVE_INFINITY;
  let toUnixMs = Number.NEGATIVE_INFINITY;
  for (const { endUnixMs, elapsedMs } of rows) {
    fromUnixMs = Math.min(fromUnixMs, endUnixMs - elapsedMs);
    toUnixMs = Math.max(toUnixMs, endUnixMs);
  }
  if (rows.length === 0) fromUnixMs = toUnixMs = now;
  return {
    traceId,
    fromUnixMs: Math.floor(fromUnixMs) - HELD_AROUND_MS,
    toUnixMs: Math.ceil(toUnixMs) + HELD_AROUND_MS,
  };
}

/** Who told something of it, and who watches what was waited for: a database may keep a statement that nobody has sent. */
function agentsOf(rows: readonly Row[], { topology }: Pick<ApiContext, 'topology'>): readonly string[] {
  const callees = rows.flatMap(({ agent, peer }) => (peer === null ? [] : (topology.entityAt(agent, peer) ?? [])));
  const watching = [...new Set(callees)].flatMap((entity) => {
    const host = topology.hostOf(entity);
    return [topology.agentOf(entity) ?? [], host === null ? [] : agentOf(host)].flat();
  });
  return [...new Set([...rows.map(({ agent }) => agent), ...watching])];
}

function presentTrace(
  traceId: string,
  lines: readonly TraceLine[],
  { topology }: Pick<ApiContext, 'topology'>,
): TraceAnswer {
  const shown = lines.slice(0, MAX_LINES).map((line) => ({
    ...line,
    callee: line.peer === null ? null : topology.entityAt(line.agent, line.peer),
  }));
  return {
    traceId,
    cut: lines.length - shown.length,
    spans: traceTree(shown).map(({ row: { agent, kind, ...row }, ...place }) => ({
      ...row,
      ...place,
      at: koreanTime(row.endUnixMs),
      startUnixMs: row.endUnixMs - row.elapsedMs,
      kind: SPAN_KINDS[kind] ?? 'unset',
      host: hostIdOf(agent),
    })),
  };
}
