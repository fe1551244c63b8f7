import { readFileSync } from 'node:fs';
import type { Result } from '@airis/protocol';
import { readEndpoints } from '../endpoints.ts';
import { HubError } from '../errors.ts';
import { layoutOf } from '../layout.ts';
import type { Command } from './command.ts';
import { COMMAND_LINE_USER, openOfflineAccess } from './offline-access.ts';
import { required, roleFrom, unknownWord, usageError } from './usage-error.ts';

const VERBS = ['add', 'list', 'remove', 'link'] as const;

export const userCommand: Command = {
  name: 'user',
  about: 'people who sign in to the console',
  usage: [
    'add NAME [--role viewer|operator|admin] [--password-file FILE]',
    'list',
    'remove NAME',
    'link [NAME]   (a one-time sign-in link)',
  ],
  options: {
    role: { type: 'string', about: 'what they may do; viewer by default' },
    'password-file': {
      type: 'string',
      about: 'file with the password, - for standard input; without it they sign in by link',
    },
  },
  async run({ config, positionals, option, answer }) {
    const [word, name] = positionals;
    const verb = VERBS.find((each) => each === word);
    if (verb === undefined) throw unknownWord(word, VERBS, 'action');
    await using offline = openOfflineAccess(config);
    const { access, state } = offline;
    switch (verb) {
      case 'add': {
        const role = roleFrom(option('role'), 'viewer');
        const file = option('password-file');
        const password = file === undefined ? null : readPassword(file);
        done(await access.putUser(COMMAND_LINE_USER, { name: required(name, 'NAME'), role, password }));
        answer({ name, role }, `${name} is ${role}`);
        return 0;
      }
      case 'list': {
        const users = (await state.access.users()).map(({ passwordHash, ...user }) => ({
          ...user,
          hasPassword: passwordHash !== null,
        }));
        answer({ items: users }, users.map((user) => `${user.role.padEnd(8)}  ${user.name}`).join('\n'));
        return 0;
      }
      case 'remove':
        done(await access.removeUser(COMMAND_LINE_USER, required(name, 'NAME')));
        answer({ removed: name }, `${name} is removed`);
        return 0;
      case 'link': {
        if (name !== undefined && (await state.access.user(name)) === null) {
          throw new HubError('USER_UNKNOWN', `there is no user ${name}`, 'add it with `airis-hub user add`');
        }
        const secret = await access.createSignInLink(COMMAND_LINE_USER, name);
        const url = config.publicUrl ?? readEndpoints(layoutOf(config.dataDir).endpointsFile)?.http ?? '';
        const link = `${url.replace(/\/$/, '')}/#signin=${secret}`;
        answer({ link }, link);
        return 0;
      }
    }
  },
};

function done(result: Result<unknown>): void {
  if (!result.ok) throw usageError(result.detail, `refused: ${result.reason}`);
}

function readPassword(file: string): string {
  return readFileSync(file === '-' ? 0 : file, 'utf8').replace(/\r?\n$/, '');
}
