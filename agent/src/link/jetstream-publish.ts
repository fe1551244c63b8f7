import { errors, headers, type NatsConnection } from '@nats-io/transport-node';
import { z } from 'zod';

export interface PublishAck {
  readonly stream: string;
  readonly seq: number;
  /** The stream had a message of this id already. */
  readonly duplicate: boolean;
}

export type PublishFailure =
  /** The stream takes nothing more (`discard: new`): the hub is behind. */
  | 'stream-full'
  /** Nobody listens on the subject: no stream. */
  | 'no-stream'
  /** The server does not allow it. */
  | 'not-allowed'
  /** Above what the server carries: it will never go. */
  | 'too-large'
  /** No answer, or the connection went. Whether it was stored is not known. */
  | 'unknown';

export class PublishError extends Error {
  readonly failure: PublishFailure;

  constructor(failure: PublishFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'PublishError';
    this.failure = failure;
  }
}

const answer = z.object({
  stream: z.string().optional(),
  seq: z.number().optional(),
  duplicate: z.boolean().optional(),
  error: z.object({ code: z.number(), err_code: z.number().optional(), description: z.string().optional() }).optional(),
});

/** JetStream's `maximum messages`, `maximum bytes`, `maximum messages per subject`, `insufficient resources`. */
const fullCodes = [10077, 10047, 10023];
/** `message size exceeds maximum allowed`. */
const tooLargeCodes = [10054];

/** Publishes one message and waits until the stream has it on disk. Throws `PublishError`. */
export async function publishDurably(
  nats: NatsConnection,
  subject: string,
  payload: Uint8Array,
  fields: Readonly<Record<string, string>>,
  timeoutMs: number,
): Promise<PublishAck> {
  const head = headers();
  for (const [name, value] of Object.entries(fields)) head.set(name, value);
  let reply: string;
  try {
    const message = await nats.request(subject, payload, { timeout: timeoutMs, headers: head });
    reply = message.string();
  } catch (cause) {
    throw new PublishError(failureOf(cause), String(cause), { cause });
  }
  return readAck(reply);
}

function readAck(reply: string): PublishAck {
  const parsed = answer.safeParse(parsedJson(reply));
  if (!parsed.success) throw new PublishError('unknown', `no acknowledgement: ${reply.slice(0, 100)}`);
  const { stream, seq, duplicate, error } = parsed.data;
  if (stream !== undefined && seq !== undefined && error === undefined) {
    return { stream, seq, duplicate: duplicate ?? false };
  }
  const code = error?.err_code ?? 0;
  const text = `${code} ${error?.description ?? reply.slice(0, 100)}`;
  if (fullCodes.includes(code)) throw new PublishError('stream-full', text);
  throw new PublishError(tooLargeCodes.includes(code) ? 'too-large' : 'unknown', text);
}

function failureOf(cause: unknown): PublishFailure {
  const root = cause instanceof errors.RequestError && cause.cause !== undefined ? cause.cause : cause;
  if (root instanceof errors.NoRespondersError) return 'no-stream';
  if (root instanceof errors.PermissionViolationError) return 'not-allowed';
  // The client checks the server's max_payload before it sends.
  if (root instanceof errors.InvalidArgumentError && root.message.includes('max_payload')) return 'too-large';
  return 'unknown';
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
