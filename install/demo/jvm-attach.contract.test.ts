import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runCli } from '../../agent/src/cli.ts';
import { createHost } from '../../agent/src/collectors/host.ts';
import { readBeans } from '../../agent/src/collectors/jolokia.ts';
import { freePort } from '../../agent/src/free-port-under-test.ts';
import { ensureJolokia } from './jolokia.ts';

const HOME = '/usr/share/tomcat10';
const NOBODY = 65_534;

let folder: string;
let base: string;
let jar: string;
let java: ChildProcess;

/** A real virtual machine that was started without any agent: of another user where this test runs as root. */
beforeAll(async () => {
  const fetched = await ensureJolokia(resolve(import.meta.dirname, '../..'), () => undefined);
  if (fetched === null) throw new Error('Jolokia could not be fetched from Maven Central');
  folder = await mkdtemp(join(tmpdir(), 'airis-jvm-'));
  base = join(folder, 'base');
  jar = join(base, 'jolokia.jar');
  await mkdir(join(base, 'conf'), { recursive: true });
  await chmod(folder, 0o755);
  await copyFile(fetched, jar);
  await chmod(jar, 0o644);
  await writeFile(join(base, 'conf/server.xml'), '<Server port="-1"></Server>');
  java = spawn(
    '/usr/bin/java',
    [
      '-Xmx64m',
      `-Dcatalina.base=${base}`,
      `-Dcatalina.home=${HOME}`,
      '-cp',
      ['bootstrap.jar', 'tomcat-juli.jar'].map((name) => join(HOME, 'bin', name)).join(':'),
      'org.apache.catalina.startup.Bootstrap',
      'start',
    ],
    { stdio: 'ignore', ...(process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}) },
  );
  const main = 'org.apache.catalina.startup.Bootstrap';
  await vi.waitFor(
    async () => expect(await listed()).toContainEqual(expect.objectContaining({ pid: java.pid, main })),
    {
      timeout: 20_000,
    },
  );
}, 60_000);

afterAll(async () => {
  const ended = new Promise((done) => java.once('exit', done));
  java.kill('SIGKILL');
  await ended;
  await rm(folder, { recursive: true, force: true });
});

async function cli(...words: string[]): Promise<{ code: number; text: string; errors: string }> {
  let text = '';
  let errors = '';
  const code = await runCli(words, {
    environment: {},
    out: (line) => {
      text += line;
    },
    err: (line) => {
      errors += line;
    },
  });
  if (process.getuid?.() === 0) process.seteuid?.(0);
  return { code, text, errors };
}

const listed = async () =>
  (JSON.parse((await cli('jvm', '--json')).text) as { jvms: { pid: number; main: string }[] }).jvms;

describe('airis-agent jvm', () => {
  it('prints the threads of a virtual machine that was started without any agent', async () => {
    const { code, text } = await cli('jvm', 'threads', String(java.pid));
    expect({ code, hasMain: text.includes('"main" #1'), isWhole: text.includes('JNI global ref') }).toEqual({
      code: 0,
      hasMain: true,
      isWhole: true,
    });
  });

  it('loads Jolokia without a restart, behind a password that only a file of the agent holds', async () => {
    const port = await freePort();
    const dir = join(folder, 'agent');
    const words = ['--jar', jar, '--port', String(port), '--dir', dir, '--json'];
    const { code, text, errors } = await cli('jvm', 'attach', String(java.pid), ...words);
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    const { target } = JSON.parse(text) as { target: { url: string; user: string; passwordFile: string } };
    expect(text).not.toContain((await readFile(target.passwordFile, 'utf8')).trim());
    expect((await stat(target.passwordFile)).mode & 0o777).toBe(0o600);
    const [heap] = await readBeans(
      createHost(),
      target,
      [{ mbean: 'java.lang:type=Memory', attribute: ['HeapMemoryUsage'] }],
      10_000,
    );
    expect(heap).toMatchObject({ HeapMemoryUsage: { max: expect.any(Number) } });
    expect((await fetch(`${target.url}/`)).status).toBe(401);
  });

  it.each([
    {
      name: 'a jar that is none',
      words: () => ['attach', String(java.pid), '--jar', '/etc/hostname'],
      said: 'the agent was not loaded',
    },
    { name: 'no such process', words: () => ['threads', '4194304'], said: 'no process 4194304' },
    {
      name: 'a process that is no virtual machine',
      words: () => ['threads', String(process.pid)],
      said: 'no Java virtual machine',
    },
    { name: 'no jar', words: () => ['attach', String(java.pid)], said: 'attach needs --jar FILE' },
    { name: 'no pid', words: () => ['threads', 'x'], said: 'x: not a process id' },
    { name: 'an unknown word', words: () => ['detach'], said: 'unknown word detach' },
  ])('refuses $name, and harms nothing', async ({ words, said }) => {
    const { code, errors } = await cli('jvm', ...words());
    expect(code).not.toBe(0);
    expect(errors).toContain(said);
    expect(java.exitCode).toBeNull();
  });
});
