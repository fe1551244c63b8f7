import { parseJson, visitId } from '@airis/protocol';
import { maskEvent } from '@airis/protocol/replay-mask';
import { z } from 'zod';
import { pagePath } from './beacon.ts';

/** Some seconds of a page as they are kept: events are rrweb's, masked, as JSON. */
export type RecordingRow = readonly [
  timeUnixMs: number,
  visit: string,
  site: string,
  route: string,
  page: string,
  part: number,
  events: string,
];

const part = z.object({
  key: z.string().min(1).max(64),
  session: visitId,
  page: visitId,
  part: z.int().min(0).max(1_000),
  path: pagePath,
  events: z.array(z.unknown()).min(1).max(5_000),
});
export type RecordingPart = z.output<typeof part>;

export const MAX_PART_BYTES = 512 * 1024;
const MAX_VISIT_MS = 30 * 60_000;
const MAX_VISIT_CHARACTERS = 5_000_000;
const MAX_VISITS_IN_AN_HOUR = 60;
const HOUR_MS = 3_600_000;
/** Parts that wait to be kept; with the largest size this bounds the memory. */
const MAX_WAITING_CHARACTERS = 4_000_000;

/** @returns `null` for what is no part of a recording */
export function parseRecordingPart(body: Uint8Array): RecordingPart | null {
  const read = parseJson(part, body, MAX_PART_BYTES);
  return read.ok ? read.value : null;
}

/** Recordings on their way in: so many visits begun in an hour, each so long and so large, masked again before they wait. */
export class Recordings {
  readonly #open = new Map<string, { readonly sinceMs: number; characters: number }>();
  #waiting: RecordingRow[] = [];
  #waitingCharacters = 0;

  /** @returns why it was not taken, `null` if it was */
  take(site: string, route: string, { session, page, part, events }: RecordingPart, nowMs: number): string | null {
    for (const [name, { sinceMs }] of this.#open) if (Math.abs(nowMs - sinceMs) > HOUR_MS) this.#open.delete(name);
    const key = `${site} ${session}`;
    const known = this.#open.get(key) ?? { sinceMs: nowMs, characters: 0 };
    if (!this.#open.has(key) && this.#open.size >= MAX_VISITS_IN_AN_HOUR)
      return 'enough visits were begun in this hour';
    if (Math.abs(nowMs - known.sinceMs) > MAX_VISIT_MS) return 'the recording is longer than it may be';
    const text = JSON.stringify(events.flatMap((event) => maskEvent(event) ?? []));
    if (text === '[]') return 'nothing in it is an event';
    if (known.characters + text.length > MAX_VISIT_CHARACTERS) return 'the recording is larger than it may be';
    if (this.#waitingCharacters + text.length > MAX_WAITING_CHARACTERS) return 'too many recordings at once';
    known.characters += text.length;
    this.#open.set(key, known);
    this.#waiting.push([nowMs, session, site, route, page, part, text]);
    this.#waitingCharacters += text.length;
    return null;
  }

  takeWaiting(): readonly RecordingRow[] {
    const rows = this.#waiting;
    this.#waiting = [];
    this.#waitingCharacters = 0;
    return rows;
  }
}
