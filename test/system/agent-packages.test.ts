import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { asRoot, type BareRoot, makeBareRoot } from '../harness/bare-root.ts';
import { type HubUnderTest, startHub } from '../harness/hub-under-test.ts';
import { startCommand } from '../harness/process-under-test.ts';
import { type TempFolder, tempFolder } from '../harness/temp-folder.ts';
import { until } from '../harness/until.ts';

const execute = promisify(execFile);
const repository = resolve(import.meta.dirname, '../..');
const dist = join(repository, 'dist');
const AGENT = 'packaged-host';
const data = '/var/lib/airis-agent';
const PATH = 'PATH=/usr/sbin:/usr/bin:/sbin:/bin';

let folder: TempFolder;
let root: BareRoot;
let hub: HubUnderTest;
let before: readonly string[];

beforeAll(async () => {
  if (!existsSync(join(dist, 'SHA256SUMS'))) {
    for (const step of ['agent/build.ts', 'agent/build-binary.ts', 'install/package/main.ts']) {
      await execute(process.execPath, ['--conditions=airis-source', step], { cwd: repository });
    }
  }
  folder = await tempFolder('agent-packages');
  [root, hub] = await Promise.all([makeBareRoot('bullseye', join(folder.path, 'root')), startHub(folder.path)]);
  before = await contents();
});

afterAll(async () => {
  await hub?.stop();
  await root?.[Symbol.asyncDispose]();
  await folder?.[Symbol.asyncDispose]();
});

/** A command of root inside; refused with its output where it fails. */
async function inside(...command: readonly string[]): Promise<string> {
  const { stdout, stderr } = await execute(...root.inside(PATH, ...command));
  return `${stdout}${stderr}`;
}

/** All that lies in the root but what package managers and `useradd` keep books in. */
async function contents(): Promise<string[]> {
  const books =
    /^\/(?:proc|sys|dev|var\/(?:lib\/(?:dpkg|rpm)|cache\/(?:debconf|ldconfig)|log)|etc\/(?:passwd|group|g?shadow|sub[ug]id|\.pwd\.lock)|root\/\.)/;
  const all = await execute(...asRoot('find', root.path, '-xdev', '-printf', '/%P\n'), { maxBuffer: 64 << 20 });
  return all.stdout
    .split('\n')
    .filter((path) => !books.test(path))
    .sort();
}

const packageOf = async (ending: string): Promise<string> => {
  const name = (await readdir(dist)).find((one) => one.endsWith(ending));
  if (name === undefined) throw new Error(`no ${ending} in ${dist}`);
  return join(dist, name);
};

/** The words that give a program user and capabilities as the service's unit does. */
async function asService(): Promise<string[]> {
  const unit = await readFile(join(root.path, 'usr/lib/systemd/system/airis-agent.service'), 'utf8');
  const [, names = ''] = /^AmbientCapabilities=(.*)$/m.exec(unit) ?? [];
  const capabilities = names
    .split(' ')
    .map((name) => `+${name.replace('CAP_', '').toLowerCase()}`)
    .join(',');
  const user = ['--reuid=airis-agent', '--regid=airis-agent', '--init-groups', '--no-new-privs'];
  const given = [
    `--inh-caps=-all,${capabilities}`,
    `--ambient-caps=-all,${capabilities}`,
    `--bounding-set=-all,${capabilities}`,
  ];
  return ['setpriv', ...user, ...given, 'env', `HOME=${data}`];
}

it('signed sums fit what was built, and nothing packed needs more than the packages say', async () => {
  const check = ['pkeyutl', '-verify', '-pubin', '-inkey', 'airis-release.pem', '-rawin', '-in', 'SHA256SUMS'];
  await execute('openssl', [...check, '-sigfile', 'SHA256SUMS.sig'], { cwd: dist });
  expect((await execute('sha256sum', ['--check', 'SHA256SUMS'], { cwd: dist })).stdout.trim().split('\n')).toHaveLength(
    3,
  );

  const chunks = join(dist, 'agent/chunks');
  const libraries = (await readdir(chunks)).filter((name) => /\.(?:node|so\.\d+)$/.test(name));
  expect(libraries.length).toBeGreaterThan(0);
  const needed = { GLIBC: '0', GLIBCXX: '0' };
  for (const path of [join(dist, 'airis-agent'), ...libraries.map((name) => join(chunks, name))]) {
    const { stdout } = await execute('objdump', ['-T', path], { maxBuffer: 256 << 20 });
    for (const [, library, version] of stdout.matchAll(/\((GLIBC|GLIBCXX)_([\d.]+)\)/g)) {
      const key = library as keyof typeof needed;
      if (isNewer(version!, needed[key])) needed[key] = version!;
    }
  }
  expect(needed.GLIBC).toBe('2.28');
  const { stdout: said } = await execute('rpm', ['--query', '--requires', '--package', await packageOf('.rpm')]);
  expect(said).toContain(`libc.so.6(GLIBC_${needed.GLIBC})(64bit)\n`);
  expect(said).toContain(`libstdc++.so.6(GLIBCXX_${needed.GLIBCXX})(64bit)\n`);
});

it('the .deb installs on Debian 11, runs with the rights of its unit, and purged leaves nothing', async () => {
  await copyFile(await packageOf('.deb'), join(root.path, 'tmp/agent.deb'));
  const said = await inside('dpkg', '--install', '/tmp/agent.deb');
  expect(said).toContain('enrol this host next');
  expect(await inside('dpkg', '--verify', 'airis-agent')).toBe('');
  expect(await inside('stat', '--format', '%U %a', data)).toBe('airis-agent 700\n');

  const { token } = await hub.api<{ token: string }>('POST', '/api/v1/enrolment-tokens', { wantedId: AGENT });
  const logFile = join(folder.path, 'agent.log');
  // As root it says whose work this is, and spends no token.
  await expect(inside('airis-agent', 'enroll', '--dir', data)).rejects.toThrow(/sudo -u '#\d+' airis-agent enroll/);
  const startedAt = Date.now();
  const [shell, words] = root.inside(
    PATH,
    'su',
    '-s',
    '/bin/sh',
    'airis-agent',
    '-c',
    `airis-agent enroll --dir ${data}`,
  );
  expect(await startCommand(shell, words, { logFile, input: `${token}\n` }).ended).toBe(0);

  const [command, rest] = root.inside(PATH, ...(await asService()), 'airis-agent', 'run', '--dir', data);
  await using running = startCommand(command, rest, { logFile });
  const health = await until(`${AGENT} to report`, 60_000, async () => {
    const host = await hub.api<SeenHost>('GET', `/api/v1/hosts/host:${AGENT}`);
    return host.cpuUtilization === null || host.inventory === null ? null : host.health;
  });
  const seconds = (Date.now() - startedAt) / 1000;
  process.stdout.write(`installed by dpkg: enrolled and reported after ${seconds.toFixed(1)} s\n`);
  expect(seconds).toBeLessThan(60);
  expect(health.collectors.filter(({ ok }) => !ok)).toEqual([]);
  const status = JSON.parse(await inside('airis-agent', 'status', '--json', '--dir', data));
  expect(status).toMatchObject({ agent: AGENT, running: true, status: { link: { state: 'connected' } } });
  // Sockets of this very test belong to another user; whose they are is read with the unit's capabilities alone.
  const owners = [...(await asService()), 'ls', `/proc/${process.pid}/fd`];
  expect((await inside(...owners)).trim().split('\n').length).toBeGreaterThan(3);
  await running.stop();
  expect(await running.ended).toBe(0);

  await inside('dpkg', '--remove', 'airis-agent');
  expect(await inside('ls', data)).toContain('identity.json');
  expect(await inside('ls', '/etc/airis-agent')).toBe('agent.yaml\n');
  await inside('dpkg', '--purge', 'airis-agent');
  await inside('rm', '/tmp/agent.deb');
  expect(await contents()).toEqual(before);
  await expect(inside('getent', 'passwd', 'airis-agent')).rejects.toThrow();
});

it('the .rpm installs, verifies, keeps changed settings and data, and takes its files with it', async () => {
  const rpm = async (...words: readonly string[]): Promise<string> => {
    // Its database knows nothing of a Debian, whose files it needs all the same; its scripts run inside.
    const place = ['--root', root.path, '--define', '_dbpath /var/lib/rpm', '--nodeps'];
    const { stdout, stderr } = await execute(...asRoot('rpm', ...place, ...words));
    // Debian's own rpm warns of itself.
    return `${stdout}${stderr}`.replace(/^rpm: .*\n/gm, '');
  };
  expect(await rpm('--install', await packageOf('.rpm'))).toContain('enrol this host next');
  expect(await rpm('--verify', 'airis-agent')).toBe('');
  expect(await inside('stat', '--format', '%U %a', data)).toBe('airis-agent 700\n');
  expect(await inside('airis-agent', '--version')).toMatch(/^\d+\.\d+\.\d+\n$/);
  await inside(
    'sh',
    '-c',
    `echo 'model: { enabled: false }' > /etc/airis-agent/agent.yaml; echo kept > ${data}/spool.sqlite`,
  );

  await rpm('--erase', 'airis-agent');
  expect(await inside('ls', '/etc/airis-agent', data)).toBe(
    `/etc/airis-agent:\nagent.yaml.rpmsave\n\n${data}:\nspool.sqlite\n`,
  );
  await inside('rm', '-r', '/etc/airis-agent', data);
  expect(await contents()).toEqual(before);
});

function isNewer(version: string, than: string): boolean {
  return version.localeCompare(than, 'en', { numeric: true }) > 0;
}

interface SeenHost {
  readonly cpuUtilization: number | null;
  readonly inventory: object | null;
  readonly health: { readonly collectors: readonly { readonly name: string; readonly ok: boolean }[] };
}
