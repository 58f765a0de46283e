import { defineCommand } from '../define-command.ts';

export const versionCommand = defineCommand({
  name: 'version',
  summary: 'Print the version of rootcellar and of Node',
  description: 'Prints the version of this program and of the Node that runs it.',
  examples: [{ line: 'rootcellar version --json', summary: 'for a script' }],
  exits: [],
  run: (_input, { programVersion }) => Promise.resolve({ rootcellar: programVersion, node: process.versions.node }),
  render: ({ rootcellar, node }) => `rootcellar ${rootcellar} (Node ${node})`,
});
