import { randomUUID } from 'node:crypto';
import { type AnswerChunk, answerChunk, parseJson, subjects } from '@airis/protocol';

/** What the hub needs of a NATS connection for questions. */
export interface AskConnection {
  publish(subject: string, payload: string): void;
  subscribe(
    subject: string,
    options: { callback: (error: Error | null, message: { readonly data: Uint8Array }) => void },
  ): { unsubscribe(): void };
}

export interface Question {
  readonly agent: string;
  readonly verb: 'window' | 'trace' | 'threads';
  /** What the verb needs beside the request's id, deadline and bytes. */
  readonly ask: Readonly<Record<string, unknown>>;
  readonly withinMs: number;
  readonly maxBytes: number;
}

export interface AgentAnswer {
  /** Bodies of the chunks in their order. */
  readonly bodies: readonly Uint8Array[];
  /** Rows that stay on the host. */
  readonly withheldRows: number;
}

export type AskFailureCode = 'AGENT_SILENT' | 'AGENT_REFUSED' | 'ANSWER_INVALID';

/** A question that was not answered; `reason` is the agent's own word where it said no. */
export class AskFailure extends Error {
  override readonly name = 'AskFailure';
  readonly code: AskFailureCode;
  readonly reason: string;

  constructor(code: AskFailureCode, reason: string, detail: string) {
    super(detail);
    this.code = code;
    this.reason = reason;
  }
}

/** No agent sends a message larger than the broker takes. */
const MAX_CHUNK_BYTES = 8 * 1024 * 1024;
/** Time for the answer to travel when it was sent at the deadline. */
const GRACE_MS = 1_000;

/**
 * Asks one agent, and gathers its answer.
 *
 * @throws AskFailure AGENT_SILENT: nothing, or not all, came in time; AGENT_REFUSED: it said no, with its reason;
 * ANSWER_INVALID: what came is no answer, is out of order, or larger than was asked for
 */
export async function askAgent(
  connection: AskConnection,
  { agent, verb, ask, withinMs, maxBytes }: Question,
  nowMs: () => number,
): Promise<AgentAnswer> {
  const request = randomUUID();
  const { promise, resolve, reject } = Promise.withResolvers<AgentAnswer>();
  const bodies: Uint8Array[] = [];
  let bytes = 0;
  let next = 0;

  function take(chunk: AnswerChunk): void {
    const problem = problemOf(chunk);
    if (problem !== null) {
      reject(problem);
      return;
    }
    next++;
    if (chunk.body !== '') bodies.push(Buffer.from(chunk.body, 'base64'));
    if (chunk.last) resolve({ bodies, withheldRows: chunk.withheldRows });
  }

  function problemOf(chunk: AnswerChunk): AskFailure | null {
    if (chunk.error !== null) return new AskFailure('AGENT_REFUSED', chunk.error.code, chunk.error.detail);
    if (chunk.chunk !== next) return invalid(`chunk ${chunk.chunk} came where ${next} was due`);
    bytes += chunk.body.length;
    return bytes > maxBytes ? invalid(`it is larger than ${maxBytes} bytes`) : null;
  }

  const subscription = connection.subscribe(subjects.answer(agent, request), {
    callback(error, message) {
      const read = error === null ? parseJson(answerChunk, message.data, MAX_CHUNK_BYTES) : null;
      if (read === null) reject(new AskFailure('AGENT_SILENT', 'broker', error?.message ?? ''));
      else if (read.ok) take(read.value);
      else reject(invalid(read.detail));
    },
  });
  const timer = setTimeout(
    () => reject(new AskFailure('AGENT_SILENT', 'deadline', `${agent} did not answer within ${withinMs} ms`)),
    withinMs + GRACE_MS,
  );
  try {
    const payload = { ...ask, request, maxBytes, deadlineUnixMs: Math.round(nowMs() + withinMs) };
    connection.publish(subjects.ask(agent, verb), JSON.stringify(payload));
    return await promise;
  } finally {
    clearTimeout(timer);
    subscription.unsubscribe();
  }
}

const invalid = (why: string) =>
  new AskFailure('ANSWER_INVALID', 'invalid', `the agent's answer cannot be used: ${why}`);
