import { defineCommand } from '../define-command.ts';
import { findOne, snapshotArgument } from '../find-one.ts';
import { serverOption } from '../server-option.ts';

export const catCommand = defineCommand({
  name: 'cat',
  summary: 'Print one file of a snapshot',
  description:
    'Writes the bytes of one file to the standard output, checked against the hashes of the archive as they are read. When the file turns out ' +
    'to be damaged it ends with 20, and what was printed is not to be used. At a terminal only text is printed, unless --binary is given.\n\n' +
    'With --json the standard output has the bytes all the same; only errors are JSON lines on the standard error.',
  arguments: {
    id: snapshotArgument,
    path: { summary: 'the file, as "rootcellar ls" shows it', isRequired: true },
  },
  options: { binary: { type: 'flag', summary: 'print at a terminal also what is not text' }, server: serverOption },
  examples: [
    { line: 'rootcellar cat latest manifest.json | jq .backends', summary: 'what the newest snapshot says of itself' },
    { line: 'rootcellar cat 3f2a config.ldif > config-of-tuesday.ldif', summary: 'one file of an older one' },
  ],
  exits: ['archiveMissing', 'wrongKey', 'verificationFailed', 'interrupted'],
  run: async ({ id, path, binary, server }, context) => {
    const { archive, snapshot } = await findOne(id, server, context);
    const { printFile } = await import('../../inspect/print-file.ts');
    await printFile(archive, snapshot, path, context.bytes, { allowBinary: binary, signal: context.signal });
  },
  render: () => '',
  json: () => undefined,
});
