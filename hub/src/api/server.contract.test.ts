import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aFinding, aHealth, anEvent } from '../incident/test-events.ts';
import { startTestHub, type TestHub } from './test-hub.ts';

let hub: TestHub;
let agent: string;

async function enrolHost(name: string): Promise<string> {
  const enrolled = await hub.state.identity.enrol({
    secretHash: await tokenHash(name),
    publicKey: `U${name}`,
    hostName: `${name}.example`,
    baseId: name,
    nowUnixMs: Date.now(),
  });
  if (!enrolled.ok) throw new Error(enrolled.reason);
  return enrolled.value.id;
}

async function tokenHash(name: string): Promise<string> {
  const now = Date.now();
  await hub.state.identity.addToken({
    id: `enr-${name}`,
    secretHash: `hash-${name}`,
    createdBy: 'system',
    createdAtUnixMs: now,
    expiresAtUnixMs: now + 60_000,
    wantedId: null,
    generalLogSources: [],
  });
  return `hash-${name}`;
}

beforeAll(async () => {
  hub = await startTestHub({
    query: {
      hostsLatest: async () =>
        new Map([['web-1', { cpuUtilization: 0.5, memoryUtilization: 0.25, cpuTrend: [null, 0.5] }]]),
      lossByHost: async () => new Map([['web-1', { 'spool-full': 12 }]]),
      metrics: async (request) => ({
        times: [request.fromUnixMs],
        series: [
          {
            id: '00000000000000aa',
            agent: 'web-1',
            metric: request.metric,
            attributes: {},
            unit: '1',
            mean: [NaN],
            min: [0],
            max: [1],
          },
        ],
        gaps: [
          { agent: 'web-1', fromUnixMs: request.fromUnixMs, toUnixMs: request.toUnixMs, rows: 3, reason: 'spool-full' },
        ],
      }),
    },
  });
  agent = await enrolHost('web-1');
  const now = Date.now();
  await hub.incidents.handle(anEvent('health', aHealth({ atUnixMs: now, startedAtUnixMs: now - 1_000 }), now, agent));
});
afterAll(() => hub[Symbol.asyncDispose]());

/** Reads server-sent events until `enough` says so. */
async function readEvents(
  url: string,
  headers: Record<string, string>,
  enough: (events: readonly { id: string; event: string; data: unknown }[]) => boolean,
) {
  const abort = new AbortController();
  const response = await fetch(`${url}/api/v1/stream`, { headers, signal: abort.signal });
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  const events: { id: string; event: string; data: unknown }[] = [];
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body!) {
    text += decoder.decode(chunk, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2)));
      if (fields.event !== undefined)
        events.push({ id: fields.id, event: fields.event, data: JSON.parse(fields.data) });
    }
    if (enough(events)) break;
  }
  abort.abort();
  return events;
}

describe('a walk through the hub', () => {
  it('signs in by link, sees the host, takes the incident, hears of it, and signs out', async () => {
    const link = await hub.signInLink();
    const signedIn = await hub.call('POST', '/api/v1/session', { body: { token: link } });
    expect(signedIn).toMatchObject({ status: 201, body: { user: 'admin', role: 'admin' } });
    const cookieLine = signedIn.headers.get('set-cookie') ?? '';
    expect(cookieLine).toMatch(/; HttpOnly; SameSite=Strict/);
    const cookie = cookieLine.split(';')[0]!;
    const csrf = (signedIn.body as { csrf: string }).csrf;
    expect((await hub.call('POST', '/api/v1/session', { body: { token: link } })).status).toBe(401);

    const hosts = await hub.call('GET', '/api/v1/hosts', { headers: { cookie } });
    expect(hosts).toMatchObject({
      status: 200,
      body: {
        items: [{ id: 'host:web-1', state: 'ok', cpuUtilization: 0.5, rowsLost: 12, openIncidents: 0 }],
        nextCursor: null,
      },
    });

    const listening = readEvents(hub.url, { cookie }, (events) =>
      events.some(({ event, data }) => event === 'incident' && (data as { state: string }).state === 'acknowledged'),
    );
    await expect.poll(() => hub.bus.subscribers).toBe(1);
    const now = Date.now();
    await hub.incidents.handle(anEvent('finding', aFinding({ detectedAtUnixMs: now }), now, agent));
    const incidents = await hub.call('GET', '/api/v1/incidents?state=open', { headers: { cookie } });
    expect(incidents).toMatchObject({
      body: { items: [{ id: 'INC-1001', hosts: ['host:web-1'], severity: 'major' }] },
    });

    const path = '/api/v1/incidents/INC-1001';
    expect(await hub.call('POST', `${path}/ack`, { headers: { cookie } })).toMatchObject({
      status: 403,
      body: { code: 'CSRF' },
    });
    const person = { cookie, 'x-airis-csrf': csrf };
    expect(await hub.call('POST', `${path}/ack`, { headers: person })).toMatchObject({
      status: 200,
      body: { state: 'acknowledged', owner: 'admin' },
    });
    expect(await hub.call('POST', `${path}/ack`, { headers: person })).toMatchObject({
      status: 409,
      body: { code: 'CONFLICT' },
    });
    const events = await listening;
    expect(events.map(({ event }) => event)).toEqual(expect.arrayContaining(['finding', 'incident']));

    await hub.call('POST', `${path}/note`, { headers: person, body: { text: 'looking' } });
    await hub.call('POST', `${path}/feedback`, { headers: person, body: { verdict: 'right' } });
    const detail = await hub.call('GET', path, { headers: { cookie } });
    expect(detail).toMatchObject({
      status: 200,
      body: {
        causes: [{ rank: 1, entity: 'host:web-1' }],
        findings: [{ id: 'f-00000001', incident: 'INC-1001' }],
        narrative: { source: 'template' },
      },
    });
    expect(await hub.call('POST', `${path}/resolve`, { headers: person, body: { reason: 'done' } })).toMatchObject({
      body: { state: 'resolved' },
    });

    const audit = await hub.call('GET', '/api/v1/audit', { headers: { cookie } });
    const actions = (audit.body as { items: { action: string; outcome: string }[] }).items.map(
      ({ action, outcome }) => `${action} ${outcome}`,
    );
    expect(actions).toEqual(
      expect.arrayContaining([
        'incident.acknowledge done',
        'incident.acknowledge refused',
        'incident.resolve done',
        'session.create done',
      ]),
    );

    expect((await hub.call('DELETE', '/api/v1/session', { headers: person })).status).toBe(204);
    expect((await hub.call('GET', '/api/v1/session', { headers: { cookie } })).status).toBe(401);
  });

  it('resumes a stream after the last id, and says reset when it cannot', async () => {
    const authorization = `Bearer ${hub.tokens.viewer}`;
    const resumed = await readEvents(
      hub.url,
      { authorization, 'last-event-id': 'testboot-1' },
      (events) => events.length > 0,
    );
    expect(resumed[0]?.id).toBe('testboot-2');
    const reset = await readEvents(
      hub.url,
      { authorization, 'last-event-id': 'otherboot-1' },
      (events) => events.length > 0,
    );
    expect(reset[0]).toMatchObject({ event: 'reset' });
  });

  it('answers every reading route as its schema says', async () => {
    for (const path of [
      '/hosts',
      '/hosts/host:web-1',
      '/findings?host=host:web-1&from=-1h&to=now',
      '/incidents',
      '/health',
      '/session',
    ]) {
      expect(await hub.call('GET', `/api/v1${path}`, { token: hub.tokens.viewer }), path).toMatchObject({
        status: 200,
      });
    }
    for (const path of ['/users', '/tokens', '/enrolment-tokens', '/audit', '/quarantine']) {
      expect(await hub.call('GET', `/api/v1${path}`, { token: hub.tokens.admin }), path).toMatchObject({ status: 200 });
      expect(await hub.call('GET', `/api/v1${path}`, { token: hub.tokens.viewer }), path).toMatchObject({
        status: 403,
      });
    }
    const metrics = await hub.call('POST', '/api/v1/query/metrics', {
      token: hub.tokens.viewer,
      body: { metric: 'system.cpu.utilization', from: '-30m', to: 'now' },
    });
    expect(metrics).toMatchObject({
      status: 200,
      body: { stepSeconds: 10, series: [{ host: 'host:web-1', mean: [null] }], gaps: [{ rows: 3 }] },
    });
    const logs = await hub.call('POST', '/api/v1/query/logs', {
      token: hub.tokens.viewer,
      body: { from: '-5m', to: 'now' },
    });
    expect(logs).toMatchObject({ status: 200, body: { items: [], nextCursor: null } });
  });

  it('lets only an admin say which logs may leave a host', async () => {
    const path = `/api/v1/hosts/host:${agent}/log-sources`;
    const set = (token: string, body: object, to = path) => hub.call('PUT', to, { token, body });
    const general = ['/var/log/nginx/*.log'];
    expect((await set(hub.tokens.operator, { general })).status).toBe(403);
    expect((await set(hub.tokens.admin, { general: [''] })).status).toBe(400);
    expect((await set(hub.tokens.admin, { general: Array(201).fill('/x') })).status).toBe(400);
    expect((await set(hub.tokens.admin, { general }, '/api/v1/hosts/host:nobody/log-sources')).status).toBe(404);
    expect(await set(hub.tokens.admin, { general })).toMatchObject({ status: 200, body: { general } });
    expect(await hub.call('GET', `/api/v1/hosts/host:${agent}`, { token: hub.tokens.viewer })).toMatchObject({
      body: { generalLogSources: general },
    });
  });

  it('gives and takes access', async () => {
    const token = hub.tokens.admin;
    const made = await hub.call('POST', '/api/v1/tokens', { token, body: { name: 'ci', role: 'viewer' } });
    expect(made).toMatchObject({ status: 201, body: { name: 'ci' } });
    const { id, token: secret } = made.body as { id: string; token: string };
    expect((await hub.call('GET', '/api/v1/hosts', { token: secret })).status).toBe(200);
    expect((await hub.call('DELETE', `/api/v1/tokens/${id}`, { token })).status).toBe(204);
    expect((await hub.call('GET', '/api/v1/hosts', { token: secret })).status).toBe(401);

    const user = { name: 'kim', role: 'operator', password: 'correct horse battery' };
    expect(await hub.call('POST', '/api/v1/users', { token, body: user })).toMatchObject({ status: 201 });
    expect(await hub.call('POST', '/api/v1/session', { body: { user: 'kim', password: user.password } })).toMatchObject(
      { status: 201, body: { role: 'operator' } },
    );
    expect(await hub.call('POST', '/api/v1/session', { body: { user: 'kim', password: 'wrong' } })).toMatchObject({
      status: 401,
      body: { code: 'SIGN_IN_REFUSED' },
    });
    expect((await hub.call('DELETE', '/api/v1/users/kim', { token })).status).toBe(204);

    const enrolment = await hub.call('POST', '/api/v1/enrolment-tokens', { token, body: { wantedId: 'db-1' } });
    expect(enrolment).toMatchObject({ status: 201, body: { command: expect.stringContaining('airis-agent enroll') } });
    const forged = { token: 'airis1.AAAA', publicKey: `U${'A'.repeat(55)}`, proof: 'AA==', hostName: 'x' };
    expect(await hub.call('POST', '/api/v1/enrol', { body: forged })).toMatchObject({
      status: 403,
      body: { code: 'ENROLMENT_REFUSED' },
    });
  });

  it('watches and revokes hosts', async () => {
    expect(await hub.call('POST', '/api/v1/hosts/host:web-1/watch', { token: hub.tokens.viewer })).toMatchObject({
      status: 200,
    });
    expect(hub.leases.get('web-1')).toBeGreaterThan(Date.now());
    const other = await enrolHost('web-2');
    expect((await hub.call('POST', `/api/v1/hosts/host:${other}/revoke`, { token: hub.tokens.admin })).status).toBe(
      204,
    );
    expect(await hub.call('GET', '/api/v1/hosts', { token: hub.tokens.viewer })).toMatchObject({
      body: { items: [{ agent: 'web-1' }, { agent: 'web-2', state: 'revoked', cpuUtilization: null }] },
    });
    expect((await hub.call('POST', `/api/v1/hosts/host:${other}/watch`, { token: hub.tokens.viewer })).status).toBe(
      404,
    );
  });
});
