import { compressBatch, type ThreadsAsk } from '@airis/protocol';
import type { AnswerWriter } from './answer-writer.ts';
import type { HeldHere } from './window-answer.ts';

/** Stops every thread of a virtual machine for a moment: not oftener than this. */
const EVERY_MS = 10_000;
const MACHINES_AT_ONCE = 4;
const CHUNK_BYTES = 512 * 1024;

export interface JavaMachine {
  readonly pid: number;
  readonly main: string;
}

/** The Java virtual machines that an agent may ask what their threads do. */
export interface ThreadSource {
  machines(): readonly JavaMachine[];
  /** As the virtual machine prints it. */
  dump(pid: number): Promise<string>;
}

/** Answers with thread dumps, masked line by line; remembers when it did so last. */
export function createThreadsAnswer(): (wanted: ThreadsAsk, out: AnswerWriter, held: HeldHere) => Promise<void> {
  let lastAtMs = Number.NEGATIVE_INFINITY;
  return async (wanted, out, { threads, gate, nowMs }) => {
    const now = nowMs();
    if (Math.abs(now - lastAtMs) < EVERY_MS)
      return out.fail('busy', 'threads were asked for within the last ten seconds');
    const found = threads.machines().filter(({ pid }) => wanted.pid === null || pid === wanted.pid);
    if (found.length === 0) {
      return out.fail(
        'no-jvm',
        'no Java virtual machine that this agent may reach runs here; root reaches all (airis-agent jvm)',
      );
    }
    lastAtMs = now;
    const parts: string[] = [];
    for (const { pid, main } of found.slice(0, MACHINES_AT_ONCE)) {
      const text = await threads.dump(pid);
      parts.push(
        `pid ${pid} ${main}\n${text
          .split('\n')
          .map((line) => gate.admitProgramLine(line))
          .join('\n')}`,
      );
      if (wanted.deadlineUnixMs <= nowMs()) return out.fail('deadline', 'not read in time');
    }
    const whole = Buffer.from(parts.join('\n'));
    const chunkBytes = Math.ceil(whole.length / Math.ceil(whole.length / CHUNK_BYTES));
    for (let from = 0; from < whole.length; from += chunkBytes) {
      if (!out.send(compressBatch(whole.subarray(from, from + chunkBytes)))) return out.failTooLarge();
    }
    out.end();
  };
}
