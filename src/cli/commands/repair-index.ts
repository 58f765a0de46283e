import { shortId } from '../../domain/find-snapshot.ts';
import { nothingChanged, repairOptions, repairsOf } from '../archive-repairs.ts';
import { defineCommand } from '../define-command.ts';
import { printable } from '../look.ts';
import { countOf } from '../snapshot-text.ts';

export const repairIndexCommand = defineCommand({
  name: 'repair index',
  summary: 'Make the index say again what the packs hold',
  description:
    'Reads the headers of packs that no readable index file lists, writes a new index of them, and then removes index files that cannot be read, ' +
    'that were superseded, or that list packs which are gone. A backup stores again what the index no longer lists. No pack and no snapshot is ' +
    'removed. Without --yes it only shows what it would do.',
  options: {
    readAllPacks: { type: 'flag', summary: 'read the header of every pack, also where the index seems to be right' },
    ...repairOptions,
  },
  examples: [
    { line: 'rootcellar repair index', summary: 'what would be done' },
    { line: 'rootcellar repair index --yes', summary: 'do it' },
  ],
  exits: ['archiveMissing', 'busy', 'wrongKey', 'verificationFailed', 'interrupted'],
  run: async ({ readAllPacks, yes }, context) => {
    const repairs = await repairsOf('repair the index', context);
    const repair = yes ? await repairs.repairIndex(readAllPacks, context) : await repairs.planIndex(readAllPacks, context);
    return { ...repair, isDone: yes };
  },
  render: ({ removed, notUnderstood, listed, listedAnew, missing, unreadable, isDone }, { look }) => {
    const lines = [
      ...unreadable.map(
        ({ id, finding }) =>
          `  ${look.yellow('!')} pack ${shortId(id)}: ${printable(finding)}; "rootcellar repair packs" saves what is whole of it`,
      ),
      ...notUnderstood.map(
        (id) => `  ${look.yellow('!')} index ${shortId(id)} is not understood, as a newer program may have written it; it stays`,
      ),
    ];
    if (removed.length + listedAnew.length === 0)
      return [`${look.green('Nothing to repair:')} the index says what the packs hold.`, ...lines].join('\n');
    const facts = [
      `${countOf(listedAnew.length, 'pack')} by ${listedAnew.length === 1 ? 'its header' : 'their headers'}`,
      `${countOf(listed - listedAnew.length, 'pack')} as before`,
    ];
    const gone =
      missing.length === 0
        ? []
        : [`  ${countOf(missing.length, 'pack')} that ${missing.length === 1 ? 'is' : 'are'} gone: ${missing.map(shortId).join(', ')}`];
    return [
      `${look.bold('List')}    ${facts.join(', ')}`,
      ...(removed.length > 0
        ? [`${look.bold('Remove')}  ${countOf(removed.length, 'index file')}: ${removed.map(shortId).join(', ')}`]
        : []),
      ...(gone.length > 0 ? [`${look.bold('Leave out')}${gone.join('')}`] : []),
      ...lines,
      isDone ? `${look.green('Repaired')} the index.` : nothingChanged('the index would be written anew as shown'),
    ].join('\n');
  },
});
