import { z } from 'zod';
import { AskFailure, type AskFailureCode, type Question } from '../ask/ask-agent.ts';
import { readHeldLines } from '../ask/held-lines.ts';
import { readThreadText } from '../ask/thread-text.ts';
import { koreanTime } from '../korean-time.ts';
import { ApiError, notFound } from './api-error.ts';
import type { ApiContext } from './context.ts';
import { agentOf, hostIdOf } from './present.ts';
import { defineRoute } from './route.ts';
import { heldLinesAnswer, heldLinesQuery, threadsAnswer, threadsQuery } from './schema/ask.ts';
import { hostId } from './schema/common.ts';
import { windowOf } from './time-window.ts';

const MAX_WINDOW_MS = 3_600_000;
const LINES_WITHIN_MS = 8_000;
const LINES_BYTES = 4 * 1024 * 1024;
const THREADS_WITHIN_MS = 20_000;
const THREADS_BYTES = 4 * 1024 * 1024;

/** What to do about a question that was not answered. */
const failures: Readonly<Record<AskFailureCode, { readonly status: number; readonly hint: string }>> = {
  AGENT_SILENT: { status: 504, hint: 'see on the host page whether the agent is connected, and ask again' },
  AGENT_REFUSED: { status: 409, hint: 'the host decides what it answers: see floor.yaml there, or ask for less' },
  ANSWER_INVALID: { status: 502, hint: 'see the agent’s version and log' },
};

export const queryHeldLines = defineRoute({
  method: 'POST',
  path: '/api/v1/query/held-lines',
  summary: 'Log lines that a host keeps for two days, ordinary ones too: asked of the host, masked there',
  auth: 'operator',
  body: heldLinesQuery,
  response: heldLinesAnswer,
  audit: 'host.lines-asked',
  async handle({ body: { host, from, to, limit } }, hub) {
    const now = hub.clock();
    const window = windowOf({ from, to }, now);
    if (window.toUnixMs - window.fromUnixMs > MAX_WINDOW_MS) {
      throw new ApiError(400, 'BAD_REQUEST', 'the window is longer than an hour', { hint: 'ask for a shorter time' });
    }
    const agent = await liveAgent(host, hub);
    const answer = await answered(hub, {
      agent,
      verb: 'window',
      ask: { kind: 'log', fromUnixMs: window.fromUnixMs, toUnixMs: window.toUnixMs },
      withinMs: LINES_WITHIN_MS,
      maxBytes: LINES_BYTES,
    });
    const lines = readable(() => readHeldLines(answer.bodies, now)).filter(
      ({ timeUnixMs }) => timeUnixMs >= window.fromUnixMs && timeUnixMs <= window.toUnixMs,
    );
    return {
      lines: lines.slice(0, limit).map(({ timeUnixMs, templateId, ...line }) => ({
        ...line,
        host: hostIdOf(agent),
        time: koreanTime(timeUnixMs),
        templateId: templateId.toString(16).padStart(16, '0'),
      })),
      isCut: lines.length > limit,
      withheld: answer.withheldRows,
    };
  },
});

export const takeThreads = defineRoute({
  method: 'POST',
  path: '/api/v1/hosts/{id}/threads',
  summary: 'What all threads of the host’s Java virtual machines do now',
  auth: 'operator',
  params: z.strictObject({ id: hostId }),
  body: threadsQuery,
  response: threadsAnswer,
  audit: 'host.threads-asked',
  async handle({ params: { id }, body: { pid } }, hub) {
    const agent = await liveAgent(id, hub);
    const takenAt = koreanTime(hub.clock());
    const { bodies } = await answered(hub, {
      agent,
      verb: 'threads',
      ask: { pid: pid ?? null },
      withinMs: THREADS_WITHIN_MS,
      maxBytes: THREADS_BYTES,
    });
    return { host: hostIdOf(agent), takenAt, text: readable(() => readThreadText(bodies)) };
  },
});

async function liveAgent(id: string, hub: ApiContext): Promise<string> {
  const agent = await hub.agents.agent(agentOf(id));
  if (agent === null || agent.revokedAtUnixMs !== null) throw notFound(`live host ${id}`);
  return agent.id;
}

async function answered(hub: ApiContext, question: Question) {
  try {
    return await hub.ask(question);
  } catch (cause) {
    throw cause instanceof AskFailure ? apiErrorOf(cause) : cause;
  }
}

/** What an agent sends is not to be trusted: what cannot be read is its fault, not the hub's. */
function readable<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw apiErrorOf(
      cause instanceof AskFailure
        ? cause
        : new AskFailure('ANSWER_INVALID', 'unreadable', 'the agent’s answer cannot be unpacked'),
    );
  }
}

function apiErrorOf(failure: AskFailure): ApiError {
  const { status, hint } = failures[failure.code];
  return new ApiError(status, failure.code, failure.message, { hint, cause: failure });
}
