import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { decodeEnrolmentToken, encodeEnrolmentToken } from '@airis/protocol';
import { describe, expect, it } from 'vitest';
import { makeNetworkPair, type NetworkPair, whyNoNetworkPair } from '../harness/network-pair.ts';
import { tempFolder } from '../harness/temp-folder.ts';
import { until } from '../harness/until.ts';

const hubCli = resolve(import.meta.dirname, '../../hub/src/cli.ts');
const agentCli = resolve(import.meta.dirname, '../../agent/src/cli.ts');
const natsProbe = resolve(import.meta.dirname, 'nats-probe.ts');

const reason = whyNoNetworkPair();
if (reason !== null) console.warn(`TLS between two hosts is not tested here: ${reason}`);

/** Calls the hub's API as an admin on another host would, trusting the hub's own authority. */
function apiFrom(pair: NetworkPair, dataDir: string, url: string, token: string) {
  const script = `
    const [method, url, token, body] = process.argv.slice(1);
    const headers = { authorization: 'Bearer ' + token, 'content-type': 'application/json' };
    const answer = await fetch(url, { method, headers, ...(body ? { body } : {}) });
    console.log(await answer.text());
    process.exit(answer.ok ? 0 : 1);`;
  return <T>(method: string, path: string, body?: unknown): T => {
    const words = ['--input-type=module', '-e', script, method, url + path, token, JSON.stringify(body) ?? ''];
    const trust = { NODE_EXTRA_CA_CERTS: join(dataDir, 'hub/keys/ca.cert.pem') };
    const { code, output } = pair.agent.run(words, trust);
    if (code !== 0) throw new Error(`${method} ${path}: ${output}`);
    return JSON.parse(output) as T; // each call below names what the API answers
  };
}

describe.skipIf(reason !== null)('a hub and an agent on two hosts', () => {
  it('enrol over HTTPS with a pinned authority and deliver over mutual TLS; nobody else gets in', async () => {
    await using folder = await tempFolder('tls');
    await using pair = makeNetworkPair();
    const dataDir = join(folder.path, 'data');
    const agentDir = join(folder.path, 'agent');
    const log = (name: string): string => join(folder.path, `${name}.log`);
    await mkdir(agentDir, { mode: 0o700 });

    const listen = { AIRIS_HTTP: `${pair.hub.address}:0`, AIRIS_NATS_LISTEN: `${pair.hub.address}:0` };
    pair.hub.start([hubCli, 'start'], { env: { AIRIS_DATA_DIR: dataDir, ...listen }, logFile: log('hub') });
    const endpoints = await until('the hub to be ready', 30_000, async () => {
      const file = join(dataDir, 'endpoints.json');
      return existsSync(file) && (JSON.parse(await readFile(file, 'utf8')) as { http: string; nats: string });
    }).catch(async (cause: unknown) => {
      throw new Error(await readFile(log('hub'), 'utf8'), { cause });
    });
    expect(endpoints.http).toContain(`https://${pair.hub.address}:`);
    const adminToken = (await readFile(join(dataDir, 'admin.token'), 'utf8')).trim();
    const api = apiFrom(pair, dataDir, endpoints.http, adminToken);

    const { token } = api<{ token: string }>('POST', '/api/v1/enrolment-tokens', { wantedId: 'far-1' });
    const decoded = decodeEnrolmentToken(token);
    expect(decoded).toMatchObject({ url: endpoints.http, ca: expect.stringMatching(/^[0-9a-f]{64}$/) });
    if (decoded === null) throw new Error('the token cannot be read');

    const enrol = (text: string) =>
      pair.agent.run([agentCli, 'enroll', '--dir', agentDir, '--token-file', '-'], {}, text);
    const otherCa = enrol(encodeEnrolmentToken({ ...decoded, ca: 'ab'.repeat(32) }));
    expect(otherCa.code).not.toBe(0);
    expect(otherCa.output).toContain('ENROL_CA_MISMATCH');
    const plain = enrol(encodeEnrolmentToken({ ...decoded, url: decoded.url.replace('https:', 'http:'), ca: null }));
    expect(plain.output).toContain('ENROL_CA_MISMATCH');
    expect(existsSync(join(agentDir, 'identity.json'))).toBe(false);
    expect(enrol(token)).toMatchObject({ code: 0 });

    const probe = (how: 'with' | 'without') => pair.agent.run([natsProbe, agentDir, how]).output;
    expect(probe('with')).toContain(`connected to ${pair.hub.address}:`);
    expect(probe('without')).toMatch(/^refused: /);

    pair.agent.start([agentCli, 'run', '--dir', agentDir], { logFile: log('agent') });
    const query = { metric: 'system.cpu.utilization', from: '-5m', to: 'now' };
    const arrived = () => api<{ series: { host: string }[] }>('POST', '/api/v1/query/metrics', query).series;
    const series = await until('rows of the far host', 30_000, () => {
      const found = arrived();
      return found.length > 0 && found;
    }).catch(async (cause: unknown) => {
      throw new Error(`${await readFile(log('agent'), 'utf8')}\n${await readFile(log('hub'), 'utf8')}`, { cause });
    });
    expect(series.map(({ host }) => host)).toContain('host:far-1');
  });
});
