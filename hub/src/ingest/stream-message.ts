import type { Msg } from '@nats-io/transport-node';

/** A stored message as the consumer delivers it. */
export interface StreamMessage {
  readonly stream: string;
  /** Its number in the stream. */
  readonly sequence: number;
  /** When the stream took it in, Unix ms: the same again after any crash. */
  readonly receivedAtMs: number;
  readonly subject: string;
  readonly data: Uint8Array;
  header(name: string): string;
  /** Where its acknowledgement goes; null for one fetched by number. */
  readonly ackSubject: string | null;
}

/**
 * Reads `$JS.ACK.<stream>.<consumer>.<delivered>.<sequence>.<consumer sequence>.<time, ns>.<pending>`, or the longer
 * form with `<domain>.<account>` after `ACK`. Null where the message was not delivered by a consumer.
 */
export function readDelivery(message: Msg): StreamMessage | null {
  const { reply } = message;
  if (reply === undefined || !reply.startsWith('$JS.ACK.')) return null;
  const parts = reply.split('.');
  const at = parts.length === 9 ? 2 : 4;
  const nanoseconds = parts[at + 5];
  if (nanoseconds === undefined) return null;
  return {
    stream: parts[at]!,
    sequence: Number(parts[at + 3]),
    receivedAtMs: Number(nanoseconds.slice(0, -6)),
    subject: message.subject,
    data: message.data,
    header: (name) => message.headers?.get(name) ?? '',
    ackSubject: reply,
  };
}

/** Agent and last token of `airis.data.<agent>.<x>`, `airis.part.<n>.<agent>.<x>` and `airis.event.<agent>.<x>`. */
export function readSubject(subject: string): { readonly agent: string; readonly kind: string } | null {
  const parts = subject.split('.');
  const at = parts[1] === 'part' ? 3 : 2;
  const agent = parts[at];
  const kind = parts[at + 1];
  if (parts[0] !== 'airis' || agent === undefined || kind === undefined || parts.length !== at + 2) return null;
  return { agent, kind };
}
