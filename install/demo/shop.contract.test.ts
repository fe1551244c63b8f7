import { mkdtemp, readdir, readFile, readlink, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { TierName } from './faults/fault.ts';
import { type Shop, startShop } from './shop.ts';

interface LogLine {
  readonly trace: string;
  readonly span: string;
  readonly parent?: string;
  readonly path: string;
}

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

async function openShop(standIns: readonly TierName[]): Promise<{ shop: Shop; folder: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'airis-shop-'));
  folders.push(folder);
  const options = { folder, logFolder: join(folder, 'logs'), jolokiaJar: null, say: () => undefined };
  return { shop: await startShop({ ...options, standIns }), folder };
}

async function readLog(folder: string, tier: string): Promise<LogLine[]> {
  const file = (await readdir(join(folder, tier), { recursive: true })).find((name) => name.endsWith('access.log'));
  const text = await readFile(join(folder, tier, file ?? ''), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LogLine);
}

/** Processes whose command line or environment names the shop's folder. */
async function leftProcesses(folder: string): Promise<string[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  // Workers rewrite their command lines; where they live they cannot rewrite.
  const found = await Promise.all(
    ids.map(async (id) => {
      const command = await readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '');
      const open = await readdir(`/proc/${id}/fd`).catch(() => []);
      const files = await Promise.all(open.map((fd) => readlink(`/proc/${id}/fd/${fd}`).catch(() => '')));
      return [command, ...files].some((text) => text.includes(folder)) ? `${id} ${command}` : '';
    }),
  );
  return found.filter((one) => one !== '' && !one.startsWith(`${process.pid} `));
}

async function followOneRequest({ shop, folder }: { shop: Shop; folder: string }): Promise<void> {
  const path = `/items/${1 + Math.floor(Math.random() * 200)}`;
  const answer = await fetch(new URL(path, shop.url));
  expect(answer.status).toBe(200);
  await answer.arrayBuffer();
  // Access logs are written after the answer.
  await new Promise((done) => setTimeout(done, 300));
  const [web, was, app] = await Promise.all(['web', 'was', 'app'].map((tier) => readLog(folder, tier)));
  const first = web?.findLast((line) => line.path === path);
  const second = was?.find((line) => line.parent === first?.span);
  const third = app?.find((line) => line.parent === second?.span);
  expect(first?.trace).toMatch(/^[0-9a-f]{32}$/);
  expect([second?.trace, third?.trace]).toEqual([first?.trace, first?.trace]);
}

describe('the demo shop', () => {
  it('serves one request through nginx, Tomcat, Node and PostgreSQL, all real, under one trace', async () => {
    const open = await openShop([]);
    try {
      const { tiers } = open.shop.report();
      expect(
        tiers.map(({ name, isStandIn }) => ({ name, isStandIn })),
        'install nginx-light tomcat10-common default-jre-headless postgresql-15',
      ).toEqual(['web', 'was', 'app', 'database'].map((name) => ({ name, isStandIn: false })));
      await followOneRequest(open);
    } finally {
      await open.shop[Symbol.asyncDispose]();
    }
    expect(await leftProcesses(open.folder)).toEqual([]);
  });

  it('ends the workers of a web server killed by hand, so that its port is free again', async () => {
    const open = await openShop(['was', 'database']);
    try {
      const web = open.shop.tiers.find(({ name }) => name === 'web');
      process.kill(Number(await readFile(web?.pidFile ?? '', 'utf8')), 'SIGKILL');
      await new Promise((done) => setTimeout(done, 500));
      expect(web?.process.state()).toBe('stopped');
      await expect(fetch(open.shop.url)).rejects.toThrow();
      await web?.process.start();
      expect((await fetch(open.shop.url)).status).toBe(200);
    } finally {
      await open.shop[Symbol.asyncDispose]();
    }
    expect(await leftProcesses(open.folder)).toEqual([]);
  });

  it('serves with stand-ins, names them as such, and says what a stand-in cannot do', async () => {
    const open = await openShop(['web', 'was', 'database']);
    try {
      const standIns = open.shop.report().tiers.filter(({ isStandIn }) => isStandIn);
      expect(standIns.map(({ name }) => name)).toEqual(['web', 'was', 'database']);
      for (const { standInReason } of standIns) expect(standInReason?.en).toContain('apt-get install');
      await followOneRequest(open);
      expect(await open.shop.hands().connect('nobody')).toBeNull();
    } finally {
      await open.shop[Symbol.asyncDispose]();
    }
    expect(await leftProcesses(open.folder)).toEqual([]);
  });
});
