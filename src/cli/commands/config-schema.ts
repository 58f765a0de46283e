import { configJsonSchema } from '../../config/json-schema.ts';
import { defineCommand } from '../define-command.ts';

export const configSchemaCommand = defineCommand({
  name: 'config schema',
  summary: 'Print the JSON Schema of the configuration file',
  description: 'Prints the JSON Schema (draft 2020-12) of the configuration file, for an editor or for a check before a roll-out.',
  examples: [{ line: 'rootcellar config schema > rootcellar.schema.json', summary: 'keep it beside the configuration file' }],
  exits: [],
  run: () => Promise.resolve(configJsonSchema()),
  render: (schema) => JSON.stringify(schema, null, 2),
});
