import { existsSync } from 'node:fs';

const SETPRIV_PATHS = ['/usr/bin/setpriv', '/bin/setpriv'];

/**
 * The same command, but killed by the kernel when this process dies, where `setpriv` (util-linux) is there to ask for
 * it. It replaces itself by the command, so that the pid stays the child's. Without it the pid file does the same at the
 * next start.
 *
 * @param signal - TERM for what has children of its own to end
 */
export function withParentDeathSignal(
  command: string,
  args: readonly string[],
  signal: 'KILL' | 'TERM' = 'KILL',
): { readonly command: string; readonly args: readonly string[] } {
  const setpriv = SETPRIV_PATHS.find((path) => existsSync(path));
  if (setpriv === undefined) return { command, args };
  return { command: setpriv, args: ['--pdeathsig', signal, '--', command, ...args] };
}
