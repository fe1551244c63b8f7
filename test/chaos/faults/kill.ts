import { killDescendant } from '../../harness/process-under-test.ts';
import { defineFault } from '../fault.ts';

export const killAgent = defineFault({
  name: 'kill-agent',
  about: 'kill -9 of an agent under load, three times',
  async strike(load) {
    for (let i = 0; i < 3; i += 1) {
      if (i > 0) await load.run(2_000);
      await load.carriers[0]!.kill();
      load.harmDone();
      await load.carriers[0]!.start();
    }
  },
});

export const killNats = defineFault({
  name: 'kill-nats',
  about: 'kill -9 of nats-server under load',
  async strike(load) {
    await killDescendant(load.hub.process().pid, 'nats-server');
    load.harmDone();
  },
});

export const killStore = defineFault({
  name: 'kill-store',
  about: 'kill -9 of the telemetry store under load',
  async strike(load) {
    await killDescendant(load.hub.process().pid, 'chdb-server');
    load.harmDone();
  },
});

export const killHub = defineFault({
  name: 'kill-hub',
  about: 'kill -9 of the hub under load, three times, its children left behind',
  async strike(load) {
    for (let i = 0; i < 3; i += 1) {
      if (i > 0) await load.run(2_000);
      await load.hub.process().kill('SIGKILL');
      load.harmDone();
      await load.hub.start();
    }
  },
});
