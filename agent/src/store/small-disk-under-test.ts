import { type ChildProcess, spawn, spawnSync } from 'node:child_process';

const mountAndRun = 'mount -t tmpfs -o "size=$1" tmpfs "$2" && shift 2 && exec "$@"';
const inNamespace = ['--user', '--map-root-user', '--mount', 'sh', '-c'];

/** Why a process cannot be given a disk of its own here; `null` where it can. */
export function whyNoSmallDisk(folder: string): string | null {
  const tried = spawnSync('unshare', [...inNamespace, mountAndRun, 'sh', '65536', folder, 'true'], {
    encoding: 'utf8',
  });
  return tried.status === 0 ? null : `no small disk can be mounted: ${tried.stderr || String(tried.error)}`;
}

/** A module in a process of its own, with a disk of `bytes` mounted at `folder` that nobody else sees. */
export function runOnSmallDisk(folder: string, bytes: number, file: string, words: readonly string[]): ChildProcess {
  const command = [process.execPath, '--conditions=airis-source', file, ...words];
  return spawn('unshare', [...inNamespace, mountAndRun, 'sh', String(bytes), folder, ...command], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}
