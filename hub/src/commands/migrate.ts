import { mkdirSync } from 'node:fs';
import { lockDataFolder } from '../data-lock.ts';
import { layoutOf } from '../layout.ts';
import { migrations } from '../store/state/migrations.ts';
import { openStateStore } from '../store/state/state-store.ts';
import type { Command } from './command.ts';

export const migrateCommand: Command = {
  name: 'migrate',
  about: 'bring the state to this version without starting (start does so by itself; telemetry is migrated there)',
  usage: [''],
  options: {},
  async run({ config, answer }) {
    const layout = layoutOf(config.dataDir);
    using _lock = lockDataFolder(layout.lockFile);
    mkdirSync(layout.hubFolder, { recursive: true, mode: 0o700 });
    await using state = openStateStore(layout.stateFile);
    await state.ping();
    const newest = migrations.map((migration) => migration.id);
    answer({ file: layout.stateFile, migrations: newest }, `${layout.stateFile} is at ${newest.join(', ')}`);
    return 0;
  },
};
