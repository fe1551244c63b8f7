import {
  type BatchId,
  type DeliveryClass,
  headers,
  MAX_BATCH_ROWS,
  parseBatchId,
  type Result,
  refused,
} from '@airis/protocol';
import type { AgentNumbers } from './agent-numbers.ts';
import { readSubject, type StreamMessage } from './stream-message.ts';

/** Who sent a message and as which number, once subject and headers agree. */
export interface Envelope {
  readonly agent: string;
  readonly agentNumber: number;
  /** Last token of the subject: a signal, an event kind, or `tombstone`. */
  readonly kind: string;
  readonly id: BatchId;
  /** As the sender says, within bounds; for counting what is refused. */
  readonly claimedRows: number;
}

export type EnvelopeRefusal = 'bad-subject' | 'unknown-agent' | 'missing-id' | 'foreign-id' | 'wrong-class';

/** The server has checked the subject against the sender's permissions; everything else is held against the subject. */
export function readEnvelope(
  message: StreamMessage,
  deliveryClass: DeliveryClass,
  agents: AgentNumbers,
): Result<Envelope, EnvelopeRefusal> {
  const subject = readSubject(message.subject);
  if (subject === null) return refused('bad-subject', message.subject.slice(0, 200));
  const agentNumber = agents.numberOf(subject.agent);
  if (agentNumber === null) return refused('unknown-agent', subject.agent.slice(0, 64));
  const text = message.header(headers.msgId);
  const id = parseBatchId(text);
  if (id === null) return refused('missing-id', `Nats-Msg-Id is ${JSON.stringify(text.slice(0, 100))}`);
  if (id.agent !== subject.agent) return refused('foreign-id', `${id.agent} on a subject of ${subject.agent}`);
  if (id.class !== deliveryClass) return refused('wrong-class', `${id.class} among ${deliveryClass}`);
  const rows = Number(message.header(headers.rows));
  const claimedRows = Number.isInteger(rows) && rows > 0 ? Math.min(rows, MAX_BATCH_ROWS) : 1;
  return { ok: true, value: { agent: subject.agent, agentNumber, kind: subject.kind, id, claimedRows } };
}
