import { z } from 'zod';

/** Name of an agent as the hub gave it at enrolment: a lower-case DNS label, also a NATS token. */
export const agentId = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'lower-case letters, digits and dashes');

/** 128 random bits in hex, made with the spool file: two spools never share one, and nobody can guess it. */
export const epochId = z.string().regex(/^[0-9a-f]{32}$/, '32 hex digits');

/** Deliveries are numbered per class; `event` goes first and is evicted last. */
export const deliveryClass = z.enum(['event', 'data']);
export type DeliveryClass = z.infer<typeof deliveryClass>;

/** An entity of the graph: `host:web-1`, `service:shop-was`, `database:orders`. */
export const entityId = z.string().regex(/^[a-z][a-z-]*:[^\s]{1,200}$/, 'kind:name');

/** Room for a device's name in its entity id. */
const DEVICE_NAME_LENGTH = 100;

/**
 * `device:sw-core-1`: one entity, whether a neighbour names the device by LLDP or somebody named it in settings, if both call
 * it the same but for case and white space.
 */
export const deviceEntity = (name: string): string =>
  `device:${name.trim().toLowerCase().replaceAll(/\s+/g, '-').slice(0, DEVICE_NAME_LENGTH)}`;

export interface BatchId {
  readonly agent: string;
  readonly epoch: string;
  readonly class: DeliveryClass;
  /** 1-based, contiguous within (agent, epoch, class). */
  readonly seq: number;
}

const batchIdPattern = /^([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)\.([0-9a-f]{32})\.(event|data)\.([1-9][0-9]{0,15})$/;

/** `<agent>.<epoch>.<class>.<seq>`: the `Nats-Msg-Id` of every batch and event. */
export function formatBatchId(id: BatchId): string {
  return `${id.agent}.${id.epoch}.${id.class}.${id.seq}`;
}

/** The parts of a batch id, or `null` when the text is not one. */
export function parseBatchId(text: string): BatchId | null {
  const match = batchIdPattern.exec(text);
  if (match === null) return null;
  const seq = Number(match[4]);
  if (!Number.isSafeInteger(seq)) return null;
  // The pattern admits only the two classes.
  return { agent: match[1]!, epoch: match[2]!, class: match[3] as DeliveryClass, seq };
}
