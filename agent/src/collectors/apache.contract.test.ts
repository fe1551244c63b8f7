import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { role } from '@airis/protocol';
import { describe, expect, it } from 'vitest';
import { findApacheOn } from '../discover/apache.ts';
import { createTestApache, type TestApache } from '../discover/apache-under-test.ts';
import { findRoles } from '../discover/index.ts';
import { ProcessTree } from '../scope/process-tree.ts';
import { onlyWithin } from '../scope/scoped-host.ts';
import { apacheCollector } from './apache.ts';
import { createHost, restrictHost } from './host.ts';
import { createCollectors } from './index.ts';

const JSON_FORMAT =
  '{\\"t\\":\\"%{%Y-%m-%dT%H:%M:%S}t.%{msec_frac}t%{%z}t\\",\\"us\\":%D,\\"status\\":%>s,\\"method\\":\\"%m\\",\\"path\\":\\"%U%q\\",\\"bytes\\":%O,\\"trace\\":\\"%{traceparent}i\\"}';

const only = (apache: TestApache) => onlyWithin(createHost(), new ProcessTree(join(apache.folder, 'apache.pid')));

function reader(apache: TestApache) {
  const collector = apacheCollector.create({ searchEveryMs: 1_000 });
  const host = restrictHost(only(apache), collector.capabilities);
  return {
    collector,
    async read() {
      const written = new Map<string, number>();
      await collector.collect(host, {
        write: (metric, value, attributes = {}) => {
          expect(collector.emits).toHaveProperty([metric]);
          const { 'server.port': _, 'service.name': _also, ...rest } = attributes;
          written.set([metric, ...Object.values(rest)].join(' '), value);
        },
      });
      return written;
    },
  };
}

describe('Apache on this host', () => {
  it.each([
    { name: 'combined', logFormat: undefined, rows: 0 },
    { name: 'common with %D', logFormat: '%h %l %u %t \\"%r\\" %>s %b %D', rows: 50 },
    { name: 'JSON', logFormat: JSON_FORMAT, rows: 50 },
  ])('is read by its status page and a log in $name', async ({ logFormat, rows }) => {
    await using apache = await createTestApache(logFormat === undefined ? {} : { logFormat });
    await apache.start();
    const { collector, read } = reader(apache);
    expect(await collector.applies(restrictHost(only(apache), collector.capabilities))).toBe(true);
    const before = await read();
    expect(before.get('apache.workers busy')).toBeGreaterThanOrEqual(1);
    expect((before.get('apache.workers busy') ?? 0) + (before.get('apache.workers idle') ?? 0)).toBe(25);
    expect(before.get('apache.scoreboard open')).toBe(25);
    for (let i = 0; i < 40; i++) await fetch(`http://127.0.0.1:${apache.port}/api/orders/${i}?who=me`);
    for (let i = 0; i < 10; i++) await fetch(`http://127.0.0.1:${apache.port}/broken`);
    await expect.poll(async () => (await readFile(apache.accessLog, 'utf8')).split('/broken').length).toBe(11);
    const after = await read();
    expect(after.get('airis.http.server.requests 5xx')).toBe(10);
    expect(after.get('airis.http.server.requests 4xx')).toBe(40);
    expect(after.get('airis.http.server.unparsed_lines')).toBe(0);
    expect(after.has('http.server.request.duration')).toBe(rows > 0);
    expect((await read()).get('apache.requests')).toBeGreaterThanOrEqual(50);
    expect(collector.transactions?.().role).toBe('apache');
    const taken = collector.transactions?.().take('service:apache@web-1') ?? null;
    expect(taken?.rows ?? 0).toBe(rows);
    if (taken !== null) expect(Math.abs(taken.toUnixMs - Date.now())).toBeLessThan(10_000);
    await collector.close?.();
  });

  it('is found with version, configuration, port, status page, log and upstreams', async () => {
    await using apache = await createTestApache({
      more: 'ProxyPass /server-status !\nProxyPass / http://127.0.0.1:1/',
    });
    await apache.start();
    const [found] = await findApacheOn(only(apache));
    expect(found).toMatchObject({
      version: expect.stringMatching(/^2\.\d+\.\d+$/),
      configPath: apache.configPath,
      ports: [apache.port],
      statusUrl: `http://127.0.0.1:${apache.port}/server-status?auto`,
      accessLogs: [{ path: apache.accessLog, format: expect.stringContaining('%>s') }],
      upstreams: [{ address: '127.0.0.1:1', text: 'proxypass / http://127.0.0.1:1/' }],
    });
    for (const { role: said } of await findRoles(only(apache)))
      expect(role.parse(said)).toEqual({ ...said, confidence: null });
  });

  it('is found by a user who may not look into the process', async () => {
    await using apache = await createTestApache();
    await apache.start();
    const host = only(apache);
    const isPrivate = (path: string) => /^\/proc\/\d+\/(?:environ|exe|fd|cwd|ns)/.test(path);
    const [found] = await findApacheOn({
      ...host,
      list: async (path) => (isPrivate(path) ? [] : host.list(path)),
      readLink: (path) => (isPrivate(path) ? null : host.readLink(path)),
      tryReadText: async (path) => (isPrivate(path) ? null : host.tryReadText(path)),
    });
    expect(found).toMatchObject({ ports: [apache.port], accessLogs: [{ path: apache.accessLog }] });
  });

  it('does not take the page of a server behind it for its own', async () => {
    const behind = createServer((_request, response) => void response.end('<html>')).listen(0, '127.0.0.1');
    await new Promise((resolve) => behind.once('listening', resolve));
    const at = behind.address();
    const port = typeof at === 'object' && at !== null ? at.port : 0;
    try {
      await using apache = await createTestApache({ more: `ProxyPass / http://127.0.0.1:${port}/` });
      await apache.start();
      expect((await findApacheOn(only(apache)))[0]).toMatchObject({ statusUrl: null });
    } finally {
      behind.closeAllConnections();
      behind.close();
    }
  });

  it('leaves a log alone that access-log was given', async () => {
    await using apache = await createTestApache();
    await apache.start();
    const [collector] = createCollectors({
      'access-log': { files: [{ path: apache.accessLog }] },
    }).filter(({ name }) => name === 'apache');
    const written: string[] = [];
    await collector?.collect(restrictHost(only(apache), ['http']), { write: (metric) => void written.push(metric) });
    await collector?.close?.();
    expect(written).toContain('apache.workers');
    expect(written.filter((metric) => metric.includes('http'))).toEqual([]);
  });
});
