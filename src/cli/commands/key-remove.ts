import { keyName, masterKeysStay, openKeys } from '../archive-keys.ts';
import { defineCommand } from '../define-command.ts';
import { countOf } from '../snapshot-text.ts';

export const keyRemoveCommand = defineCommand({
  name: 'key remove',
  summary: 'Remove a key, so that its password no longer opens the archive',
  description:
    'Removes a key of the archive. Without --yes it only shows which would go and which stay. The key that opens the archive in this run is never ' +
    `removed, and so never the last one: to remove it, come with another password.\n\n${masterKeysStay}`,
  arguments: { id: { summary: 'ID of the key, or the beginning of it', isRequired: true, completes: 'none' } },
  options: { yes: { type: 'flag', summary: 'do it; otherwise it is only shown' } },
  examples: [
    { line: 'rootcellar key remove 3f2a', summary: 'what would go' },
    { line: 'rootcellar key remove 3f2a --yes', summary: 'remove it' },
  ],
  exits: ['archiveMissing', 'busy', 'wrongKey', 'verificationFailed', 'interrupted'],
  run: async ({ id: wanted, yes }, context) => {
    const { keys, location } = await openKeys('remove a key', context);
    const plan = await keys.planRemoval(wanted, context.signal);
    if (yes) await keys.remove(plan.key.id, context.signal);
    return { archive: location, ...plan, isDone: yes };
  },
  render: ({ archive, key, staying, isDone }, { look }) => {
    if (isDone)
      return `${look.green('Removed')} key ${keyName(key)} from ${archive}; ${countOf(staying.length, 'key')} left. ${masterKeysStay}`;
    return [
      `${look.bold('Remove')}  ${keyName(key)}`,
      ...staying.map((one) => `${look.bold('Keep')}    ${keyName(one)}${one.isInUse ? ', in use' : ''}`),
      `Nothing was changed. With --yes the key would be removed from ${archive}. ${masterKeysStay}`,
    ].join('\n');
  },
  json: ({ archive, key, staying, isDone }) => ({ archive, id: key.id, staying: staying.map(({ id }) => id), isDone }),
});
