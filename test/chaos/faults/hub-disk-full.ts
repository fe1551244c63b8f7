import { execFileSync } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { defineFault } from '../fault.ts';

/** Everything the hub writes lies on a small disk; a ballast file takes what is left of it, then goes away. */
export const hubDiskFull = defineFault({
  name: 'hub-disk-full',
  about: "the disk under the hub's data is full for ten seconds",
  setup: { hubDiskBytes: 1024 * 1024 * 1024 },
  async strike(load) {
    const ballast = join(load.hub.dataDir, 'ballast');
    try {
      execFileSync('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=1M'], { stdio: 'ignore' });
    } catch {
      // dd ends with an error once the disk is full: that is the point
    }
    await load.run(10_000);
    await rm(ballast);
    load.harmDone();
  },
});
