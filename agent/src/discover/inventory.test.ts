import { inventory } from '@airis/protocol';
import { expect, it } from 'vitest';
import { readInventory } from './inventory.ts';

it('reads facts about this machine in the shape of the wire', async () => {
  const read = await readInventory();
  expect(inventory.parse(read)).toEqual(read);
  expect(read.cpuCount).toBeGreaterThan(0);
  expect(read.memoryBytes).toBeGreaterThan(64 * 1024 * 1024);
});
