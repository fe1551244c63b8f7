import { lstatSync, readFileSync } from 'node:fs';
import { errorText } from '../errors.ts';
import { closedFloor, type Floor, openFloor, parseFloor } from './log-rules.ts';

/** The floor that is in force, and what is wrong with its file. */
export interface FloorInForce {
  readonly floor: Floor;
  readonly path: string;
  readonly isThere: boolean;
  /** Why the file cannot be used: the strictest floor is then in force. `null` where all is well. */
  readonly problem: string | null;
}

const MAX_BYTES = 256 * 1024;
const WRITABLE_BY_OTHERS = 0o022;

/**
 * Reads floor.yaml. Only a file that is not there leaves the floor open; one that is unreadable, that others than its
 * owner may write, or that is not understood in every word closes it.
 *
 * @param ownerId - who must own the file; it is root's word that counts
 */
export function readFloor(path: string, ownerId = 0): FloorInForce {
  const closed = (problem: string) => ({ floor: closedFloor, path, isThere: true, problem });
  try {
    const { uid, mode, size } = lstatSync(path);
    if (uid !== ownerId) return closed(`it belongs to user ${uid}: chown root ${path}`);
    if ((mode & 0o170000) !== 0o100000) return closed('it is not a regular file: put the file itself there');
    if ((mode & WRITABLE_BY_OTHERS) !== 0) return closed(`others may write it: chmod go-w ${path}`);
    if (size > MAX_BYTES) return closed(`it has ${size} bytes, more than ${MAX_BYTES}`);
    const parsed = parseFloor(readFileSync(path, 'utf8'));
    return parsed.ok ? { floor: parsed.value, path, isThere: true, problem: null } : closed(parsed.detail);
  } catch (error) {
    const isAbsent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    return isAbsent ? { floor: openFloor, path, isThere: false, problem: null } : closed(errorText(error));
  }
}

/** One line for people. */
export function floorText({ path, isThere, problem }: FloorInForce): string {
  if (problem !== null) {
    return `${path} cannot be used, so that no file is read, nothing is asked and no question answered: ${problem}`;
  }
  return isThere ? `${path} bounds this agent` : 'no floor.yaml';
}
