import { expect, it } from 'vitest';
import { faults } from '../chaos/faults/index.ts';
import { runFault } from '../chaos/run-fault.ts';

it.each(faults)('keeps its promises under $name: $about', async (fault) => {
  const { outcome, broken } = await runFault(fault);
  process.stdout.write(`${JSON.stringify({ fault: fault.name, ...outcome })}\n`);
  expect(broken).toEqual([]);
});
