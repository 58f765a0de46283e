import { completionCommand } from './commands/completion.ts';
import { configSchemaCommand } from './commands/config-schema.ts';
import { configSettingsCommand } from './commands/config-settings.ts';
import { configShowCommand } from './commands/config-show.ts';
import { versionCommand } from './commands/version.ts';
import type { Command } from './define-command.ts';

/** Every command, in the order of the help. */
export const allCommands: readonly Command[] = [
  configShowCommand,
  configSettingsCommand,
  configSchemaCommand,
  completionCommand,
  versionCommand,
];
