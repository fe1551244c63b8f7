import { execFile } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const BUILD_WITHIN_MS = 240_000;

/** The root folder of another Debian, with what every Debian has and nothing else: no Node above all. */
export interface BareRoot extends AsyncDisposable {
  readonly path: string;
  /** Program and words that run a command inside, with an empty environment, the host's `/proc` and `/sys`, and its network. */
  inside(...command: readonly string[]): [string, string[]];
}

/** @param suite - as `bullseye`; its packages come from where those of this machine come from */
export async function makeBareRoot(suite: string, path: string): Promise<BareRoot> {
  await mkdir(path, { recursive: true });
  const mirror = await debianMirror();
  const words = ['--variant=minbase', suite, path, ...(mirror === null ? [] : [mirror])];
  // In a mount namespace of its own, here and below: what is mounted goes with the process, however that ends.
  await execute(...asRoot('unshare', '--mount', 'debootstrap', ...words), {
    timeout: BUILD_WITHIN_MS,
    maxBuffer: 16 * 1024 * 1024,
  });
  const enter = `mount --rbind /proc "$0/proc" && mount --rbind /sys "$0/sys" && exec chroot "$0" /usr/bin/env -i "$@"`;
  return {
    path,
    inside: (...command) => asRoot('unshare', '--mount', 'sh', '-c', enter, path, ...command),
    async [Symbol.asyncDispose]() {
      if (process.getuid?.() === 0) await rm(path, { recursive: true, force: true });
      else await execute(...asRoot('rm', '-rf', '--one-file-system', path));
    },
  };
}

/** `null` where none is told: debootstrap then takes Debian's own. */
async function debianMirror(): Promise<string | null> {
  const { stdout } = await execute('apt-get', ['indextargets', '--format', '$(REPO_URI)']);
  return stdout.split('\n').find((uri) => /^https?:.*\/debian\/?$/.test(uri)) ?? null;
}

export function asRoot(program: string, ...words: readonly string[]): [string, string[]] {
  return process.getuid?.() === 0 ? [program, [...words]] : ['sudo', ['-n', program, ...words]];
}
