import { type JsonRefusal, parseJson } from './json.ts';
import { MAX_EVENT_BYTES } from './limits.ts';
import { type Result, refused } from './result.ts';
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

const readers: { readonly [K in ReadableEventKind]: (bytes: Uint8Array) => Result<EventByKind[K], JsonRefusal> } = {
  finding: (bytes) => parseJson(finding, bytes, MAX_EVENT_BYTES),
  change: (bytes) => parseJson(change, bytes, MAX_EVENT_BYTES),
  health: (bytes) => parseJson(health, bytes, MAX_EVENT_BYTES),
  tombstone: (bytes) => parseJson(tombstone, bytes, MAX_EVENT_BYTES),
};

/** An event's payload by the kind its subject names. */
export function parseEvent<K extends ReadableEventKind>(
  kind: K,
  bytes: Uint8Array,
): Result<EventByKind[K], EventRefusal>;
export function parseEvent(kind: string, bytes: Uint8Array): Result<EventByKind[ReadableEventKind], EventRefusal>;
export function parseEvent(kind: string, bytes: Uint8Array): Result<EventByKind[ReadableEventKind], EventRefusal> {
  return isReadable(kind) ? readers[kind](bytes) : refused('unknown-kind', kind.slice(0, 64));
}

const isReadable = (kind: string): kind is ReadableEventKind => Object.hasOwn(readers, kind);
