import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createUserKey } from '@airis/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from './cli.ts';
import { lockFolder } from './folder-lock.ts';
import { writeIdentity } from './identity.ts';
import { silentLog } from './log.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'airis-cli-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function run(...words: string[]) {
  const output = { out: '', err: '' };
  const code = await runCli(words, {
    environment: {},
    out: (text) => {
      output.out += `${text}\n`;
    },
    err: (text) => {
      output.err += text;
    },
  });
  return { code, ...output };
}

function enrolled(): void {
  writeIdentity(folder, {
    agent: 'web-1',
    jwt: '',
    seed: createUserKey().seed,
    natsUrls: ['nats://127.0.0.1:1'],
    caPem: null,
    certificatePem: null,
    roots: [],
    hubUrl: 'http://127.0.0.1',
    enrolledAtUnixMs: 1,
  });
}

describe('airis-agent', () => {
  it.each([
    { words: [], code: 2, out: /usage/ },
    { words: ['--help'], code: 0, out: /enroll[\s\S]*run[\s\S]*status[\s\S]*doctor[\s\S]*models[\s\S]*uninstall/ },
    { words: ['runn'], code: 2, err: /did you mean run/ },
    { words: ['run', '--dirr', 'x'], code: 2, err: /did you mean --dir/ },
    { words: ['enroll', '--token', 'x', '--dir', '.'], code: 2, err: /ENROL_TOKEN_INVALID/ },
    { words: ['completion', 'bash'], code: 0, out: /complete -F/ },
    { words: ['completion', 'fish'], code: 2, err: /bash or zsh/ },
  ])('answers $words with $code', async ({ words, code, out, err }) => {
    const told = await run(...words);
    expect(told.code).toBe(code);
    if (out !== undefined) expect(told.out).toMatch(out);
    if (err !== undefined) expect(told.err).toMatch(err);
  });

  it.each(['enroll', 'run', 'status', 'doctor', 'models', 'uninstall', 'completion'])('%s has --help', async (name) => {
    const told = await run(name, '--help');
    expect(told).toMatchObject({ code: 0, err: '' });
    expect(told.out).toMatch(/--json/);
  });

  it('says as JSON what it cannot do', async () => {
    const told = await run('run', '--dir', folder, '--json');
    expect(told.code).toBe(1);
    expect(JSON.parse(told.err)).toMatchObject({ error: { code: 'NOT_ENROLLED' } });
  });

  it('tells status without an agent, and while one holds the folder', async () => {
    expect(await run('status', '--dir', folder)).toMatchObject({ code: 1 });
    enrolled();
    expect((await run('status', '--dir', folder)).out).toMatch(/web-1: not running/);
    using _ = lockFolder(folder, silentLog);
    expect((await run('status', '--dir', folder)).out).toMatch(/web-1: running/);
    expect(() => lockFolder(folder, silentLog)).toThrow(/runs on/);
  });

  it('removes what is its own, when told to, and nothing while an agent runs', async () => {
    enrolled();
    writeFileSync(join(folder, 'notes.txt'), 'mine');
    expect(await run('uninstall', '--dir', folder)).toMatchObject({ code: 0 });
    expect(readdirSync(folder)).toContain('identity.json');
    {
      using _ = lockFolder(folder, silentLog);
      expect((await run('uninstall', '--yes', '--dir', folder)).err).toMatch(/ALREADY_RUNNING/);
    }
    expect(await run('uninstall', '--yes', '--dir', folder)).toMatchObject({ code: 0 });
    expect(readdirSync(folder)).toEqual(['notes.txt']);
  });

  it('knows the model that ships', async () => {
    const told = await run('models', '--json', '--dir', folder);
    expect(JSON.parse(told.out).models[0]).toMatchObject({ kind: 'shipped', name: 'host-autoencoder', error: null });
  });
});
