import { statfsSync } from 'node:fs';
import { arch, platform } from 'node:os';
import { InstallError } from './progress.mjs';

const GIB = 1024 ** 3;
/** Packages take 1.3 GiB; building and a first day of data want room beside them. */
const NEEDED_FREE_BYTES = 3 * GIB;

/** Says clearly what this machine lacks, before anything is downloaded. */
export function preflight(root, isInstalled) {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 20) {
    throw new InstallError(
      'NODE_TOO_OLD',
      `Node ${process.versions.node} runs this script; Node 20 or newer is needed to install the rest.`,
      'install Node 20 or newer (Debian 12: the nodejs package of a current release) and try again',
    );
  }
  if (platform() !== 'linux' || arch() !== 'x64') {
    throw new InstallError(
      'MACHINE_NOT_SUPPORTED',
      `this machine is ${platform()}/${arch()}; the embedded store and the packaged Node are built for linux/x64.`,
      'run AIRIS-MON on a 64-bit x86 Linux machine (agents for other machines come from a hub)',
    );
  }
  const header = process.report?.getReport?.()?.header;
  if (header !== undefined && header.glibcVersionRuntime === undefined) {
    throw new InstallError(
      'LIBC_NOT_SUPPORTED',
      'this system has no glibc (musl?); the embedded store needs glibc 2.34 or newer.',
      'use Debian 12, Ubuntu 22.04, Rocky 9 or newer',
    );
  }
  if (!isInstalled) {
    const disk = statfsSync(root);
    const freeBytes = disk.bavail * disk.bsize;
    if (freeBytes < NEEDED_FREE_BYTES) {
      throw new InstallError(
        'DISK_TOO_SMALL',
        `${root} has ${(freeBytes / GIB).toFixed(1)} GiB free; installing needs ${NEEDED_FREE_BYTES / GIB} GiB.`,
        'free some space or clone to a larger disk',
      );
    }
  }
}
