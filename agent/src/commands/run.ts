import { existsSync } from 'node:fs';
import { agentDirectory, readConfig } from '../config.ts';
import { AgentError, errorText } from '../errors.ts';
import { readIdentity } from '../identity.ts';
import { createLog } from '../log.ts';
import { startAgent } from '../main.ts';
import { shippedModel } from '../shipped-model.ts';
import { type Command, textFlag } from './command.ts';

/** The agent stops in order within this, or is ended. */
const STOP_WITHIN_MS = 9_000;

export const runCommand: Command = {
  name: 'run',
  about: 'collect, detect and send, until stopped',
  options: { set: { type: 'string', multiple: true } },
  help: ['--set KEY=VALUE  one setting, as spool.limitBytes=1000000; may be repeated'],
  async run(flags, _, { environment, err }) {
    const directory = agentDirectory(textFlag(flags, 'dir'), environment);
    const settings = Array.isArray(flags.set) ? flags.set.map(String) : [];
    const config = readConfig(directory, settings, environment);
    const identity = readIdentity(directory);
    if (identity === null) {
      const hint = 'run `airis-agent enroll` with a token from the hub first';
      throw new AgentError('NOT_ENROLLED', `no identity in ${directory}`, hint);
    }
    const log = createLog(err);
    const stopped = stopRequested();
    const agent = await startAgent({ directory, config, identity, model: shippedModel(existsSync), log });
    const signal = await stopped;
    log.info('AGENT_STOPPING', 'stopping in order', { signal });
    const deadline = setTimeout(() => {
      log.error('AGENT_STOP_LATE', `not stopped within ${STOP_WITHIN_MS} ms`);
      process.exit(1);
    }, STOP_WITHIN_MS);
    deadline.unref();
    try {
      await agent[Symbol.asyncDispose]();
    } catch (error) {
      log.error('AGENT_STOP_FAILED', errorText(error));
      return 1;
    }
    return 0;
  },
};

function stopRequested(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, () => resolve(signal));
  });
}
