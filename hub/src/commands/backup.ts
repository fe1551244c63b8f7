import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { lockDataFolder } from '../data-lock.ts';
import { errorText, HubError } from '../errors.ts';
import { layoutOf } from '../layout.ts';
import { openStateStore } from '../store/state/state-store.ts';
import type { Command } from './command.ts';
import { required } from './usage-error.ts';

/** Written last: a folder without it is no complete backup. */
export const BACKUP_MARK = 'airis-backup.complete';
/** State goes through the engine's own copy; the rest is at rest while the hub is stopped. */
export const BACKUP_FOLDERS = ['keys', 'nats', 'telemetry'] as const;

export const backupCommand: Command = {
  name: 'backup',
  about: 'copy everything of a stopped hub into an empty folder (it holds private keys: keep it as safe as the hub)',
  usage: ['--to FOLDER'],
  options: { to: { type: 'string', about: 'folder that is empty or not there yet' } },
  async run({ config, option, answer }) {
    const target = resolve(required(option('to'), '--to'));
    const layout = layoutOf(config.dataDir);
    using _lock = lockDataFolder(layout.lockFile);
    if (existsSync(target) && readdirSync(target).length > 0) {
      throw new HubError('BACKUP_FAILED', `${target} is not empty`, 'name another folder');
    }
    if (!existsSync(layout.stateFile)) {
      throw new HubError('BACKUP_FAILED', `no hub has run in ${config.dataDir}`, 'set AIRIS_DATA_DIR');
    }
    try {
      mkdirSync(target, { recursive: true, mode: 0o700 });
      await using state = openStateStore(layout.stateFile);
      await state.backup(join(target, 'state.sqlite'));
      for (const folder of BACKUP_FOLDERS) {
        const source = join(layout.hubFolder, folder);
        if (existsSync(source)) cpSync(source, join(target, folder), { recursive: true, preserveTimestamps: true });
      }
      mkdirSync(join(target, BACKUP_MARK));
    } catch (cause) {
      rmSync(target, { recursive: true, force: true });
      throw new HubError('BACKUP_FAILED', `backup to ${target}: ${errorText(cause)}`, 'check space and permissions', {
        cause,
      });
    }
    answer({ folder: target }, `everything is in ${target}`);
    return 0;
  },
};
