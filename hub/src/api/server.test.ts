import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aChange, aFinding, aHealth, anEvent } from '../incident/test-events.ts';
import { isUnsafe } from './caller.ts';
import { routes } from './index.ts';
import { openApiDocument } from './openapi.ts';
import { startTestHub, type TestHub } from './test-hub.ts';

let hub: TestHub;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'airis-console-'));
  await mkdir(join(folder, 'assets'));
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>AIRIS-MON</title>');
  await writeFile(join(folder, 'assets', 'index-4f2a.js'), 'export {};');
  hub = await startTestHub({ consoleRoot: folder });
});
afterAll(async () => {
  await hub[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const fill = (path: string) =>
  path
    .replace('{name}', 'nobody')
    .replace('{id}', path.includes('hosts') ? 'host:none' : path.includes('incidents') ? 'INC-1' : 'none');

describe('the OpenAPI document', () => {
  it('has every route of the list, and the server answers each of them', async () => {
    const { body } = await hub.call('GET', '/openapi.json');
    const document = body as { openapi: string; paths: Record<string, Record<string, { operationId: string }>> };
    expect(document.openapi).toMatch(/^3\.1/);
    const described = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(described.sort()).toEqual(routes.map((route) => `${route.method} ${route.path}`).sort());
    const ids = Object.values(document.paths).flatMap((operations) =>
      Object.values(operations).map((each) => each.operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
    for (const route of routes.filter((each) => each.auth !== 'public')) {
      const answer = await hub.call(route.method, fill(route.path));
      expect(answer, `${route.method} ${route.path}`).toMatchObject({ status: 401, body: { code: 'NOT_SIGNED_IN' } });
    }
  });

  it('describes requests and answers of all', () => {
    for (const route of routes) {
      const bodyless =
        route.produces !== undefined ||
        route.response !== undefined ||
        route.method === 'DELETE' ||
        route.path.endsWith('/revoke');
      expect(bodyless, `${route.method} ${route.path} says what it answers`).toBe(true);
      if (isUnsafe(route.method))
        expect(route.audit, `${route.method} ${route.path} says how it is audited`).toBeDefined();
    }
    expect(JSON.stringify(openApiDocument(routes, '1'))).not.toContain('$schema');
  });
});

describe('the door', () => {
  it.each([
    { name: 'no such path', method: 'GET', path: '/api/v1/nothing', status: 404, code: 'NOT_FOUND' },
    {
      name: 'a wrong token',
      method: 'GET',
      path: '/api/v1/hosts',
      token: 'airis_wrong-wrong',
      status: 401,
      code: 'NOT_SIGNED_IN',
    },
    {
      name: 'an unknown query key',
      method: 'GET',
      path: '/api/v1/incidents?sate=open',
      as: 'viewer',
      status: 400,
      code: 'BAD_REQUEST',
    },
    {
      name: 'an unknown body key',
      method: 'POST',
      path: '/api/v1/query/logs',
      as: 'viewer',
      body: { from: '-5m', to: 'now', x: 1 },
      status: 400,
      code: 'BAD_REQUEST',
    },
    {
      name: 'a backward window',
      method: 'POST',
      path: '/api/v1/query/logs',
      as: 'viewer',
      body: { from: 'now', to: '-5m' },
      status: 400,
      code: 'BAD_REQUEST',
    },
    {
      name: 'a malformed id',
      method: 'GET',
      path: '/api/v1/incidents/1',
      as: 'viewer',
      status: 400,
      code: 'BAD_REQUEST',
    },
    {
      name: 'an unknown incident',
      method: 'GET',
      path: '/api/v1/incidents/INC-9',
      as: 'viewer',
      status: 404,
      code: 'NOT_FOUND',
    },
    {
      name: 'too small a role',
      method: 'POST',
      path: '/api/v1/incidents/INC-9/ack',
      as: 'viewer',
      status: 403,
      code: 'FORBIDDEN',
    },
    {
      name: 'a large body',
      method: 'POST',
      path: '/api/v1/query/logs',
      as: 'viewer',
      body: { text: 'x'.repeat(300_000) },
      status: 413,
      code: 'BODY_TOO_LARGE',
    },
    {
      name: 'another site',
      method: 'POST',
      path: '/api/v1/session',
      headers: { 'sec-fetch-site': 'cross-site' },
      body: { token: 'x'.repeat(20) },
      status: 403,
      code: 'CROSS_SITE',
    },
    {
      name: 'a wrong link',
      method: 'POST',
      path: '/api/v1/session',
      body: { token: 'x'.repeat(20) },
      status: 401,
      code: 'SIGN_IN_REFUSED',
    },
  ] as const)('refuses $name', async ({ name: _name, method, path, status, code, ...rest }) => {
    const options = {
      ...('as' in rest ? { token: hub.tokens[rest.as] } : {}),
      ...('token' in rest ? { token: rest.token } : {}),
      ...('body' in rest ? { body: rest.body } : {}),
      ...('headers' in rest ? { headers: rest.headers } : {}),
    };
    const answer = await hub.call(method, path, options);
    expect(answer).toMatchObject({ status, body: { status, code } });
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
  });

  it.each([
    { name: 'text that is not JSON', type: 'application/json', body: '{', status: 400, code: 'BAD_JSON' },
    {
      name: 'a form',
      type: 'application/x-www-form-urlencoded',
      body: 'a=1',
      status: 415,
      code: 'UNSUPPORTED_MEDIA_TYPE',
    },
  ])('refuses $name', async ({ type, body, status, code }) => {
    const response = await fetch(`${hub.url}/api/v1/session`, {
      method: 'POST',
      headers: { 'content-type': type },
      body,
    });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ code });
  });

  it('carries security headers and a request id, also on errors', async () => {
    for (const path of ['/healthz', '/api/v1/hosts', '/api/v1/nothing', '/']) {
      const { headers } = await hub.call('GET', path);
      expect(headers.get('content-security-policy'), path).toContain("script-src 'self'");
      expect(headers.get('content-security-policy')).not.toContain('unsafe');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    }
  });
});

describe('the console and the probes', () => {
  it('serves files, and index.html for pages', async () => {
    expect(await hub.call('GET', '/')).toMatchObject({ status: 200, body: expect.stringContaining('AIRIS-MON') });
    const page = await hub.call('GET', '/incidents/INC-1001?e=E2');
    expect(page).toMatchObject({ status: 200, body: expect.stringContaining('AIRIS-MON') });
    expect(page.headers.get('cache-control')).toBe('no-cache');
    const asset = await hub.call('GET', '/assets/index-4f2a.js');
    expect(asset.headers.get('cache-control')).toContain('immutable');
    expect((await hub.call('GET', '/assets/gone.js')).status).toBe(404);
    expect((await hub.call('GET', '/..%2f..%2fetc/passwd')).body).not.toContain('root:');
  });

  it('is alive, ready and measured', async () => {
    expect(await hub.call('GET', '/healthz')).toMatchObject({ status: 200, body: { ok: true } });
    expect(await hub.call('GET', '/readyz')).toMatchObject({ status: 200, body: { ok: true, failing: [] } });
    const metrics = await hub.call('GET', '/metrics');
    expect(metrics.body).toMatch(/airis_api_requests_total\{method="GET",path="\/healthz",status="200"\} \d+/);
  });
});

describe('a session cookie', () => {
  it.each([
    { name: 'plain HTTP', isBehindTls: false },
    { name: 'a proxy that ends TLS', isBehindTls: true },
  ])('behind $name says when it is for HTTPS only', async ({ isBehindTls }) => {
    await using own = await startTestHub({ isBehindTls });
    const signedIn = await own.call('POST', '/api/v1/session', { body: { token: await own.signInLink() } });
    expect((signedIn.headers.get('set-cookie') ?? '').includes('; Secure')).toBe(isBehindTls);
  });
});

describe('a host whose clock shows impossible times', () => {
  it.each([Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 8.64e15])('%d takes no list down', async (unixMs) => {
    await using own = await startTestHub();
    const { state, tokens } = own;
    const enrolment = { createdBy: 'user:kim', createdAtUnixMs: 0, wantedId: 'web-1', generalLogSources: [] };
    await state.identity.addToken({ ...enrolment, id: 't', secretHash: 'h', expiresAtUnixMs: 9e15 });
    await state.identity.enrol({ secretHash: 'h', publicKey: 'U', hostName: 'w', baseId: 'w', nowUnixMs: 1 });
    const now = Date.now();
    const spool = { bytes: 0, limitBytes: 1, batches: 0, oldestUnixMs: unixMs };
    const inventory = {
      hostName: 'w',
      os: '',
      kernel: '',
      arch: '',
      cpuModel: '',
      cpuCount: 1,
      memoryBytes: 1,
      bootTimeUnixMs: unixMs,
      addresses: [],
      virtualization: null,
    };
    const times = { startedAtUnixMs: unixMs, detectedAtUnixMs: unixMs };
    const evidence = [{ kind: 'log' as const, ref: 'x', fromUnixMs: unixMs, toUnixMs: unixMs }];
    const events = [
      anEvent('health', aHealth({ atUnixMs: unixMs, startedAtUnixMs: unixMs, spool, inventory }), now),
      anEvent('change', aChange({ atUnixMs: unixMs }), now),
      anEvent('finding', aFinding({ ...times, evidence }), now),
    ];
    for (const event of events) expect(await own.incidents.handle(event)).toMatchObject({ ok: true });
    for (const path of ['hosts', 'hosts/host:web-1', 'findings', 'incidents', 'incidents/INC-1001']) {
      expect(await own.call('GET', `/api/v1/${path}`, { token: tokens.viewer }), path).toMatchObject({ status: 200 });
    }
  });
});
