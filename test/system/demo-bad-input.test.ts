import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { processesOf, type SeenShop, startDemo } from '../harness/demo-under-test.ts';
import { allResolved, incidentIds, readIncident } from '../harness/incidents.ts';
import { descendants } from '../harness/process-under-test.ts';
import { tempFolder } from '../harness/temp-folder.ts';
import { until } from '../harness/until.ts';

it('the demo without Tomcat and PostgreSQL says so; a tier killed by hand is told and comes back', async () => {
  await using folder = await tempFolder('demo-bad');
  await using demo = await startDemo(folder.path, ['--stand-ins', 'was,database']);
  const shop = () => demo.api<SeenShop>('GET', '/api/v1/demo/shop');
  const { tiers } = await shop();
  expect(tiers.filter(({ isStandIn }) => isStandIn).map(({ name }) => name)).toEqual(['was', 'database']);
  expect(demo.output()).toContain('stand-in: Tomcat 10 is not installed');
  await expect(demo.api('POST', '/api/v1/demo/faults/lock-held/start')).rejects.toThrow(/422.*knows no locks/);
  await expect(demo.api('POST', '/api/v1/demo/faults/nonsense/start')).rejects.toThrow(/404.*known are/);

  // Whoever watches must have seen the app before it can be missed.
  await until('the agent of the app to know its role', 60_000, async () => {
    const host = await demo.api<{ roles: { state: string }[] }>('GET', '/api/v1/hosts/host:shop-app');
    return host.roles.some(({ state }) => state === 'running');
  });
  const pid = Number(await readFile(join(folder.path, 'demo', 'app', 'app.pid'), 'utf8'));
  process.kill(pid, 'SIGKILL');
  const [id] = await until('an incident of the killed app', 40_000, async () => {
    const ids = await incidentIds(demo);
    return ids.length > 0 && ids;
  });
  expect((await readIncident(demo, id ?? '')).causes[0]?.entity).toBe('service:shop-app');
  await until('the app to run again', 60_000, async () =>
    (await shop()).tiers.every(({ state }) => state === 'running'),
  );
  await allResolved(demo, 180_000);

  // Without users nothing is served, and nothing else breaks: they come back.
  for (const load of await descendants(demo.pid, 'load/main.ts')) process.kill(load, 'SIGKILL');
  await until('the load to come back', 30_000, async () => {
    const { load } = await demo.api<{ load: { requestsPerSecond: number } }>('GET', '/api/v1/demo/shop');
    return load.requestsPerSecond > 0;
  });

  await demo.interrupt();
  expect(await processesOf(folder.path)).toEqual([]);
});
