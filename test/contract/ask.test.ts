import { type ChildProcess, spawn } from 'node:child_process';
import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HubUnderTest, startHub } from '../harness/hub-under-test.ts';
import { type ProcessUnderTest, startProgram } from '../harness/process-under-test.ts';
import { type TempFolder, tempFolder } from '../harness/temp-folder.ts';
import { until } from '../harness/until.ts';

const cli = resolve(import.meta.dirname, '../../agent/src/cli.ts');
const TOMCAT = '/usr/share/tomcat10';
const HOST = 'host:was-1';

let folder: TempFolder;
let hub: HubUnderTest;
let agent: ProcessUnderTest;
let java: ChildProcess;

interface Lines {
  readonly lines: readonly { readonly body: string; readonly source: string; readonly host: string }[];
  readonly isCut: boolean;
  readonly withheld: number;
}

const askLines = (limit = 500) =>
  hub.api<Lines>('POST', '/api/v1/query/held-lines', { host: HOST, from: '-30m', to: 'now', limit });

/** A hub, an agent with a general and a private log, and a Java virtual machine, all real. */
beforeAll(async () => {
  folder = await tempFolder('ask');
  const base = join(folder.path, 'catalina');
  await mkdir(join(base, 'conf'), { recursive: true });
  await writeFile(join(base, 'conf/server.xml'), '<Server port="-1"></Server>');
  const classPath = ['bootstrap.jar', 'tomcat-juli.jar'].map((name) => join(TOMCAT, 'bin', name)).join(':');
  const words = ['-Xmx64m', `-Dcatalina.base=${base}`, `-Dcatalina.home=${TOMCAT}`, '-cp', classPath];
  java = spawn('/usr/bin/java', [...words, 'org.apache.catalina.startup.Bootstrap', 'start'], { stdio: 'ignore' });

  hub = await startHub(folder.path);
  const [general, secret] = ['app.log', 'payroll.log'].map((name) => join(folder.path, name));
  const place = join(folder.path, 'agent');
  await mkdir(place, { mode: 0o700 });
  const settings = {
    receivers: {
      files: { files: [{ path: general }, { path: secret }], startAt: 'beginning' },
      journal: { mode: 'off' },
    },
  };
  await writeFile(join(place, 'agent.yaml'), JSON.stringify(settings));
  await Promise.all([general!, secret!].map((path) => writeFile(path, '')));
  const { token } = await hub.api<{ token: string }>('POST', '/api/v1/enrolment-tokens', {
    wantedId: 'was-1',
    generalLogSources: [general],
  });
  const logFile = join(folder.path, 'agent.log');
  const enrolment = startProgram(cli, ['enroll', '--dir', place, '--token-file', '-'], {
    env: {},
    logFile,
    input: token,
  });
  expect(await enrolment.ended).toBe(0);
  agent = startProgram(cli, ['run', '--dir', place], { env: {}, logFile });
  await appendFile(
    general!,
    Array.from({ length: 20 }, (_, i) => `order ${10_000 + i} of kim@shop.co.kr accepted\n`).join(''),
  );
  await appendFile(secret!, 'salary of lee is 1\n'.repeat(5));
}, 90_000);

afterAll(async () => {
  java?.kill('SIGKILL');
  await agent?.stop();
  await hub?.stop();
  await folder?.[Symbol.asyncDispose]();
});

describe('the hub asks a host', () => {
  it('for every line it keeps: masked there, ordinary ones too, and private ones not', async () => {
    const found = await until('the lines to be held', 30_000, async () => {
      const answer = await askLines().catch(() => null);
      return answer !== null && answer.lines.length >= 20 && answer.withheld >= 5 ? answer : null;
    });
    expect(found).toMatchObject({ isCut: false, withheld: 5 });
    expect(found.lines[0]).toMatchObject({ host: HOST, body: 'order <num> of <email> accepted' });
    expect(JSON.stringify(found)).not.toMatch(/salary|kim@/);
    expect(await askLines(3)).toMatchObject({ lines: { length: 3 }, isCut: true });
  });

  it('for what may leave it now, which is changed while it runs', async () => {
    const set = (general: readonly string[]) => hub.api('PUT', `/api/v1/hosts/${HOST}/log-sources`, { general });
    await set(['/**/payroll.log']);
    const found = await until('the other log to be general', 30_000, async () => {
      const answer = await askLines();
      return answer.withheld === 20 ? answer : null;
    });
    expect(found.lines.map(({ source }) => source.endsWith('payroll.log'))).toEqual(Array(5).fill(true));
    const told = await hub.api<{ generalLogSources: string[] }>('GET', `/api/v1/hosts/${HOST}`);
    expect(told.generalLogSources).toEqual(['/**/payroll.log']);
    await set([]);
    await until('all logs to be private', 30_000, async () => ((await askLines()).withheld === 25 ? true : null));
    const { items } = await hub.api<{ items: { action: string; details: object }[] }>('GET', '/api/v1/audit');
    expect(items.find(({ action }) => action === 'host.log-sources-set')?.details).toEqual({ general: '' });
  });

  it('what the threads of its Java virtual machine do', async () => {
    const ask = (pid?: number) =>
      hub.api<{ text: string }>('POST', `/api/v1/hosts/${HOST}/threads`, pid === undefined ? {} : { pid });
    const { text } = await until('the virtual machine to be there', 30_000, () => ask(java.pid).catch(() => null));
    expect(text).toContain(`pid ${java.pid} org.apache.catalina.startup.Bootstrap`);
    expect(text).toContain('java.lang.Thread.State');
    await expect(ask()).rejects.toThrow(/409|ten seconds/);
  });

  it('and says who does not answer', async () => {
    await agent.stop();
    await expect(askLines()).rejects.toThrow(/504|did not answer/);
    await expect(
      hub.api('POST', '/api/v1/query/held-lines', { host: 'host:nobody', from: '-5m', to: 'now' }),
    ).rejects.toThrow(/404/);
    await expect(hub.api('POST', '/api/v1/query/held-lines', { host: HOST, from: '-5h', to: 'now' })).rejects.toThrow(
      /400|hour/,
    );
  });

  it('and keeps in its audit what was asked', async () => {
    const { items } = await hub.api<{ items: { action: string }[] }>('GET', '/api/v1/audit');
    expect(items.map(({ action }) => action)).toEqual(
      expect.arrayContaining(['host.lines-asked', 'host.threads-asked']),
    );
  });
});
