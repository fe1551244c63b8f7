import { cp } from 'node:fs/promises';
import { until } from '../../harness/until.ts';
import { defineFault } from '../fault.ts';

/** A copy of an agent's folder runs beside the original: both keep reporting, both are kept apart, and the hub says so. */
export const clonedIdentity = defineFault({
  name: 'cloned-identity',
  about: "a copy of an agent's folder runs beside the original",
  async strike(load) {
    const original = load.carriers[0]!;
    const copy = load.addCopyOf(original);
    await original.stop();
    await cp(original.spoolFolder, copy.spoolFolder, { recursive: true });
    await original.start();
    await copy.start();
    await load.run(6_000);
    load.harmDone();
  },
  async checkWhileUp(load) {
    const noticed = until('the hub to say that an identity was cloned', 20_000, async () => {
      const { items } = await load.hub.api<{ items: { action: string }[] }>('GET', '/api/v1/audit');
      return items.some(({ action }) => action.includes('cloned'));
    });
    return await noticed.then(
      () => [],
      () => ['the hub did not notice the clone'],
    );
  },
});
