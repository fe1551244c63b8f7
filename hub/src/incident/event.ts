import {
  type Change,
  change as changeSchema,
  type EventKind,
  type Finding,
  finding as findingSchema,
  type Health,
  health as healthSchema,
  ok,
  type Result,
  refused,
} from '@airis/protocol';
import type { z } from 'zod';

/** One event as ingest hands it over; the agent is known from the subject. */
export interface IncomingEvent {
  readonly agent: string;
  readonly agentNumber: number;
  readonly kind: EventKind;
  readonly payload: unknown;
  /** When the hub's stream took it in, so that a second delivery carries the same time. */
  readonly receivedAtMs: number;
}

export type KnownEvent =
  | { readonly kind: 'finding'; readonly finding: Finding }
  | { readonly kind: 'change'; readonly change: Change }
  | { readonly kind: 'health'; readonly health: Health };

/** The event's content, or why it is refused: `malformed-<kind>`, `unsupported-kind`. */
export function readEvent(event: IncomingEvent): Result<KnownEvent> {
  switch (event.kind) {
    case 'finding':
      return read('finding', findingSchema, event.payload, (finding) => ({ kind: 'finding', finding }));
    case 'change':
      return read('change', changeSchema, event.payload, (change) => ({ kind: 'change', change }));
    case 'health':
      return read('health', healthSchema, event.payload, (health) => ({ kind: 'health', health }));
    case 'summary':
      return refused('unsupported-kind', 'this hub reads no summaries yet');
  }
}

function read<S extends z.ZodType>(
  kind: string,
  schema: S,
  payload: unknown,
  wrap: (value: z.output<S>) => KnownEvent,
): Result<KnownEvent> {
  const parsed = schema.safeParse(payload);
  if (parsed.success) return ok(wrap(parsed.data));
  const issue = parsed.error.issues[0];
  return refused(`malformed-${kind}`, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not valid'}`.slice(0, 300));
}
