import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BareRoot, makeBareRoot } from '../harness/bare-root.ts';
import { type HubUnderTest, startHub } from '../harness/hub-under-test.ts';
import { startCommand } from '../harness/process-under-test.ts';
import { type TempFolder, tempFolder } from '../harness/temp-folder.ts';
import { until } from '../harness/until.ts';

const execute = promisify(execFile);
const repository = resolve(import.meta.dirname, '../..');
const dist = join(repository, 'dist');
const AGENT = 'bare-host';
const program = '/opt/airis-agent';

let folder: TempFolder;
let root: BareRoot;
let hub: HubUnderTest;

beforeAll(async () => {
  if (!existsSync(join(dist, 'SHA256SUMS'))) {
    for (const step of ['agent/build.ts', 'agent/build-binary.ts', 'install/package/main.ts']) {
      await execute(process.execPath, ['--conditions=airis-source', step], { cwd: repository });
    }
  }
  folder = await tempFolder('agent-binary');
  [root, hub] = await Promise.all([makeBareRoot('bullseye', join(folder.path, 'root')), startHub(folder.path)]);
  const [archive] = (await readdir(dist)).filter((name) => /^airis-agent-.*-linux-x64\.tar\.gz$/.test(name));
  await execute('sha256sum', ['--check', 'SHA256SUMS'], { cwd: dist });
  await mkdir(join(root.path, program));
  await execute('tar', ['-xzf', join(dist, archive!), '--strip-components=1', '-C', join(root.path, program)]);
});

afterAll(async () => {
  await hub?.stop();
  await root?.[Symbol.asyncDispose]();
  await folder?.[Symbol.asyncDispose]();
});

/** Runs the binary in the bare root. */
async function agent(...words: readonly string[]): Promise<string> {
  const { stdout } = await execute(...root.inside(`${program}/airis-agent`, ...words));
  return stdout;
}

it('enrols and reports within 60 s from a Debian 11 without Node or environment', async () => {
  expect((await execute(...root.inside('/bin/cat', '/etc/debian_version'))).stdout).toMatch(/^11\./);
  await expect(execute(...root.inside('/bin/sh', '-c', 'command -v node'))).rejects.toThrow();

  const startedAt = Date.now();
  const logFile = join(folder.path, 'agent.log');
  const place = ['--dir', '/var/lib/airis-agent'];
  const start = (words: readonly string[], input = '') => {
    const [command, rest] = root.inside(`${program}/airis-agent`, ...words, ...place);
    return startCommand(command, rest, { logFile, input });
  };
  const { token } = await hub.api<{ token: string }>('POST', '/api/v1/enrolment-tokens', { wantedId: AGENT });
  expect(await start(['enroll'], `${token}\n`).ended).toBe(0);
  // The library for it lies inside the binary.
  await writeFile(join(root.path, 'var/lib/airis-agent/agent.yaml'), 'collectors: { packets: { interfaces: [lo] } }\n');
  await using running = start(['run']);
  const health = await until(`${AGENT} to report`, 60_000, async () => {
    const host = await hub.api<SeenHost>('GET', `/api/v1/hosts/host:${AGENT}`);
    return host.cpuUtilization === null || host.inventory === null ? null : host.health;
  });
  const seconds = (Date.now() - startedAt) / 1000;
  process.stdout.write(`enrolled and reported after ${seconds.toFixed(1)} s\n`);
  expect(seconds).toBeLessThan(60);
  expect(health.collectors.filter(({ ok }) => !ok)).toEqual([]);

  const status = JSON.parse(await agent('status', '--json', ...place));
  expect(status).toMatchObject({ agent: AGENT, running: true, status: { link: { state: 'connected' } } });
  const models = JSON.parse(await agent('models', '--json', ...place));
  // ONNX Runtime runs there too.
  expect(models.running).toMatchObject({ name: models.models[0].name, error: null });
  const { checks } = JSON.parse(await agent('doctor', '--json', ...place));
  expect(checks.filter(({ ok }: { ok: boolean }) => !ok)).toEqual([]);
  expect(checks).toContainEqual({ name: 'collector packets', ok: true, detail: 'applies (capture)' });

  await running.stop();
  expect(await running.ended).toBe(0);
});

it('answers without an agent, and unpacks once however often it is asked at once', async () => {
  const version = (await agent('--version')).trim();
  expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  await execute(...root.inside('/bin/rm', '-rf', '/var/cache/airis-agent'));
  const answers = await Promise.all([agent('--help'), agent('completion', 'bash'), agent('completion', 'zsh')]);
  expect(answers.every((text) => text.includes('enroll'))).toBe(true);
  const unpacked = await execute(...root.inside('/bin/ls', '/var/cache/airis-agent'));
  expect(unpacked.stdout.trim().split('\n')).toEqual([expect.stringMatching(new RegExp(`^${version}-[0-9a-f]{16}$`))]);
});

interface SeenHost {
  readonly cpuUtilization: number | null;
  readonly inventory: object | null;
  readonly health: { readonly collectors: readonly { readonly name: string; readonly ok: boolean }[] };
}
