import { errorText } from '../errors.ts';
import { startHub } from '../main.ts';
import type { Command } from './command.ts';

/** A part that hangs does not keep the process: the children are ended by the kernel or at the next start. */
const STOP_TIMEOUT_MS = 9_500;

export const startCommand: Command = {
  name: 'start',
  about: 'run the hub with its engines until SIGTERM or SIGINT',
  usage: ['[settings]'],
  options: {
    'print-link': { type: 'boolean', about: 'print a one-time sign-in link when ready' },
  },
  async run({ config, log, isSet, answer }) {
    const stop = Promise.withResolvers<string>();
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => stop.resolve(signal));
    // Counted from the signal, so that a start that hangs ends as well.
    void stop.promise.then(() => {
      const hanging = setTimeout(() => {
        log.error('STOP_TIMEOUT', `not stopped within ${STOP_TIMEOUT_MS} ms, leaving`);
        process.exit(1);
      }, STOP_TIMEOUT_MS);
      hanging.unref();
    });
    const starting = startHub(config, log);
    const early = await Promise.race([stop.promise, starting.then(() => null)]);
    if (early !== null) log.info('STOPPING', 'asked to stop while starting', { signal: early });
    const hub = await starting;
    let exitCode = 0;
    if (early === null) {
      if (isSet('print-link')) {
        const link = await hub.signInLink();
        answer({ link }, link);
      }
      const reason = await Promise.race([
        stop.promise,
        hub.failed.catch((thrown: unknown) => new Error(errorText(thrown))),
      ]);
      if (reason instanceof Error) {
        log.error('HUB_FAILED', `a part cannot go on, a new process is needed: ${reason.message}`);
        exitCode = 1;
        stop.resolve('HUB_FAILED');
      } else {
        log.info('STOPPING', 'asked to stop', { signal: reason });
      }
    }
    await hub[Symbol.asyncDispose]();
    log.info('STOPPED', 'everything is stopped');
    return exitCode;
  },
};
