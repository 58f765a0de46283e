import path from 'node:path';
import { shortId } from '../../domain/find-snapshot.ts';
import { exitCodes, wrongUsage } from '../../foundation/failure.ts';
import { defineCommand } from '../define-command.ts';
import { findOne, snapshotArgument } from '../find-one.ts';
import { recoveryText } from '../recovery-text.ts';
import { serverOption } from '../server-option.ts';

export const drillCommand = defineCommand({
  name: 'drill',
  summary: 'Restore a snapshot into a scratch server, and prove that it came back',
  description:
    'Makes a server of its own from an installation of the product, restores the snapshot into it, proves what came back, runs the searches of the ' +
    'assertions file, and removes it all. The time of each step is told: what it takes in all is what a recovery takes. The report is kept in the ' +
    'archive beside the snapshot. It needs the archive, the installation, Java and a folder, and no directory server that runs.\n\n' +
    'The scratch server listens on 127.0.0.1 only, on free ports, with a random password. What a drill left that was killed, the next one removes.\n\n' +
    'It ends with 20 when the snapshot is damaged or what came back is not what was backed up, and with 1 when the drill could not run, which is recorded ' +
    'as a failed one.',
  arguments: { id: { ...snapshotArgument, isRequired: false } },
  options: {
    installation: {
      type: 'text',
      placeholder: 'PATH',
      summary: 'the product as it is published, a folder or a zip archive; otherwise the setting drill.installation',
      completes: 'file',
    },
    assertions: {
      type: 'text',
      placeholder: 'FILE',
      summary: 'searches with what they must find; otherwise the setting drill.assertions',
      completes: 'file',
    },
    keep: { type: 'flag', summary: 'leave the server running, and say how to reach it' },
    server: serverOption,
  },
  examples: [
    { line: 'rootcellar drill --installation /opt/drill/opendj-server-legacy-5.0.3.zip', summary: 'the newest good snapshot' },
    { line: 'rootcellar drill 3f2a --assertions assertions.yaml --keep', summary: 'another one, and a look at it afterwards' },
  ],
  exits: ['archiveMissing', 'wrongKey', 'verificationFailed', 'interrupted'],
  run: async ({ id = 'latest', installation, assertions, keep, server }, context) => {
    const { config } = await context.loadConfig();
    const { drill: settings } = config;
    const place = installation === undefined ? settings.installation : path.resolve(installation);
    if (place === undefined) {
      throw wrongUsage(
        'Cannot drill: it is not said from which installation to make a server',
        'give --installation PATH, or set drill.installation (ROOTCELLAR_DRILL_INSTALLATION)',
      );
    }
    const file = assertions === undefined ? settings.assertions : path.resolve(assertions);
    const [{ drill }, { readAssertions }] = await Promise.all([import('../../drill/drill.ts'), import('../../drill/read-assertions.ts')]);
    const read = file === undefined ? [] : await readAssertions(file);
    const { archive, snapshot } = await findOne(id, server, context);
    const parts = await context.parts();
    return drill(
      {
        archive,
        snapshot,
        clock: context.clock,
        assertions: read,
        installation: place,
        scratch: await parts.scratch(),
        program: `rootcellar ${context.programVersion}`,
        parentFolder: parts.drillFolder(),
        heapBytes: settings.heap,
        encryptionPinFile: config.server.encryptionPinFile,
        isKept: keep,
      },
      context,
    );
  },
  render: ({ report, kept }, { look }) => {
    const lines = [recoveryText(report, `Drill of snapshot ${shortId(report.snapshot)} of ${report.server}`, look)];
    if (kept !== undefined) {
      const { url, bindDn, passwordFile, caFile, processId, folder } = kept;
      lines.push(
        `The server is left running as process ${processId}: ${url}, account "${bindDn}", password in ${passwordFile}, certificate ${caFile}.`,
        `When you are done: kill ${processId}, then remove ${folder}.`,
      );
    }
    return lines.join('\n');
  },
  json: ({ report, kept }) => (kept === undefined ? report : { ...report, kept }),
  exitCodeOf: ({ report }) => (report.outcome === 'proven' ? exitCodes.success : exitCodes.verificationFailed),
});
