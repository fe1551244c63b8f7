import { expect, it } from 'vitest';
import { startAgent } from '../harness/agent-under-test.ts';
import { startHub } from '../harness/hub-under-test.ts';
import { detectionReady, listIncidents } from '../harness/incidents.ts';
import { tempFolder } from '../harness/temp-folder.ts';

const QUIET_MINUTES = 10;

it(`${QUIET_MINUTES} quiet minutes open no incident`, async () => {
  await using folder = await tempFolder('quiet-host');
  await using hub = await startHub(folder.path);
  await using agent = await startAgent(hub, 'quiet-host');
  await detectionReady(hub, agent.id);
  await new Promise((done) => setTimeout(done, QUIET_MINUTES * 60_000));
  const findings = await hub.api<{ items: { title: { en: string } }[] }>('GET', '/api/v1/findings');
  expect(findings.items.map(({ title }) => title.en)).toEqual([]);
  expect(await listIncidents(hub)).toEqual([]);
});
