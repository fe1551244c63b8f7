import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { until } from '../../harness/until.ts';
import { defineFault } from '../fault.ts';

/**
 * Kills the hub after the store has the rows and before anybody was told. The window is held open from outside: as soon
 * as the hub has written which run it is about to insert, another program locks the hub's state, so that the insert
 * goes through and the note about it cannot.
 */
export const hubBeforeReceipt = defineFault({
  name: 'kill-hub-before-receipt',
  about: 'kill -9 of the hub between insert and receipt, three times',
  async strike(load) {
    for (let i = 0; i < 3; i += 1) {
      if (i > 0) await load.run(1_000);
      const state = new DatabaseSync(join(load.hub.dataDir, 'hub', 'state.sqlite'), { timeout: 5_000 });
      try {
        const openRuns = state.prepare('SELECT count(*) AS n FROM ingestRun');
        await until('a run to be on its way', 20_000, () => Number(openRuns.get()?.n) > 0, 1);
        state.exec('BEGIN IMMEDIATE');
        await load.run(1_000);
        await load.hub.process().kill('SIGKILL');
        load.harmDone();
      } finally {
        state.close();
      }
      await load.hub.start();
    }
  },
});
