import path from 'node:path';
import { shortId } from '../../domain/find-snapshot.ts';
import { exitCodes, wrongUsage } from '../../foundation/failure.ts';
import { defineCommand } from '../define-command.ts';
import { findOne, snapshotArgument } from '../find-one.ts';
import { recoveryText } from '../recovery-text.ts';
import { serverOption } from '../server-option.ts';

const defaultPorts = { ldap: 1389, ldaps: 1636, administration: 4444 } as const;

export const rebuildCommand = defineCommand({
  name: 'rebuild',
  summary: 'Make a new directory server from a snapshot',
  description:
    'On a machine that has only the archive’s password, its bucket and an installation of the product: sets up a server below a folder, restores the ' +
    'snapshot into it, schema first, proves what came back, and leaves it running. Until it is proven it listens on 127.0.0.1 only; what is not proven is ' +
    'stopped and left to be looked at.\n\n' +
    'Its backends and indexes are as they were. The rest of the configuration is that of a new server: what was changed of it on the old one (accounts, access ' +
    'control, password policies, certificates, replication) is in source-config.ldif beside the server. Its certificate is a new one, self-signed.\n\n' +
    'It ends with 20 when the snapshot is damaged or what came back is not what was backed up.',
  arguments: { id: { ...snapshotArgument, isRequired: false } },
  options: {
    to: {
      type: 'text',
      placeholder: 'FOLDER',
      summary: 'an empty folder, or one that is not there yet',
      isRequired: true,
      completes: 'folder',
    },
    installation: {
      type: 'text',
      placeholder: 'PATH',
      summary: 'the product as it is published, a folder or a zip archive; otherwise the setting drill.installation',
      completes: 'file',
    },
    rootPasswordFile: {
      type: 'text',
      placeholder: 'FILE',
      summary: 'file that holds the password for cn=Directory Manager of the new server',
      isRequired: true,
      completes: 'file',
    },
    ldapPort: { type: 'count', placeholder: 'N', summary: `port for LDAP; otherwise ${defaultPorts.ldap}` },
    ldapsPort: { type: 'count', placeholder: 'N', summary: `port for LDAPS; otherwise ${defaultPorts.ldaps}` },
    adminPort: {
      type: 'count',
      placeholder: 'N',
      summary: `port for administration (PingDirectory: HTTPS); otherwise ${defaultPorts.administration}`,
    },
    listenAddress: {
      type: 'text',
      placeholder: 'ADDRESS',
      summary: 'address to listen on once it is proven; otherwise 0.0.0.0, all of the machine',
    },
    hostName: {
      type: 'texts',
      placeholder: 'NAME',
      summary: 'a name for its certificate beside localhost; otherwise the name of this machine',
    },
    server: serverOption,
  },
  examples: [
    {
      line: 'rootcellar rebuild latest --installation opendj-server-legacy-5.0.3.zip --to /opt/directory --root-password-file /run/secrets/root',
      summary: 'the newest good snapshot',
    },
  ],
  exits: ['archiveMissing', 'busy', 'wrongKey', 'verificationFailed', 'interrupted'],
  run: async (input, context) => {
    const { id = 'latest', to, installation, rootPasswordFile, server, hostName, listenAddress = '0.0.0.0' } = input;
    const { config } = await context.loadConfig();
    const place = installation === undefined ? config.drill.installation : path.resolve(installation);
    if (place === undefined) {
      throw wrongUsage(
        'Cannot rebuild: it is not said from which installation to make the server',
        'give --installation PATH, or set drill.installation (ROOTCELLAR_DRILL_INSTALLATION)',
      );
    }
    const parts = await context.parts();
    const passwordFile = path.resolve(rootPasswordFile);
    // Before anything is made: that it can be read, and is kept out of all output.
    await parts.secret(passwordFile, '--root-password-file');
    const { archive, snapshot } = await findOne(id, server, context);
    const { rebuild } = await import('../../drill/rebuild.ts');
    return rebuild(
      {
        archive,
        snapshot,
        clock: context.clock,
        installation: place,
        rootPasswordFile: passwordFile,
        listenAddress,
        scratch: await parts.scratch(),
        program: `rootcellar ${context.programVersion}`,
        folder: path.resolve(to),
        ports: {
          ldap: input.ldapPort ?? defaultPorts.ldap,
          ldaps: input.ldapsPort ?? defaultPorts.ldaps,
          administration: input.adminPort ?? defaultPorts.administration,
        },
        hostNames: hostName.length > 0 ? hostName : [parts.hostName],
        encryptionPinFile: config.server.encryptionPinFile,
      },
      context,
    );
  },
  render: ({ report, rebuilt, sourceConfiguration }, { look }) => {
    const lines = [recoveryText(report, `Rebuild of snapshot ${shortId(report.snapshot)} of ${report.server}`, look)];
    const { home, ports, processId, bindDn, caFile } = rebuilt;
    if (report.outcome === 'proven') {
      lines.push(
        `The server runs as process ${processId}: LDAPS on port ${ports.ldaps}, LDAP on ${ports.ldap}, account "${bindDn}", certificate ${caFile}.`,
        `It lies in ${home}; its own programs are in ${path.join(home, 'bin')}.`,
      );
    } else lines.push(`The server was stopped. It lies in ${home}; do not use it before you know what is wrong.`);
    if (sourceConfiguration !== undefined)
      lines.push(`The configuration of the old server is in ${sourceConfiguration}; only its backends were taken from it.`);
    return lines.join('\n');
  },
  exitCodeOf: ({ report }) => (report.outcome === 'proven' ? exitCodes.success : exitCodes.verificationFailed),
});
