import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { breakShop, DETECTION_READY_MS, evidenceOpens } from '../harness/demo-faults.ts';
import { processesOf, type SeenFault, type SeenShop, startDemo } from '../harness/demo-under-test.ts';
import { allResolved, incidentIds, readIncident } from '../harness/incidents.ts';
import { tempFolder } from '../harness/temp-folder.ts';

const QUIET_MINUTES = 5;
/** The same trouble back within two minutes of its end reopens its incident; a new one opens only after that. */
const REOPENS_WITHIN_MS = 2 * 60_000;
/** Pairs in different tiers that hurt the same requests. */
const PAIRS = [
  ['cpu-burn', 'lock-held'],
  ['network-trouble', 'slow-statement'],
] as const;

/** What nginx, Tomcat, Java, PostgreSQL or our own programs would leave in the folder for temporary files. */
const traces = /^(?:hsperfdata|\.java_pid|tomcat|jetty|nginx|\.s\.PGSQL|pg|postgres|airis-(?!demo))/;

const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/**
 * The whole demo with real parts: quiet under load, then broken in every way, a minute apart, then in two ways at once,
 * then ended.
 */
it('the demo shop is quiet under load, and tells the right cause of every fault', {
  timeout: 40 * 60_000,
}, async () => {
  await using folder = await tempFolder('demo');
  const outside = await readdir(tmpdir());
  await using demo = await startDemo(folder.path);
  const { tiers } = await demo.api<SeenShop>('GET', '/api/v1/demo/shop');
  expect(tiers.filter(({ isStandIn }) => isStandIn)).toEqual([]);
  await sleep(DETECTION_READY_MS);

  await sleep(QUIET_MINUTES * 60_000);
  const quiet = await Promise.all((await incidentIds(demo)).map((id) => readIncident(demo, id)));
  expect(
    quiet.map(({ title, causes }) => `${title.en}: ${causes[0]?.entity}`),
    'incidents of load without a fault',
  ).toEqual([]);

  const faults = await demo.api<SeenFault[]>('GET', '/api/v1/demo/faults');
  const outcomes = [];
  for (const { name } of faults) outcomes.push(...(await breakShop(demo, [name])));
  for (const outcome of outcomes) process.stdout.write(`${JSON.stringify(outcome)}\n`);
  expect(outcomes.map(({ fault, isRight, incidents }) => ({ fault, isRight, incidents }))).toEqual(
    faults.map(({ name }) => ({ fault: name, isRight: true, incidents: 1 })),
  );
  for (const { incidentSeconds, evidence } of outcomes) {
    expect(incidentSeconds).toBeLessThan(60);
    expect(evidence).toBeGreaterThan(0);
  }
  await allResolved(demo, 180_000);
  for (const id of await incidentIds(demo)) expect(await evidenceOpens(demo, id)).toBe(true);

  await sleep(REOPENS_WITHIN_MS);
  for (const pair of PAIRS) {
    const both = await breakShop(demo, pair);
    process.stdout.write(`${JSON.stringify(both)}\n`);
    expect(both.map(({ fault, isRight }) => ({ fault, isRight }))).toEqual(
      pair.map((fault) => ({ fault, isRight: true })),
    );
    await allResolved(demo, 180_000);
  }

  await demo.api('POST', '/api/v1/demo/faults/lock-held/start');
  await demo.interrupt();
  expect(await processesOf(folder.path), 'processes that outlived the demo').toEqual([]);
  const left = (await readdir(tmpdir())).filter((name) => !outside.includes(name) && traces.test(name));
  expect(left, 'files outside the data folder').toEqual([]);
});
