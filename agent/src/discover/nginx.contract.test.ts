import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { change, finding, role } from '@airis/protocol';
import { describe, expect, it } from 'vitest';
import { createHost } from '../collectors/host.ts';
import type { HostEvidence } from './host-evidence.ts';
import { findRoles } from './index.ts';
import { findNginxOn, nginxRole } from './nginx.ts';
import { createTestNginx, nginxProgram, type TestNginx } from './nginx-under-test.ts';
import { createRoleWatch } from './role-watch.ts';

if (nginxProgram === null) console.warn('SKIPPED: nginx is not installed, so finding it was not tested');

describe.skipIf(nginxProgram === null)('nginx on this host', () => {
  const host = createHost();
  /** Other tests start an nginx of their own at the same time. */
  const only = ({ configPath }: TestNginx) => [
    {
      ...nginxRole,
      find: async (evidence: HostEvidence) =>
        (await nginxRole.find(evidence)).filter((f) => f.configPath === configPath),
    },
  ];
  const here = async (port: number) => (await findNginxOn(host)).find((instance) => instance.ports.includes(port));

  it('is found with version, configuration, port, status page and log', async () => {
    await using nginx = await createTestNginx();
    await nginx.start();
    expect(await here(nginx.port)).toMatchObject({
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      configPath: nginx.configPath,
      ports: [nginx.port],
      statusUrl: `http://127.0.0.1:${nginx.port}/status`,
      accessLogs: [{ path: nginx.accessLog }],
    });
    for (const found of await findRoles(host))
      expect(role.parse(found.role)).toEqual({ ...found.role, confidence: null });
  });

  it('is found by a user who may not look into its open files', async () => {
    await using nginx = await createTestNginx();
    await nginx.start();
    const poor = {
      ...host,
      list: async (path: string) => (path.endsWith('/fd') ? [] : host.list(path)),
      readLink: (path: string) => (/^\/proc\/\d+\//.test(path) ? null : host.readLink(path)),
    };
    const found = (await findNginxOn(poor)).find((instance) => instance.configPath === nginx.configPath);
    expect(found).toMatchObject({ ports: [nginx.port], statusUrl: expect.stringContaining('/status') });
  });

  it('gives one finding when it stops, and closes it when it is back', async () => {
    await using nginx = await createTestNginx();
    await nginx.start();
    let nowMs = 1_000_000;
    const watch = createRoleWatch(
      { ...host, nowMs: () => nowMs },
      { agent: 'web-1', newId: randomUUID, definitions: only(nginx) },
    );
    const poll = async (passedMs: number) => {
      nowMs += passedMs;
      const news = await watch.poll();
      for (const item of news.findings) expect(finding.parse(item)).toEqual(item);
      for (const item of news.changes) expect(change.parse(item)).toEqual(item);
      return { ...news, mine: news.roles.find((r) => r.evidence.some((e) => e.text.includes(String(nginx.port)))) };
    };
    const first = await poll(0);
    expect(first).toMatchObject({ mine: { state: 'running' }, changes: [], findings: [] });

    await nginx.stop('SIGQUIT');
    expect(await poll(2_000)).toMatchObject({ mine: { state: 'stopped' }, findings: [] });
    const stopped = await poll(8_000);
    expect(stopped.findings).toMatchObject([
      { state: 'open', kind: 'missing', severity: 'critical', startedAtUnixMs: 1_002_000 },
    ]);
    expect(stopped.findings[0]?.entity).toMatch(/^service:nginx.*@web-1$/);
    expect(stopped.findings[0]?.summary.en).toContain(String(nginx.port));
    expect(stopped.changes).toMatchObject([{ kind: 'role-lost' }]);
    expect(await poll(60_000)).toMatchObject({ findings: [], changes: [] });

    await nginx.start();
    const back = await poll(2_000);
    expect(back.findings).toMatchObject([{ id: stopped.findings[0]?.id, state: 'closed', endedAtUnixMs: nowMs }]);
    expect(back.changes).toMatchObject([{ kind: 'role-found' }]);
    expect(back.mine?.state).toBe('running');
  });

  it('calls a quick restart what it is, and no finding, and names the files that an edit would be seen in', async () => {
    await using nginx = await createTestNginx();
    await nginx.start();
    let nowMs = 1_000_000;
    const watch = createRoleWatch(
      { ...host, nowMs: () => nowMs },
      { agent: 'web-1', newId: randomUUID, definitions: only(nginx) },
    );
    await watch.poll();
    await nginx.stop();
    nowMs += 2_000;
    expect((await watch.poll()).findings).toEqual([]);
    await nginx.start();
    nowMs += 2_000;
    const news = await watch.poll();
    expect(news.findings).toEqual([]);
    expect(news.changes.map((c) => c.kind)).toEqual(['restart']);
    expect(news.services.map(({ configFiles }) => configFiles[0])).toEqual([nginx.configPath]);
  });

  it('is remembered across a restart of the agent: found to have stopped meanwhile, and closed when back', async () => {
    await using nginx = await createTestNginx();
    await nginx.start();
    const store = new Map<string, string>();
    const memory = {
      load: (key: string) => store.get(key) ?? null,
      save: (key: string, text: string) => void store.set(key, text),
    };
    let nowMs = 1_000_000;
    const restarted = () =>
      createRoleWatch(
        { ...host, nowMs: () => nowMs },
        { agent: 'web-1', newId: randomUUID, memory, definitions: only(nginx) },
      );
    await restarted().poll();
    await nginx.stop();
    const second = restarted();
    await second.poll();
    nowMs += 10_000;
    const [open] = (await second.poll()).findings;
    expect(open).toMatchObject({ state: 'open', kind: 'missing' });
    await nginx.start();
    nowMs += 10_000;
    expect((await restarted().poll()).findings).toMatchObject([{ id: open?.id, state: 'closed' }]);
    store.set('roles', '[{"torn":');
    expect((await restarted().poll()).findings).toEqual([]);
  });

  it('closes the finding of a service that was removed', async () => {
    await using nginx = await createTestNginx();
    await nginx.start();
    let nowMs = 1_000_000;
    const watch = createRoleWatch(
      { ...host, nowMs: () => nowMs },
      { agent: 'web-1', newId: randomUUID, definitions: only(nginx) },
    );
    await watch.poll();
    await nginx.stop();
    await watch.poll();
    nowMs += 10_000;
    expect((await watch.poll()).findings).toMatchObject([{ state: 'open' }]);
    await rm(nginx.configPath);
    nowMs += 10_000;
    const removed = await watch.poll();
    expect(removed.findings).toMatchObject([{ state: 'closed' }]);
    expect(removed.roles).toEqual([]);
  });
});

it('finds nothing, and says nothing, on a machine without services', async () => {
  const host = { ...createHost(), list: async () => [] };
  const watch = createRoleWatch(host, { agent: 'web-1', newId: randomUUID });
  expect(await watch.poll()).toEqual({ roles: [], services: [], changes: [], findings: [] });
});
