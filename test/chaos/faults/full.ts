import { defineFault } from '../fault.ts';
import type { Load } from '../load.ts';

/** Long enough for what waits to outgrow a small spool or disk. */
async function hubAway(load: Load): Promise<void> {
  await load.hub.process().kill('SIGKILL');
  await load.run(12_000);
  load.harmDone();
  await load.hub.start();
}

export const spoolAtCap = defineFault({
  name: 'spool-at-cap',
  about: 'the hub is away until a spool of 256 KiB overflows: what is evicted is counted and told',
  setup: { spoolLimitBytes: 256 * 1024 },
  strike: hubAway,
  check: ({ evicted }) => (evicted > 0 ? [] : ['the spool never overflowed: the run proves nothing']),
});

export const agentDiskFull = defineFault({
  name: 'agent-disk-full',
  about: 'the disk under a spool is full while the hub is away: rows are counted as lost, the agent lives',
  setup: { spoolDiskBytes: 384 * 1024 },
  strike: hubAway,
  async checkWhileUp(load) {
    return load.carriers.some((carrier) => carrier.exits > 0) ? ['an agent ended on a full disk'] : [];
  },
  check: ({ evicted }) => (evicted > 0 ? [] : ['the disk never filled: the run proves nothing']),
});
