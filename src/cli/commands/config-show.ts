import { formatSource } from '../../config/setting-values.ts';
import { defineCommand } from '../define-command.ts';
import { showValue } from '../show-value.ts';
import { renderTable } from '../table.ts';

export const configShowCommand = defineCommand({
  name: 'config show',
  summary: 'Print every setting with its value and where it came from',
  description:
    'Reads the configuration as every other command does (a flag wins over a variable, a variable over the file, the file over the ' +
    'default) and prints the result. Secrets are no settings, only the files that hold them are; so what it prints can be shared.',
  options: { set: { type: 'flag', summary: 'only what was set, without the defaults' } },
  examples: [
    { line: 'rootcellar config show', summary: 'which values are in force, and why' },
    { line: 'rootcellar config show --set --json', summary: 'what was set, for a script' },
  ],
  exits: [],
  run: async ({ set }, { loadConfig }) => {
    const { effective, file } = await loadConfig();
    const shown = effective.filter(({ source }) => !set || source.kind !== 'default');
    return {
      file,
      settings: shown.map(({ setting, value, source }) => ({ name: setting.name, value, source: source.kind, from: formatSource(source) })),
    };
  },
  render: ({ settings }, { look }) =>
    renderTable(
      [
        { title: 'setting', cell: ({ name }) => name },
        { title: 'value', cell: ({ value }) => showValue(value) },
        { title: 'from', cell: ({ source, from }) => (source === 'default' ? look.dim(from) : from) },
      ],
      settings,
      look,
    ),
  json: ({ file, settings }) => ({
    file: file ?? null,
    settings: settings.map((setting) => ({ ...setting, value: setting.value ?? null })),
  }),
});
