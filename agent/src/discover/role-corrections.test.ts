import { describe, expect, it } from 'vitest';
import { hostOfFiles } from '../collectors/host-of-files-under-test.ts';
import { findRoles, roles } from './index.ts';
import { correctedRoles, isIgnored, rolesConfig } from './role-corrections.ts';
import { confidenceOf } from './role-definition.ts';
import { createRoleWatch } from './role-watch.ts';

interface Running {
  readonly pid: number;
  readonly comm: string;
  readonly title: string;
  readonly parent?: number;
  readonly port?: number;
}

/** Processes as /proc shows them, each holding its port. */
function hostRunning(running: readonly Running[]) {
  const files: Record<string, string> = {};
  const links: Record<string, string> = {};
  const listening: string[] = ['  sl  local_address rem_address   st\n'];
  for (const { pid, comm, title, parent = 1, port } of running) {
    files[`/proc/${pid}/stat`] =
      `${pid} (${comm}) S ${parent} ${pid} ${pid} 0 -1 4194304${' 0'.repeat(12)} ${pid}00${' 0'.repeat(30)}\n`;
    files[`/proc/${pid}/cmdline`] = title.replaceAll(' ', '\0');
    if (port === undefined) continue;
    files[`/proc/${pid}/fd/3`] = '';
    links[`/proc/${pid}/fd/3`] = `socket:[${pid}]`;
    const hex = port.toString(16).toUpperCase().padStart(4, '0');
    listening.push(
      `   0: 00000000:${hex} 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 ${pid} 1\n`,
    );
  }
  files['/proc/net/tcp'] = listening.join('');
  return { ...hostOfFiles(files), readLink: (path: string) => links[path] ?? null };
}

const running: readonly Running[] = [
  { pid: 10, comm: 'redis-server', title: 'redis-server 127.0.0.1:6379', port: 6379 },
  { pid: 20, comm: 'java', title: 'java -Xmx4g -cp /was/jeus.jar jeus.server.JeusBootstrapper', port: 9736 },
  { pid: 30, comm: 'java', title: 'java -jar order-batch.jar', port: 7001 },
  { pid: 40, comm: 'tbsvr', title: 'tbsvr -t NORMAL -SVR_SID=tibero' },
  { pid: 41, comm: 'tbsvr', title: 'tbsvr_WP000 -t NORMAL -SVR_SID=tibero', parent: 40 },
  { pid: 50, comm: 'java', title: 'java -Dnote=kafka.Kafkaesque Main' },
];

async function found(settings: object = {}, processes = running) {
  const seen = await findRoles(hostRunning(processes), correctedRoles(roles, rolesConfig.parse(settings)));
  return seen.map(({ role, key, ports }) => ({ name: role.name, key, ports: [...ports] }));
}

describe('known programs', () => {
  it('are recognised by process and arguments, workers not counted as services of their own', async () => {
    expect(await found()).toEqual([
      { name: 'jeus', key: 'jeus', ports: [9736] },
      { name: 'tibero', key: 'tibero', ports: [] },
      { name: 'redis', key: 'redis', ports: [6379] },
    ]);
  });

  it('are told apart by their ports where several run', async () => {
    const second = { pid: 11, comm: 'redis-server', title: 'redis-server *:6380', port: 6380 };
    const starting = { pid: 12, comm: 'redis-server', title: 'redis-server *:6381' };
    expect(await found({}, [running[0]!, second, starting])).toEqual([
      { name: 'redis', key: 'redis port 6379', ports: [6379] },
      { name: 'redis', key: 'redis port 6380', ports: [6380] },
    ]);
  });
});

describe('corrections of the operator', () => {
  it('leave out what is ignored, by name and where told by port', async () => {
    expect(
      await found({ ignore: [{ name: 'redis', port: 6379 }, { name: 'jeus', port: 1 }, { name: 'tibero' }] }),
    ).toEqual([{ name: 'jeus', key: 'jeus', ports: [9736] }]);
  });

  it('add what discovery does not know, and rename what it takes for something else', async () => {
    const declare = [
      { name: 'order-batch', tier: 'app', process: 'java', argument: 'order-batch.jar' },
      { name: 'session-store', tier: 'database', process: 'redis-server' },
    ];
    expect(await found({ declare })).toEqual([
      { name: 'order-batch', key: 'order-batch', ports: [7001] },
      { name: 'session-store', key: 'session-store', ports: [6379] },
      { name: 'jeus', key: 'jeus', ports: [9736] },
      { name: 'tibero', key: 'tibero', ports: [] },
    ]);
  });

  it.each([
    { ignore: [{ name: 'Redis' }] },
    { declare: [{ name: 'x', tier: 'host', process: 'x' }] },
    { declare: [{ name: 'x', tier: 'app', process: 'longer-than-15-bytes' }] },
    { ignored: [] },
  ])('are refused where they cannot be meant: %j', (settings) => {
    expect(rolesConfig.safeParse(settings).success).toBe(false);
  });
});

it('a service that stopped and is ignored from then on ends its finding', async () => {
  const kept = new Map<string, string>();
  const memory = {
    load: (key: string) => kept.get(key) ?? null,
    save: (key: string, text: string) => kept.set(key, text),
  };
  let nowMs = 0;
  const watch = (processes: readonly Running[], settings: object) => {
    const corrections = rolesConfig.parse(settings);
    return createRoleWatch(
      { ...hostRunning(processes), nowMs: () => nowMs },
      {
        agent: 'db-1',
        newId: () => 'test-0001',
        memory,
        definitions: correctedRoles(roles, corrections),
        isIgnored: (role) => isIgnored(role, corrections),
      },
    );
  };
  await watch([running[0]!], {}).poll();
  const gone = watch([], {});
  await gone.poll();
  nowMs = 20_000;
  expect((await gone.poll()).findings.map(({ state }) => state)).toEqual(['open']);
  nowMs = 40_000;
  const news = await watch([], { ignore: [{ name: 'redis' }] }).poll();
  expect(news.findings.map(({ state }) => state)).toEqual(['closed']);
  expect(news.roles).toEqual([]);
});

describe('confidenceOf', () => {
  const of = (...kinds: Parameters<typeof confidenceOf>[0]['evidence'][number]['kind'][]) =>
    confidenceOf({ evidence: kinds.map((kind) => ({ kind, text: '' })) });

  it('rises with each kind of evidence, not with more of the same, and the operator is not doubted', () => {
    expect(of()).toBe(0);
    expect(of('process')).toBe(0.6);
    expect(of('process', 'listener', 'listener')).toBe(of('process', 'listener'));
    expect(of('process', 'listener', 'config')).toBeGreaterThan(of('process', 'listener'));
    expect(of('process', 'operator')).toBe(1);
  });
});
