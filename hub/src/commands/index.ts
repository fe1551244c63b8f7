import { backupCommand } from './backup.ts';
import type { Command } from './command.ts';
import { migrateCommand } from './migrate.ts';
import { modelCommand } from './model.ts';
import { restoreCommand } from './restore.ts';
import { startCommand } from './start.ts';
import { tokenCommand } from './token.ts';
import { userCommand } from './user.ts';

export const commands: readonly Command[] = [
  startCommand,
  migrateCommand,
  tokenCommand,
  userCommand,
  backupCommand,
  restoreCommand,
  modelCommand,
];
