import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

/** A cycle of every trouble; `npm run test:long -- agent-week` runs a week of them. */
const HOURS = 1;

it('the agent keeps memory and files within bounds through an hour of churn, told fast', async () => {
  const program = join(import.meta.dirname, '../long/main.ts');
  const words = ['--conditions=airis-source', program, 'agent-week', String(HOURS)];
  const { stdout } = await promisify(execFile)(process.execPath, words);
  expect(stdout).not.toContain('complaint');
  expect(stdout).toContain(`"hour":${HOURS},`);
}, 240_000);
