import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AgentUnderTest, startAgent } from '../harness/agent-under-test.ts';
import { type Breakage, burnCpu, fillDisk } from '../harness/break-host.ts';
import { type HubUnderTest, startHub } from '../harness/hub-under-test.ts';
import {
  allResolved,
  detectionReady,
  listIncidents,
  newIncidents,
  type SeenIncidentDetail,
} from '../harness/incidents.ts';
import { type NginxUnderTest, startNginx } from '../harness/nginx-under-test.ts';
import { type TempFolder, tempFolder } from '../harness/temp-folder.ts';
import { until } from '../harness/until.ts';

let folder: TempFolder;
let hub: HubUnderTest;
let agent: AgentUnderTest;
let nginx: NginxUnderTest;

beforeAll(async () => {
  folder = await tempFolder('broken-host');
  nginx = await startNginx(folder.path);
  hub = await startHub(folder.path);
  agent = await startAgent(hub, 'this-host');
  await until('nginx to be found', 60_000, async () => {
    const host = await hub.api<{ roles: { name: string }[] }>('GET', '/api/v1/hosts/host:this-host');
    return host.roles.some(({ name }) => name === 'nginx');
  });
  await detectionReady(hub, 'this-host');
});

afterAll(async () => {
  await agent?.stop();
  await hub?.stop();
  await nginx?.stop();
  await folder?.[Symbol.asyncDispose]();
});

const breakages: readonly { name: string; begin: () => Promise<Breakage>; entity: RegExp; kinds: readonly string[] }[] =
  [
    {
      name: 'a program that burns the CPU',
      begin: async () => burnCpu(2),
      entity: /^(process|host):/,
      kinds: ['saturation', 'level-shift', 'spike'],
    },
    {
      name: 'a directory that fills the disk',
      begin: () => fillDisk(folder.path),
      entity: /^(host|file-system|disk):/,
      kinds: ['drift', 'saturation', 'level-shift'],
    },
    {
      name: 'nginx stopped',
      begin: async () => {
        await nginx.stop();
        return { [Symbol.asyncDispose]: () => nginx.start() };
      },
      entity: /^(service|host):/,
      kinds: ['missing'],
    },
  ];

describe('something broken on this host', () => {
  it.each(breakages)(
    '$name gives one incident within 60 s, with host and evidence, that resolves itself',
    async (fault) => {
      const before = await listIncidents(hub);
      const startedAt = Date.now();
      {
        await using breakage = await fault.begin();
        const [incident] = await newIncidents(hub, before, 60_000);
        const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
        process.stdout.write(`${fault.name}: incident after ${seconds} s: ${incident?.title.en}\n`);
        const detail = await hub.api<SeenIncidentDetail>('GET', `/api/v1/incidents/${incident?.id}`);
        expect(detail.hosts).toEqual(['host:this-host']);
        expect(fault.kinds).toContain(detail.findings[0]?.kind);
        expect(detail.causes[0]?.entity).toMatch(fault.entity);
        expect(detail.causes[0]?.evidence.length).toBeGreaterThan(0);
        expect(breakage).toBeDefined();
      }
      await allResolved(hub, 240_000);
      const after = await listIncidents(hub);
      expect(after.length - before.length, 'one incident for one fault').toBe(1);
    },
  );
});
