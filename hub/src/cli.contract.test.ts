import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createUserKey, proveEnrolment } from '@airis/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const cli = resolve(import.meta.dirname, 'cli.ts');
let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'airis-hub-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const environment = (more: Record<string, string> = {}) => ({
  ...process.env,
  AIRIS_DATA_DIR: dataDir,
  AIRIS_HTTP: '127.0.0.1:0',
  AIRIS_NATS_LISTEN: '127.0.0.1:0',
  ...more,
});

function run(args: readonly string[], more: Record<string, string> = {}, input = '') {
  const result = spawnSync(process.execPath, ['--conditions=airis-source', cli, ...args], {
    env: environment(more),
    encoding: 'utf8',
    input,
    timeout: 30_000,
  });
  return { code: result.status, out: result.stdout, error: result.stderr };
}

interface RunningHub extends AsyncDisposable {
  readonly process: ChildProcess;
  readonly url: string;
  log(): string;
  api(method: string, path: string, body?: unknown): Promise<{ status: number; body: Record<string, unknown> }>;
}

async function start(more: Record<string, string> = {}): Promise<RunningHub> {
  rmSync(join(dataDir, 'endpoints.json'), { force: true });
  const child = spawn(process.execPath, ['--conditions=airis-source', cli, 'start'], { env: environment(more) });
  let log = '';
  child.stderr.on('data', (text) => {
    log += text;
  });
  const endpoints = join(dataDir, 'endpoints.json');
  await expect
    .poll(() => child.exitCode !== null || existsSync(endpoints), { timeout: 60_000, message: 'the hub serves' })
    .toBe(true);
  if (child.exitCode !== null) throw new Error(`the hub ended: ${log}`);
  const url: string = JSON.parse(readFileSync(endpoints, 'utf8')).http;
  const token = readFileSync(join(dataDir, 'admin.token'), 'utf8').trim();
  return {
    process: child,
    url,
    log: () => log,
    async api(method, path, body) {
      const answer = await fetch(`${url}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: body === undefined ? null : JSON.stringify(body),
      });
      const text = await answer.text();
      return { status: answer.status, body: text === '' ? {} : JSON.parse(text) };
    },
    async [Symbol.asyncDispose]() {
      await end(child, 'SIGTERM');
    },
  };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = new Promise((gone) => child.once('exit', gone));
    child.kill(signal);
    await ended;
  }
  return child.exitCode;
}

function natsPid(): number {
  return Number(readFileSync(join(dataDir, 'hub/nats/nats-server.pid'), 'utf8'));
}

describe('airis-hub', () => {
  it('starts, enrols, refuses a used token, survives kill -9 and stops in order', async () => {
    const key = createUserKey();
    let token: string;
    {
      await using hub = await start();
      expect(statSync(join(dataDir, 'admin.token')).mode & 0o777).toBe(0o600);
      const readableByOthers = readdirSync(dataDir, { recursive: true, encoding: 'utf8' }).filter(
        (path) => ((statSync(join(dataDir, path), { throwIfNoEntry: false })?.mode ?? 0) & 0o077) !== 0,
      );
      expect(readableByOthers).toEqual(['endpoints.json']);
      expect((await fetch(`${hub.url}/readyz`)).status).toBe(200);
      const created = await hub.api('POST', '/api/v1/enrolment-tokens', { wantedId: 'web-1' });
      token = String(created.body.token);
      const request = {
        token,
        publicKey: key.publicKey,
        proof: proveEnrolment(key.seed, token),
        hostName: 'web.example',
      };
      const forged = createUserKey();
      const wrong = await hub.api('POST', '/api/v1/enrol', { ...request, proof: proveEnrolment(forged.seed, token) });
      expect(wrong.status).toBeGreaterThanOrEqual(400);
      expect(await hub.api('POST', '/api/v1/enrol', request)).toMatchObject({ body: { agent: 'web-1', caPem: null } });
      const again = { ...request, publicKey: forged.publicKey, proof: proveEnrolment(forged.seed, token) };
      expect((await hub.api('POST', '/api/v1/enrol', again)).status).toBeGreaterThanOrEqual(400);

      const second = run(['start']);
      expect(second.code).toBe(1);
      expect(second.error).toContain(`pid ${hub.process.pid}`);

      const orphan = natsPid();
      await end(hub.process, 'SIGKILL');
      await using revived = await start();
      expect(natsPid()).not.toBe(orphan);
      expect(await revived.api('GET', '/api/v1/hosts')).toMatchObject({ status: 200 });
      const startedAt = performance.now();
      expect(await end(revived.process, 'SIGTERM')).toBe(0);
      expect(performance.now() - startedAt).toBeLessThan(10_000);
      expect(existsSync(join(dataDir, 'hub.lock'))).toBe(false);
    }
    expect(run(['token', 'create', '--name', 'ci', '--role', 'operator', '--json']).out).toMatch(/airis_/);
    expect(
      run(['user', 'add', 'kim', '--role', 'admin', '--password-file', '-'], {}, 'a long enough password\n').code,
    ).toBe(0);
    expect(JSON.parse(run(['user', 'list', '--json']).out).items).toMatchObject([{ name: 'kim', hasPassword: true }]);
    expect(run(['user', 'remove', 'kim']).error).toContain('only admin');
    const folder = join(dataDir, 'copy');
    expect(run(['backup', '--to', folder]).code).toBe(0);
    expect(run(['backup', '--to', folder]).error).toContain('not empty');
    rmSync(join(dataDir, 'hub'), { recursive: true });
    expect(run(['restore', '--from', folder]).code).toBe(0);
    await using restored = await start();
    expect(await restored.api('GET', '/api/v1/session')).toMatchObject({ status: 200 });
    expect(restored.log()).not.toContain('"level":"error"');
  });

  it('serves HTTPS off loopback with a certificate that its tokens vouch for', async () => {
    await using hub = await start({ AIRIS_HTTP: '0.0.0.0:0', AIRIS_NATS_LISTEN: '0.0.0.0:0' });
    expect(hub.url).toMatch(/^https:/);
    const probe = `
      const tls = require('node:tls'), { X509Certificate } = require('node:crypto');
      const socket = tls.connect(${new URL(hub.url).port}, '127.0.0.1', { rejectUnauthorized: false }, () => {
        let certificate = socket.getPeerCertificate(true);
        while (certificate.issuerCertificate && certificate.issuerCertificate !== certificate) certificate = certificate.issuerCertificate;
        console.log(certificate.fingerprint256.replaceAll(':', '').toLowerCase()); socket.end();
      });`;
    const seen = spawnSync(process.execPath, ['-e', probe], { encoding: 'utf8' }).stdout.trim();
    const { X509Certificate } = await import('node:crypto');
    const own = new X509Certificate(readFileSync(join(dataDir, 'hub/keys/ca.cert.pem')));
    expect(seen).toBe(own.fingerprint256.replaceAll(':', '').toLowerCase());
  });

  it('says which port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((listening) => other.once('listening', listening));
    const address = other.address();
    const port = typeof address === 'object' ? address?.port : 0;
    for (const name of ['AIRIS_HTTP', 'AIRIS_NATS_LISTEN']) {
      const result = run(['start'], { [name]: `127.0.0.1:${port}` });
      expect(result).toMatchObject({ code: 1, error: expect.stringContaining(name) });
      expect(result.error).toContain('PORT_TAKEN');
    }
    other.close();
  });

  it.each([
    { name: 'an unknown command', args: ['strat'], want: 'did you mean start?' },
    { name: 'an unknown option', args: ['start', '--htpp', 'x'], want: 'did you mean --http?' },
    { name: 'an unknown variable', args: ['start'], env: { AIRIS_HTPP: 'x' }, want: 'did you mean AIRIS_HTTP?' },
    { name: 'an unknown key', args: ['start'], file: 'natsListn: x\n', want: 'did you mean natsListen?' },
    { name: 'an unknown role', args: ['token', 'create', '--name', 'x', '--role', 'amdin'], file: '', want: '' },
  ])('answers $name with exit code 2', ({ args, env, file, want }) => {
    if (file !== undefined) writeFileSync(join(dataDir, 'hub.yaml'), file);
    if (want === '') run(['migrate']);
    const result = run(args, env);
    expect(result.error).toContain(want === '' ? 'did you mean admin?' : want);
    expect(result.code).toBe(2);
  });

  it('refuses a nats-server that is missing, with what to do', () => {
    const result = run(['start', '--json'], { AIRIS_NATS_SERVER: '/nowhere/nats-server' });
    expect(result.code).toBe(1);
    expect(JSON.parse(result.error.trim().split('\n').at(-1) ?? '')).toMatchObject({
      code: 'BROKER_SERVER_MISSING',
      hint: expect.stringContaining('AIRIS_NATS_SERVER'),
    });
  });

  it('has help for every command, and a completion script that bash accepts', () => {
    expect(run(['--help']).out).toContain('restore');
    for (const command of ['start', 'migrate', 'token', 'user', 'backup', 'restore']) {
      expect(run([command, '--help']).out, command).toContain('AIRIS_DATA_DIR');
    }
    const script = run(['completion']).out;
    expect(spawnSync('bash', ['-n'], { input: script }).status).toBe(0);
  });
});
