import { compressBatch, type ReplayAsk } from '@airis/protocol';
import type { AnswerWriter } from './answer-writer.ts';
import type { HeldHere } from './window-answer.ts';

interface Listed {
  readonly recording: string;
  readonly site: string;
  readonly route: string;
  readonly fromUnixMs: number;
  toUnixMs: number;
  parts: number;
  bytes: number;
}

const MAX_LISTED = 500;

/** Answers with which recordings the window holds, or with the parts of one, a chunk each. */
export async function answerReplay(wanted: ReplayAsk, out: AnswerWriter, held: HeldHere): Promise<void> {
  const { recording, fromUnixMs, toUnixMs, deadlineUnixMs } = wanted;
  const listed = new Map<string, Listed>();
  for (const rows of held.recordings.frames(fromUnixMs, toUnixMs, recording ?? '')) {
    if (deadlineUnixMs <= held.nowMs()) return out.fail('deadline', 'not read in time');
    for (const [time, name, site, route, part, events] of rows) {
      if (recording !== null) {
        if (name === recording && !out.send(packed({ part, events: JSON.parse(events) as unknown }))) {
          return out.failTooLarge();
        }
        continue;
      }
      const known = listed.get(name) ?? {
        recording: name,
        site,
        route,
        fromUnixMs: time,
        toUnixMs: time,
        parts: 0,
        bytes: 0,
      };
      known.toUnixMs = time;
      known.parts++;
      known.bytes += events.length;
      listed.set(name, known);
    }
    await new Promise(setImmediate);
  }
  out.end(recording === null ? packed([...listed.values()].slice(-MAX_LISTED)) : new Uint8Array());
}

const packed = (value: unknown): Uint8Array => compressBatch(Buffer.from(JSON.stringify(value)));
