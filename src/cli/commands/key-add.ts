import { shortId } from '../../domain/find-snapshot.ts';
import { keyLabelOptions, openKeys } from '../archive-keys.ts';
import { defineCommand } from '../define-command.ts';
import { newPasswordOption, readNewPassword } from '../new-password.ts';

export const keyAddCommand = defineCommand({
  name: 'key add',
  summary: 'Let a further password open the archive',
  description:
    'Adds a key: a file in the archive that the new password opens, and that holds the master keys. It is read back and has opened the archive before ' +
    'this ends. A password that opens the archive already adds nothing. One of fewer than 8 characters is refused, one of fewer than 16 is told.',
  options: { newPasswordFile: newPasswordOption, ...keyLabelOptions },
  examples: [
    { line: 'rootcellar key add --new-password-file /run/secrets/second', summary: 'a second password' },
    { line: 'rootcellar key add --new-password-file safe.txt --user vault --host head-office', summary: 'with a label for the list' },
  ],
  exits: ['archiveMissing', 'busy', 'wrongKey', 'verificationFailed', 'interrupted'],
  run: async ({ newPasswordFile, user, host }, context) => {
    const parts = await context.parts();
    const password = await readNewPassword(parts, newPasswordFile, '--new-password-file', context.report);
    const { keys, location } = await openKeys('add a key', context);
    const labels = { username: user ?? parts.userName, hostname: host ?? parts.hostName };
    return { archive: location, ...(await keys.add(password, labels, context.signal)) };
  },
  render: ({ archive, id, isNew }, { look }) =>
    isNew
      ? `${look.green('Added')} key ${look.bold(shortId(id))}; its password opens ${archive}.`
      : `This password opens ${archive} already, by key ${shortId(id)}; nothing was changed.`,
});
