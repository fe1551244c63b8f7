import { execFile } from 'node:child_process';

export interface ProgramEnd {
  /** 0 for success; null where it was ended because it took too long or said too much. */
  readonly code: number | null;
  readonly text: string;
}
export type RunProgram = (
  program: string,
  args: readonly string[],
  limits: { readonly timeoutMs: number; readonly maxBytes: number },
) => Promise<ProgramEnd>;

/** Programs of the system, whatever the agent was started with. */
const ENVIRONMENT = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };

/**
 * Runs a program of the system in the language of programs, without a shell.
 *
 * @throws where it cannot be started
 */
export const runProgram: RunProgram = (program, args, { timeoutMs, maxBytes }) =>
  new Promise((resolve, reject) => {
    const options = { timeout: timeoutMs, maxBuffer: maxBytes, env: ENVIRONMENT } as const;
    execFile(program, [...args], options, (error, text) => {
      if (error !== null && typeof error.code === 'string' && error.code !== 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') {
        reject(new Error(`${program} cannot be run: ${error.code}`, { cause: error }));
      } else if (error === null) resolve({ code: 0, text });
      else resolve({ code: typeof error.code === 'number' ? error.code : null, text });
    });
  });
