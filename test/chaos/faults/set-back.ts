import { cp, rm } from 'node:fs/promises';
import { killDescendant } from '../../harness/process-under-test.ts';
import { until } from '../../harness/until.ts';
import { defineFault } from '../fault.ts';
import type { Load } from '../load.ts';

/**
 * An agent comes back as it was: its folder is restored from a copy taken while batches waited, after the hub stored
 * them and after the broker forgot their ids. Only the hub's watermark stands between that and doubled rows.
 */
export const setBack = defineFault({
  name: 'agent-set-back',
  about: 'an agent returns from a backup after every deduplication window has closed',
  async strike(load) {
    await restoreFromBackup(load);
    load.harmDone();
    await load.carriers[0]!.start();
  },
});

/** The same while the hub is away, until the agent holds more under the old numbers than the hub does. */
export const setBackOffline = defineFault({
  name: 'agent-set-back-offline',
  about: 'an agent returns from a backup and works on for long before it meets the hub again',
  async strike(load) {
    const ahead = await restoreFromBackup(load);
    await load.hub.process().kill('SIGKILL');
    const carrier = load.carriers[0]!;
    const enough = carrier.lastLabel + 2 * ahead;
    await carrier.start();
    await until('the agent to have spooled more than the hub is ahead', 60_000, () => carrier.lastLabel > enough);
    load.harmDone();
    await load.hub.start();
  },
});

/** @returns by how many labels at most the hub has gone beyond the backup that the first carrier, now stopped, was set back to */
async function restoreFromBackup(load: Load): Promise<number> {
  const carrier = load.carriers[0]!;
  await load.hub.process().kill('SIGKILL');
  await load.run(2_000);
  await carrier.stop();
  const backup = `${carrier.spoolFolder}-backup`;
  await cp(carrier.spoolFolder, backup, { recursive: true });

  const lastOfBackup = carrier.lastLabel;
  await load.hub.start();
  await carrier.start();
  await until('the backlog to be stored', 60_000, () => carrier.receiptedLabel > lastOfBackup);
  // What only the spool held would be gone with its folder, and no promise of ours could bring it back.
  await carrier.rest();
  await killDescendant(load.hub.process().pid, 'nats-server');
  await carrier.stop();

  await rm(carrier.spoolFolder, { recursive: true });
  await cp(backup, carrier.spoolFolder, { recursive: true });
  return carrier.lastLabel - lastOfBackup;
}
