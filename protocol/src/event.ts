import type { z } from 'zod';
import { type JsonRefusal, parseJson } from './json.ts';
import { MAX_EVENT_BYTES } from './limits.ts';
import { ok, type Result, refused } from './result.ts';
import { type Change, change } from './schema/change.ts';
import { type Tombstone, tombstone } from './schema/delivery.ts';
import { type Finding, finding } from './schema/finding.ts';
import { type Health, health } from './schema/health.ts';

/** What each kind of event carries; tombstones come on the same subjects. */
export interface EventByKind {
  readonly finding: Finding;
  readonly change: Change;
  readonly health: Health;
  readonly tombstone: Tombstone;
}
/** Kinds that this version reads; a subject may name others. */
export type ReadableEventKind = keyof EventByKind;

export type EventRefusal = JsonRefusal | 'unknown-kind';

const schemas: { readonly [K in ReadableEventKind]: z.ZodType<EventByKind[K]> } = {
  finding,
  change,
  health,
  tombstone,
};

/** An event's payload by the kind its subject names. */
export function parseEvent<K extends ReadableEventKind>(
  kind: K,
  bytes: Uint8Array,
): Result<EventByKind[K], EventRefusal>;
export function parseEvent(kind: string, bytes: Uint8Array): Result<EventByKind[ReadableEventKind], EventRefusal>;
export function parseEvent(kind: string, bytes: Uint8Array): Result<EventByKind[ReadableEventKind], EventRefusal> {
  if (!isReadable(kind)) return refused('unknown-kind', kind.slice(0, 64));
  const schema: z.ZodType<EventByKind[ReadableEventKind]> = schemas[kind];
  return parseJson(schema, bytes, MAX_EVENT_BYTES);
}

/** An event as bytes to publish, refused here for whatever the other side would refuse it for. */
export function encodeEvent<K extends ReadableEventKind>(
  kind: K,
  event: EventByKind[K],
): Result<Uint8Array, EventRefusal> {
  const bytes = Buffer.from(JSON.stringify(event), 'utf8');
  const parsed = parseEvent(kind, bytes);
  return parsed.ok ? ok(bytes) : parsed;
}

const isReadable = (kind: string): kind is ReadableEventKind => Object.hasOwn(schemas, kind);
