import {
  compressBatch,
  MAX_RECORDED_ROUTES,
  MAX_RECORDED_VISITS,
  type RecordedPart,
  type RecordedVisit,
  type ReplayAsk,
} from '@airis/protocol';
import type { AnswerWriter } from './answer-writer.ts';
import type { HeldHere } from './window-answer.ts';

interface Listed {
  readonly visit: RecordedVisit;
  /** The page of the last part that was read. */
  readonly page: string;
}

/** Answers with which visits the window holds recordings of, or with the parts of one, a chunk each. */
export async function answerReplay(wanted: ReplayAsk, out: AnswerWriter, held: HeldHere): Promise<void> {
  const { visit, fromUnixMs, toUnixMs, deadlineUnixMs } = wanted;
  const listed = new Map<string, Listed>();
  for (const rows of held.recordings.frames(fromUnixMs, toUnixMs, visit ?? '')) {
    if (deadlineUnixMs <= held.nowMs()) return out.fail('deadline', 'not read in time');
    for (const [time, name, site, route, page, part, events] of rows) {
      if (visit === null) {
        const before = listed.get(name);
        const routes = before?.visit.routes ?? [];
        if (page !== before?.page && routes.length < MAX_RECORDED_ROUTES) routes.push(route);
        const fromUnixMs = before?.visit.fromUnixMs ?? time;
        const bytes = (before?.visit.bytes ?? 0) + events.length;
        // A visit that goes on is among the latest.
        listed.delete(name);
        listed.set(name, { page, visit: { visit: name, site, routes, fromUnixMs, toUnixMs: time, bytes } });
      } else if (name === visit) {
        const told: RecordedPart = { page, part, route, events: JSON.parse(events) as unknown[] }; // as it was written
        if (!out.send(packed(told))) return out.failTooLarge();
      }
    }
    await new Promise(setImmediate);
  }
  if (visit !== null) return out.end();
  out.end(packed([...listed.values()].slice(-MAX_RECORDED_VISITS).map((one) => one.visit)));
}

const packed = (value: unknown): Uint8Array => compressBatch(Buffer.from(JSON.stringify(value)));
