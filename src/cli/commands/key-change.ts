import { shortId } from '../../domain/find-snapshot.ts';
import { keyLabelOptions, masterKeysStay, openKeys } from '../archive-keys.ts';
import { defineCommand } from '../define-command.ts';
import { newPasswordOption, readNewPassword } from '../new-password.ts';

export const keyChangeCommand = defineCommand({
  name: 'key change',
  summary: 'Replace the password in use by another',
  description:
    'Adds a key for the new password, has it open the archive, and only then removes the keys that the old password opens. Killed in between, both ' +
    'passwords open it, and running it again goes on. Keys of other passwords stay.\n\n' +
    `${masterKeysStay}`,
  options: { newPasswordFile: newPasswordOption, ...keyLabelOptions },
  examples: [{ line: 'rootcellar key change --new-password-file /run/secrets/next', summary: 'then let passwordFile name the new file' }],
  exits: ['partial', 'archiveMissing', 'busy', 'wrongKey', 'verificationFailed', 'interrupted'],
  run: async ({ newPasswordFile, user, host }, context) => {
    const parts = await context.parts();
    const password = await readNewPassword(parts, newPasswordFile, '--new-password-file', context.report);
    const { keys, location } = await openKeys('change the password', context);
    const labels = { username: user ?? parts.userName, hostname: host ?? parts.hostName };
    return { archive: location, ...(await keys.change(password, labels, context.signal)) };
  },
  render: ({ archive, id, removed }, { look }) =>
    `${look.green('Changed')} the password of ${archive}: key ${look.bold(shortId(id))} opens it, ${removed.map(shortId).join(', ')} ${removed.length === 1 ? 'is' : 'are'} gone. ` +
    `Let passwordFile name the new file. ${masterKeysStay}`,
});
