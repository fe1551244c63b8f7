import type { DeliveryClass, Tombstone } from '@airis/protocol';

export type LossReason = Tombstone['reason'];

/** Evicted lowest first: what the host itself still holds goes before what only this copy knows. */
export const priorities = {
  fullResolution: 0,
  transaction: 1,
  log: 2,
  health: 3,
  summary: 4,
  series: 5,
  change: 6,
  finding: 7,
} as const;
export type Priority = (typeof priorities)[keyof typeof priorities];

/** One batch or event to be delivered. */
export interface SpoolItem {
  readonly class: DeliveryClass;
  /** Last token of the subject: a signal's name or an event's kind. */
  readonly kind: string;
  /** `<signal>/<version>`, for the header. */
  readonly schema: string;
  readonly priority: Priority;
  readonly rows: number;
  readonly fromUnixMs: number;
  readonly toUnixMs: number;
  readonly payload: Uint8Array;
}

/** A committed item with its place in the sequence, or the tombstone that stands for `from`..`seq`. */
export interface HeldBatch {
  readonly class: DeliveryClass;
  readonly seq: number;
  /** Below `seq` only for a tombstone over a range. */
  readonly from: number;
  readonly kind: string;
  readonly schema: string;
  readonly rows: number;
  readonly isTombstone: boolean;
  readonly payload: Uint8Array;
}

export interface SpoolHealth {
  readonly bytes: number;
  readonly limitBytes: number;
  readonly batches: number;
  readonly oldestUnixMs: number | null;
  readonly lossRowsByReason: Readonly<Record<string, number>>;
}
