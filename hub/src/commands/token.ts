import type { Command } from './command.ts';
import { COMMAND_LINE_USER, openOfflineAccess } from './offline-access.ts';
import { required, roleFrom, unknownWord, usageError } from './usage-error.ts';

const DAY_MS = 86_400_000;

export const tokenCommand: Command = {
  name: 'token',
  about: 'API tokens for programs',
  usage: ['create --name NAME [--role viewer|operator|admin] [--days N]', 'list', 'revoke ID'],
  options: {
    name: { type: 'string', about: 'what the token is for' },
    role: { type: 'string', about: 'what it may do; viewer by default' },
    days: { type: 'string', about: 'how long it works; for ever by default' },
  },
  async run({ config, positionals, option, answer }) {
    const [verb, id] = positionals;
    if (verb === undefined || !['create', 'list', 'revoke'].includes(verb)) {
      throw unknownWord(verb, ['create', 'list', 'revoke'], 'action');
    }
    await using offline = openOfflineAccess(config);
    const { access, state } = offline;
    if (verb === 'create') {
      const { record, secret } = await access.createApiToken(COMMAND_LINE_USER, {
        name: required(option('name'), '--name'),
        role: roleFrom(option('role'), 'viewer'),
        lifetimeMs: lifetimeMs(option('days')),
      });
      answer({ id: record.id, name: record.name, role: record.role, token: secret }, secret);
      return 0;
    }
    if (verb === 'list') {
      const tokens = (await state.access.apiTokens()).map(({ secretHash: _never, ...shown }) => shown);
      const line = (token: (typeof tokens)[number]) =>
        `${token.id}  ${token.role.padEnd(8)}  ${token.revokedAtUnixMs === null ? 'live   ' : 'revoked'}  ${token.name}`;
      answer({ items: tokens }, tokens.map(line).join('\n'));
      return 0;
    }
    const isRevoked = await access.revokeApiToken(COMMAND_LINE_USER, required(id, 'ID'));
    answer({ revoked: isRevoked }, isRevoked ? `${id} is revoked` : `there is no live token ${id}`);
    return isRevoked ? 0 : 1;
  },
};

function lifetimeMs(days: string | undefined): number | null {
  if (days === undefined) return null;
  if (!/^[1-9][0-9]{0,4}$/.test(days)) throw usageError(`--days ${days} is not a number of days`, 'as in --days 90');
  return Number(days) * DAY_MS;
}
