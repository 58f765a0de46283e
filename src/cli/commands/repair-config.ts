import { shortId } from '../../domain/find-snapshot.ts';
import { nothingChanged, repairOptions, repairsOf } from '../archive-repairs.ts';
import { defineCommand } from '../define-command.ts';
import { printable } from '../look.ts';

export const repairConfigCommand = defineCommand({
  name: 'repair config',
  summary: 'Put right what opens the archive: its config and its key files',
  description:
    'For an archive that cannot be opened, or of which verify names a damaged key. A flipped bit in the config or in a key file is put right, and so is a key file ' +
    'under another’s name. A config that is lost is made anew, which costs one backup that stores all once more, and nothing else. Key files that cannot ' +
    'be put right are put aside, as restic stumbles over them. A password that opens one key is needed. Without --yes it only shows what it would do.',
  options: repairOptions,
  examples: [
    { line: 'rootcellar repair config', summary: 'what is wrong, and what would be done' },
    { line: 'rootcellar repair config --yes', summary: 'do it' },
  ],
  exits: ['archiveMissing', 'busy', 'wrongKey', 'interrupted'],
  run: async ({ yes }, context) => {
    const repairs = await repairsOf('repair the config', context);
    const repair = yes ? await repairs.repairConfig(context) : await repairs.planConfig(context);
    return { ...repair, isDone: yes };
  },
  render: ({ config, healedKeys, lostKeys, isDone }, { look }) => {
    const lines = [
      ...(config === 'healed' ? [`${look.green('Heal')} the config: one bit of it was flipped`] : []),
      ...(config === 'new'
        ? [`${look.yellow('Make')} the config anew: it is lost; the next backup stores all once more, as files are cut in other places`]
        : []),
      ...healedKeys.map((id) => `${look.green('Heal')} key ${shortId(id)}`),
      ...lostKeys.map(
        ({ id, finding }) =>
          `${look.red('Put aside')} key ${shortId(id)}: ${printable(finding)}; its password opens the archive no more ("rootcellar key add" lets it again)`,
      ),
    ];
    if (lines.length === 0) return `${look.green('Nothing to repair:')} the config and the keys are whole.`;
    return [
      ...lines,
      isDone
        ? `${look.green('Repaired.')} Run "rootcellar verify" to see what else there is.`
        : nothingChanged('it would be done as shown'),
    ].join('\n');
  },
});
