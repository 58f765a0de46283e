import { entryByName } from '../../entries/look/find-by-name.ts';
import { entryUnknown } from '../../entries/look/unknown-entry.ts';
import { attributesToShow } from '../../entries/look/entry-view.ts';
import { parseDn } from '../../domain/dn.ts';
import { defineCommand } from '../define-command.ts';
import { areSecretsShown, entryOptions, exportsOfOne } from '../entry-options.ts';
import { attributeJson, attributeLines } from '../entry-text.ts';
import { snapshotArgument } from '../find-one.ts';
import { printable } from '../look.ts';
import { serverOption } from '../server-option.ts';
import { formatTime } from '../snapshot-text.ts';

export const entryShowCommand = defineCommand({
  name: 'entry show',
  summary: 'Show an entry as a snapshot has it',
  description:
    'Shows every attribute of one entry of the directory as it was when a snapshot was made, with those that the server itself keeps. It is found by the index of the ' +
    'export, in a few reads. Stored passwords and other secrets are hidden, and shown only with --show-secrets and a second yes. Where no entry has the DN, the nearest names of the ' +
    'snapshot are offered.',
  arguments: { dn: { summary: 'the DN of the entry (RFC 4514)', isRequired: true } },
  options: {
    from: {
      type: 'text',
      placeholder: 'SNAPSHOT',
      summary: `which snapshot, latest unless told: ${snapshotArgument.summary}`,
      completes: snapshotArgument.completes,
    },
    attributes: { type: 'texts', placeholder: 'NAME', summary: 'only these attributes' },
    showSecrets: entryOptions.showSecrets,
    yes: entryOptions.yes,
    server: serverOption,
  },
  examples: [
    { line: 'rootcellar entry show "uid=jdoe,ou=People,dc=example,dc=com"', summary: 'as in the newest snapshot' },
    {
      line: 'rootcellar entry show "cn=Admins,ou=Groups,dc=example,dc=com" --from latest~4 --attributes member',
      summary: 'who was a member a day ago',
    },
  ],
  exits: ['archiveMissing', 'wrongKey', 'verificationFailed', 'interrupted'],
  run: async ({ dn, from = 'latest', attributes, server, ...given }, context) => {
    parseDn(dn);
    const secrets = await areSecretsShown(given, context);
    const one = await exportsOfOne(from, server, context);
    const entry = await entryByName(one, dn, context);
    if (entry === undefined) throw await entryUnknown(one, dn, context);
    const wanted = attributes.map((name) => name.toLowerCase());
    return { snapshot: one.snapshot, dn: entry.dn, attributes: attributesToShow(entry, { areSecretsShown: secrets, attributes: wanted }) };
  },
  render: ({ snapshot, dn, attributes }, { look }) =>
    [
      look.dim(`# as of ${formatTime(snapshot.time)} UTC, in ${printable(snapshot.server)}/${snapshot.backupId}`),
      `${look.dim('dn:')} ${look.bold(printable(dn))}`,
      ...attributeLines(attributes, look),
    ].join('\n'),
  json: ({ snapshot: { id, server, backupId, time }, dn, attributes }) => ({
    snapshot: { id, server, backupId, time },
    dn,
    attributes: attributes.map(attributeJson),
  }),
});
