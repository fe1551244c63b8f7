import { cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { lockDataFolder } from '../data-lock.ts';
import { errorText, HubError } from '../errors.ts';
import { layoutOf } from '../layout.ts';
import { openStateStore } from '../store/state/state-store.ts';
import { BACKUP_MARK } from './backup.ts';
import type { Command } from './command.ts';
import { required } from './usage-error.ts';

export const restoreCommand: Command = {
  name: 'restore',
  about: 'put a backup in the place of a stopped hub; what was there stays beside it as hub.before-restore-<time>',
  usage: ['--from FOLDER'],
  options: { from: { type: 'string', about: 'folder that `backup` wrote' } },
  async run({ config, option, answer }) {
    const source = resolve(required(option('from'), '--from'));
    const layout = layoutOf(config.dataDir);
    if (!existsSync(join(source, BACKUP_MARK))) {
      throw new HubError(
        'BACKUP_FAILED',
        `${source} is not a complete backup`,
        'name a folder that `airis-hub backup` wrote',
      );
    }
    using _lock = lockDataFolder(layout.lockFile);
    const arriving = `${layout.hubFolder}.restoring`;
    const aside = `${layout.hubFolder}.before-restore-${Date.now()}`;
    try {
      rmSync(arriving, { recursive: true, force: true });
      mkdirSync(arriving, { recursive: true, mode: 0o700 });
      cpSync(source, arriving, { recursive: true, preserveTimestamps: true });
      rmSync(join(arriving, BACKUP_MARK), { recursive: true });
      // Opened before it takes its place: a backup that does not open leaves everything as it was.
      await openStateStore(join(arriving, 'state.sqlite'))[Symbol.asyncDispose]();
      if (existsSync(layout.hubFolder)) renameSync(layout.hubFolder, aside);
      renameSync(arriving, layout.hubFolder);
    } catch (cause) {
      rmSync(arriving, { recursive: true, force: true });
      if (cause instanceof HubError) throw cause;
      throw new HubError(
        'BACKUP_FAILED',
        `restore from ${source}: ${errorText(cause)}`,
        'check space and permissions',
        { cause },
      );
    }
    answer(
      { folder: layout.hubFolder, before: existsSync(aside) ? aside : null },
      `${layout.hubFolder} is as in ${source}`,
    );
    return 0;
  },
};
