import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { agentDirectory } from '../config.ts';
import { AgentError } from '../errors.ts';
import { isLocked } from '../folder-lock.ts';
import { type Command, textFlag } from './command.ts';

/** Everything the agent ever writes into its folder; nothing else is touched. */
const ours =
  /^(?:identity\.json|agent\.(?:yaml|lock|pid)|status\.json|positions\.json|(?:spool|local)\.sqlite.*|agent\.lock-.*)(?:\.new)?$/;

export const uninstallCommand: Command = {
  name: 'uninstall',
  about: "remove the agent's data and identity from this host",
  options: { yes: { type: 'boolean' } },
  help: ['--yes            do it; without, only what would be removed is listed'],
  async run(flags, _, { environment, out }) {
    const directory = agentDirectory(textFlag(flags, 'dir'), environment);
    if (!existsSync(directory))
      throw new AgentError('USAGE', `${directory} does not exist`, 'give the folder with --dir');
    if (isLocked(directory)) {
      throw new AgentError('ALREADY_RUNNING', `an agent runs on ${directory}`, 'stop it first');
    }
    const names = readdirSync(directory).filter((name) => ours.test(name) || name === 'models');
    if (flags.yes === true) {
      for (const name of names) rmSync(join(directory, name), { recursive: true, force: true });
      if (readdirSync(directory).length === 0) rmdirSync(directory);
    }
    const verb = flags.yes === true ? 'removed' : 'would remove';
    const text = `${verb} ${names.length} files in ${directory}; revoke the agent at the hub as well`;
    out(flags.json === true ? JSON.stringify({ directory, removed: flags.yes === true, names }) : text);
    return 0;
  },
};
