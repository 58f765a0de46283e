import { defineCommand } from '../define-command.ts';
import { tellWeakness } from '../new-password.ts';
import { resticWords } from '../restic-words.ts';

export const initCommand = defineCommand({
  name: 'init',
  summary: 'Make the archive',
  description:
    'Makes the archive at the place that the setting archive names. One that is there already is left as it is, so it can be run again; ' +
    'beside one of another layout none is made.\n\n' +
    'The layout repository needs a password, now and for ever: the file that the setting passwordFile names holds it. Lost, nobody can read the archive. A weak one is told: ' +
    '"rootcellar key change" replaces it.',
  examples: [
    {
      line: 'rootcellar init --archive s3://backups/directory --password-file /run/secrets/archive',
      summary: 'in a bucket that is there already',
    },
    { line: 'rootcellar init --archive /backups --layout plain', summary: 'in a folder, the files as they are' },
  ],
  exits: ['wrongKey', 'interrupted'],
  run: async (_input, context) => {
    const { config } = await context.loadConfig();
    const parts = await context.parts();
    const archive = await parts.archive();
    const isNew = await archive.create(context);
    const isSealed = archive.layout === 'repository';
    if (isNew && isSealed && config.passwordFile !== undefined) await tellWeakness(parts, config.passwordFile, context.report);
    const restic = isSealed ? ['restic', ...resticWords(config), 'snapshots'].join(' ') : undefined;
    return { archive: archive.location, layout: archive.layout, isNew, restic };
  },
  render: ({ archive, layout, isNew, restic }, { look }) => {
    if (!isNew) return `The archive ${archive} (layout ${layout}) is there already; nothing was changed.`;
    const made = `Made the archive ${archive} (layout ${layout}).`;
    if (restic === undefined) return made;
    return [
      made,
      `${look.bold('Keep a copy of its password elsewhere:')} without it nobody will ever read what is archived, and it cannot be had again.`,
      'The stock restic opens the archive too, should this program not be at hand:',
      `  ${restic}`,
    ].join('\n');
  },
  json: ({ archive, layout, isNew }) => ({ archive, layout, isNew }),
});
