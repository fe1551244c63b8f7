/**
 * NATS subject names. `<agent>` is the id given at enrolment; the server enforces it by permission, so that a payload
 * never needs to say who sent it. `agentPermissions` is the same table seen from the server.
 */
export const DATA_STREAM = 'DATA';
export const EVENT_STREAM = 'EVENT';
export const DESIRED_BUCKET = 'desired';
export const ACTUAL_BUCKET = 'actual';
export const MODELS_BUCKET = 'models';
export const DATA_PARTITIONS = 16;

/** Kinds of event an agent may publish. */
export const EVENT_KINDS = ['finding', 'change', 'summary', 'health'] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

export const subjects = {
  /** `signal` is a name from `signals`, or `tombstone` for a range the spool evicted. */
  data: (agent: string, signal: string) => `airis.data.${agent}.${signal}`,
  /** `kind` is one of EVENT_KINDS, or `tombstone`. */
  event: (agent: string, kind: EventKind | 'tombstone') => `airis.event.${agent}.${kind}`,
  receipt: (agent: string) => `airis.receipt.${agent}`,
  watermark: (agent: string) => `airis.watermark.${agent}`,
  ask: (agent: string, verb: string) => `airis.ask.${agent}.${verb}`,
  answer: (agent: string, request: string) => `airis.answer.${agent}.${request}`,
  order: (agent: string) => `airis.order.${agent}`,
  nudge: (agent: string) => `airis.nudge.${agent}`,
  inboxPrefix: (agent: string) => `_INBOX.${agent}`,
} as const;

/** As stored in DATA after the server's partition transform: `airis.part.<n>.<agent>.<signal>`. */
export const dataPartitionSubject = (partition: number | '*') => `airis.part.${partition}.>`;

/** What an agent's signing-key template allows; `{{name()}}` is the agent id, expanded by the server. */
export function agentPermissions(name = '{{name()}}'): { publish: string[]; subscribe: string[] } {
  return {
    publish: [
      `airis.data.${name}.*`,
      `airis.event.${name}.*`,
      `airis.watermark.${name}`,
      `airis.answer.${name}.*`,
      `$KV.${ACTUAL_BUCKET}.${name}`,
      `$JS.API.DIRECT.GET.KV_${DESIRED_BUCKET}.$KV.${DESIRED_BUCKET}.${name}`,
      `$JS.API.DIRECT.GET.OBJ_${MODELS_BUCKET}.>`,
    ],
    subscribe: [
      `airis.receipt.${name}`,
      `airis.ask.${name}.*`,
      `airis.order.${name}`,
      `airis.nudge.${name}`,
      `_INBOX.${name}.>`,
    ],
  };
}

/** Headers of a published batch or event. */
export const headers = {
  msgId: 'Nats-Msg-Id',
  /** `<signal>/<version>` of the payload's schema. */
  schema: 'Airis-Schema',
  rows: 'Airis-Rows',
  /** On the first batch after an agent's start: Unix ms at which the last batch before it was spooled. */
  previousSpooledAt: 'Airis-Previous-Spooled-At',
} as const;
