import { defineCommand } from '../define-command.ts';

export const initCommand = defineCommand({
  name: 'init',
  summary: 'Make the archive',
  description:
    'Makes the archive at the place that the setting archive names. One that is there already is left as it is, so it can be run again.',
  examples: [
    { line: 'rootcellar init --archive s3://backups/directory', summary: 'in a bucket that is there already' },
    { line: 'rootcellar init --archive /backups', summary: 'in a folder' },
  ],
  exits: ['interrupted'],
  run: async (_input, context) => {
    const archive = await (await context.parts()).archive();
    const isNew = await archive.create(context);
    return { archive: archive.location, layout: archive.layout, isNew };
  },
  render: ({ archive, layout, isNew }) =>
    isNew
      ? `Made the archive ${archive} (layout ${layout}).`
      : `The archive ${archive} (layout ${layout}) is there already; nothing was changed.`,
});
