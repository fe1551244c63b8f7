import { describe, expect, it } from 'vitest';
import { createTestNginx, nginxProgram } from '../discover/nginx-under-test.ts';
import { createHost, restrictHost } from './host.ts';
import { nginxCollector } from './nginx.ts';

if (nginxProgram === null) console.warn('SKIPPED: nginx is not installed, so reading it was not tested');

describe.skipIf(nginxProgram === null)('nginx collector', () => {
  it.each([
    { name: 'the default format', logFormat: undefined },
    { name: 'a JSON format', logFormat: '{"status":$status,"rt":$request_time,"uri":"$request_uri"}' },
  ])('reads a real nginx with $name', async ({ logFormat }) => {
    await using nginx = await createTestNginx(logFormat === undefined ? {} : { logFormat });
    await nginx.start();
    const collector = nginxCollector.create({ searchEveryMs: 1_000 });
    const host = restrictHost(createHost(), collector.capabilities);
    expect(await collector.applies(host)).toBe(true);
    const collect = async () => {
      const written = new Map<string, number>();
      await collector.collect(host, {
        write: (metric, value, attributes = {}) => {
          expect(collector.emits).toHaveProperty([metric]);
          const { 'server.port': port, ...rest } = attributes;
          if (port === undefined || port === String(nginx.port)) {
            written.set([metric, ...Object.values(rest)].join(' '), value);
          }
        },
      });
      return written;
    };
    const before = await collect();
    expect(before.get('nginx.connections_current active')).toBeGreaterThan(0);
    const start = before.get('airis.http.server.requests 2xx') ?? 0;
    for (let i = 0; i < 30; i++) await fetch(`http://127.0.0.1:${nginx.port}/api/orders/${i}`);
    for (let i = 0; i < 10; i++) await fetch(`http://127.0.0.1:${nginx.port}/broken`);
    const routes = new Set<string>();
    await expect
      .poll(async () => {
        const now = await collect();
        for (const key of now.keys()) if (key.startsWith('http.server.request.duration ')) routes.add(key.slice(29));
        return [(now.get('airis.http.server.requests 2xx') ?? 0) - start, now.get('airis.http.server.requests 5xx')];
      })
      .toEqual([30, 10]);
    expect((await collect()).get('nginx.requests')).toBeGreaterThanOrEqual(40);
    if (logFormat !== undefined) expect(routes).toContain('/api/orders/{}');
    await nginx.stop();
    await collector.close?.();
  });
});

it('has nothing to read where no nginx runs', async () => {
  const host = { ...createHost(), list: async () => [] };
  expect(await nginxCollector.create({}).applies(host)).toBe(false);
});
