import type { EventKind, Result } from '@airis/protocol';

export interface AgentEvent {
  readonly agent: string;
  readonly agentNumber: number;
  readonly kind: EventKind;
  /** Read by the schema of its kind. */
  readonly payload: unknown;
  readonly receivedAtMs: number;
}

/**
 * Where events go. Handling is idempotent, and durable once it resolves: after a crash in between, the same event comes
 * again. A refusal sends the event to quarantine; a rejection means "later", and the event is offered again.
 */
export interface EventSink {
  handle(event: AgentEvent): Promise<Result<void, string>>;
}
