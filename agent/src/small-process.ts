import { isSea } from 'node:sea';

/**
 * How the agent's process is kept small; measured with the model on, in MB of anonymous memory: 49 without the last two
 * flags, 42 to 44 with all. Resident are 114 to 127, by how much of the libraries the page cache maps at once; without any
 * flag 168.
 * A young generation of 1 MB costs little CPU, since steps leave little garbage; one background thread of V8 and one arena
 * of the allocator are enough for one core's share of work; the optimising compilers cost more memory than the few
 * milliseconds a second that they save; what ran at the start alone need not stay compiled.
 */
export const smallProcessFlags: readonly string[] = [
  '--max-semi-space-size=1',
  '--max-old-space-size=96',
  '--v8-pool-size=1',
  '--no-opt',
  '--no-maglev',
  '--optimize-for-size',
  '--bytecode-old-age=1',
];

export const smallProcessEnvironment: Readonly<Record<string, string>> = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_TRIM_THRESHOLD_: '131072',
  MALLOC_MMAP_THRESHOLD_: '131072',
  UV_THREADPOOL_SIZE: '2',
  // ONNX Runtime reports home otherwise; it must be set before the library loads.
  ORT_DISABLE_TELEMETRY: '1',
};

/**
 * Replaces this process by the same program under the flags and environment above, once: same pid, same arguments, same
 * standard streams. Does nothing where they are there already, or the platform cannot.
 */
export function becomeSmall(): void {
  const { execve, execArgv, execPath, argv, env } = process;
  const isBinary = isSea(); // whose flags are built in
  const hasFlags =
    isBinary || smallProcessFlags.every((flag) => execArgv.some((given) => given.startsWith(flag.split('=')[0]!)));
  const hasEnvironment = Object.entries(smallProcessEnvironment).every(([name, value]) => env[name] === value);
  if ((hasFlags && hasEnvironment) || execve === undefined) return;
  const words = isBinary
    ? [execPath, ...argv.slice(2)]
    : [execPath, ...(hasFlags ? [] : smallProcessFlags), ...execArgv, ...argv.slice(1)];
  const environment = { ...env, ...smallProcessEnvironment };
  const kept = Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined);
  execve.call(process, execPath, words, Object.fromEntries(kept));
}
