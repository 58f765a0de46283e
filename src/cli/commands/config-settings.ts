import { settings } from '../../config/settings.ts';
import { defineCommand } from '../define-command.ts';
import { showValue } from '../show-value.ts';

export const configSettingsCommand = defineCommand({
  name: 'config settings',
  summary: 'List all settings with their variables, flags and defaults',
  description: 'Lists every setting: its name in the configuration file, its variable, its flag, its default and what it is for.',
  examples: [{ line: 'rootcellar config settings', summary: 'what can be set' }],
  exits: [],
  run: () =>
    Promise.resolve(
      settings.map(({ name, variable, flag, defaultValue, description, expected, example, isSecretFile }) => ({
        name,
        variable,
        flag,
        default: defaultValue ?? null,
        description,
        expected,
        example,
        isSecretFile: isSecretFile ?? false,
      })),
    ),
  render: (all, { look }) =>
    all
      .map(({ name, variable, flag, default: byDefault, description }) =>
        [
          `${look.bold(name)}  ${look.dim(byDefault === null ? '' : `(default ${showValue(byDefault)})`)}`.trimEnd(),
          `    ${description}`,
          look.dim(`    ${flag}  ${variable}`),
        ].join('\n'),
      )
      .join('\n'),
});
