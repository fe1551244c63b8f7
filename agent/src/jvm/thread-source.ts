import { execFile } from 'node:child_process';
import type { ThreadSource } from '../link/threads-answer.ts';
import { runningJvms } from './attach.ts';

const TIMEOUT_MS = 20_000;
const MAX_BYTES = 32 * 1024 * 1024;

/**
 * Thread dumps by a child of this program: to ask a virtual machine of another user, root becomes that user, and the agent
 * itself never does.
 *
 * @param program - what starts this program again, to which words of its command line are added
 * @param mayAsk - whether the agent watches a process
 */
export function createThreadSource(
  program: readonly [string, ...string[]],
  mayAsk: (pid: number) => boolean,
): ThreadSource {
  const [command, ...words] = program;
  return {
    machines: () => runningJvms().filter(({ pid }) => mayAsk(pid)),
    dump: (pid) =>
      new Promise((resolve, reject) => {
        const args = [...words, 'jvm', 'threads', String(pid), '--json'];
        execFile(command, args, { timeout: TIMEOUT_MS, maxBuffer: MAX_BYTES }, (error, stdout, stderr) => {
          if (error !== null)
            return reject(
              new Error(`threads of ${pid} were not read: ${stderr.trim().slice(0, 300)}`, { cause: error }),
            );
          // Printed by our own command.
          resolve((JSON.parse(stdout) as { threads: string }).threads);
        });
      }),
  };
}
