import { expect, it } from 'vitest';
import { processesOf } from '../harness/demo-under-test.ts';
import { npmStart } from '../harness/npm-start.ts';
import { tempFolder } from '../harness/temp-folder.ts';
import { until } from '../harness/until.ts';

it('npm start shows this host within 20 s of ready, starts again within 10 s, and Ctrl-C leaves nothing behind', async () => {
  await using folder = await tempFolder('start');
  const first = npmStart(folder.path);
  await first.says('hub ready', 120_000);
  const readyAt = Date.now();
  await first.says('#signin=', 30_000);
  await until("this host's CPU", 60_000, async () => {
    const { items } = await first.api<{ items: { cpuUtilization: number | null }[] }>('GET', '/api/v1/hosts');
    return typeof items[0]?.cpuUtilization === 'number';
  });
  const dataAfterSeconds = (Date.now() - readyAt) / 1000;

  const second = npmStart(folder.path);
  expect(await second.ended).not.toBe(0);
  expect(second.output()).toContain('DATA_DIR_LOCKED');

  const stopAt = Date.now();
  await first.interrupt();
  const stopSeconds = (Date.now() - stopAt) / 1000;
  expect(await processesOf(folder.path), 'processes that outlived npm start').toEqual([]);

  const againAt = Date.now();
  const again = npmStart(folder.path);
  await again.says('#signin=', 60_000);
  const againSeconds = (Date.now() - againAt) / 1000;
  await again.interrupt();

  process.stdout.write(`${JSON.stringify({ dataAfterSeconds, againSeconds, stopSeconds })}\n`);
  expect(dataAfterSeconds).toBeLessThan(20);
  expect(againSeconds).toBeLessThan(10);
});
