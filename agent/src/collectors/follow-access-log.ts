import { FileTail } from '../receivers/file-tail.ts';
import { Refusals } from '../refusals.ts';

const KiB = 1024;
const MAX_LINE_BYTES = 16 * KiB;

/** Scratch space for the logs of one collector, which are read one after the other. */
export const accessLogBuffer = (): Buffer => Buffer.allocUnsafe(64 * KiB);

export interface FollowedAccessLog {
  readonly path: string;
  readonly onLine: (line: string) => void;
  readonly buffer: Buffer;
  readonly nowMs: () => number;
  readonly mayRead: (path: string) => boolean;
}

/** An access log from its end on, through rotation and truncation; every line is taken. */
export function followAccessLog({ path, onLine, buffer, nowMs, mayRead }: FollowedAccessLog): FileTail {
  return new FileTail({
    path,
    encoding: 'utf-8',
    maxLineBytes: MAX_LINE_BYTES,
    joinsStackTraces: false,
    startAt: 'end',
    // Counters begin anew with each start of the agent, so there is no place to remember.
    positions: { load: () => null, save: () => undefined },
    // The log receiver counts what cannot be read of the same file.
    refusals: new Refusals(),
    deliver: (line) => {
      onLine(line);
      return true;
    },
    buffer,
    nowMs,
    mayRead,
  });
}
