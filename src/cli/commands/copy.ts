import type { Archive, Damage } from '../../archive/archive.ts';
import { exitCodes, wrongUsage } from '../../foundation/failure.ts';
import { copyJson, copyText, type CopyReport } from '../copy-text.ts';
import { defineCommand, type CommandContext } from '../define-command.ts';
import { readNewPassword } from '../new-password.ts';
import { serverOption } from '../server-option.ts';

export const copyCommand = defineCommand({
  name: 'copy',
  summary: 'Copy snapshots to a second archive',
  description:
    'Copies the snapshots that the second archive lacks, or those that are named, the oldest first; so a cron job can keep a second archive in another ' +
    'region or account. Which one it is, and how it is reached, the settings copy.… say. Run again, it copies nothing twice; killed, it goes on where it was. ' +
    'What was forgotten in the second archive alone is copied again as long as the first one has it: name latest to copy only the newest. ' +
    'What is pinned in the first archive is pinned in the second one as well, until somebody unpins it there; after that the next copy pins it again as long as it is pinned in the first.\n\n' +
    'Between two archives of the layout repository only what the second one lacks is read, and nothing is unpacked. Each byte is checked on its way: a whole pack ' +
    'by its SHA-256, a single blob by its MAC and its SHA-256. Where both have the same keys, which is so when --init made the second one, it goes over as it is; ' +
    'otherwise it is sealed anew. Between archives of different layouts each set goes through the staging folder, which needs room for one.\n\n' +
    'With --init a second archive that is not there is made, with the same keys as the first, behind a password of its own. With --new-keys as well it gets new ones: ' +
    'no password of the first archive, nor what somebody kept of it, will ever open that. Both cut files in the same places, so that a backup made ' +
    'right into the second archive shares with what was copied there.\n\n' +
    'Snapshots that are damaged are told, and the others are copied; it ends with 3 then, or with 20 when there were no others.',
  arguments: {
    ids: { summary: 'IDs of snapshots, or latest; otherwise all that the second archive lacks', isVariadic: true, completes: ['latest'] },
  },
  options: {
    to: { type: 'text', placeholder: 'LOCATION', summary: 'the second archive; otherwise the setting copy.archive', completes: 'folder' },
    toPasswordFile: {
      type: 'text',
      placeholder: 'FILE',
      summary: 'file that holds its password; otherwise the setting copy.passwordFile',
      completes: 'file',
    },
    init: { type: 'flag', summary: 'make the second archive where there is none' },
    newKeys: { type: 'flag', summary: 'with --init: with keys of its own' },
    verify: { type: 'flag', summary: 'read back every byte of what was copied from the second archive' },
    dryRun: { type: 'flag', summary: 'only show what would be copied' },
    server: serverOption,
  },
  examples: [
    {
      line: 'rootcellar copy --to s3://backups-elsewhere/directory --to-password-file /run/secrets/second --init',
      summary: 'the first time',
    },
    { line: 'rootcellar copy', summary: 'what a cron job runs after that, with the settings copy.archive and copy.passwordFile' },
    { line: 'rootcellar copy latest --to /mnt/safe/directory --verify', summary: 'the newest one, read back' },
  ],
  exits: ['partial', 'archiveMissing', 'busy', 'wrongKey', 'verificationFailed', 'interrupted'],
  run: async ({ ids, server, to, toPasswordFile, init, newKeys, verify: isVerified, dryRun }, context): Promise<CopyReport> => {
    if (newKeys && !init) throw wrongUsage('Cannot copy with --new-keys alone: only a new archive gets new keys', 'add --init');
    const { config } = await context.loadConfig();
    if (to === undefined && config.copy.archive === undefined) {
      throw wrongUsage('Cannot copy: it is not said where to', 'give --to LOCATION, or set copy.archive (ROOTCELLAR_COPY_ARCHIVE)');
    }
    const parts = await context.parts();
    const second = await parts.secondArchive({ archive: to, passwordFile: toPasswordFile });
    const { archive: target, leases: targetLeases } = second;
    const source = await parts.archive();
    const job = await import('../../copy/copy.ts');
    const request = { source, target, targetLeases, staging: parts.staging, ids, server, isInit: init, areKeysNew: newKeys };
    const prepared = await job.prepareCopy(request, context);
    const places = { source: source.location, target: target.location };
    if (dryRun) {
      return { ...places, isDone: false, targetState: prepared.targetState, plan: await job.planCopy(prepared, context) };
    }
    if (prepared.targetState === 'missing' && second.passwordFile !== undefined) {
      await readNewPassword(parts, second.passwordFile, '--to-password-file', context.report);
    }
    const { targetState } = await job.initTarget(prepared, request, context);
    const outcome = await job.copy(prepared, request, context);
    const { extendLocksAfter } = await import('../../backup/extend-locks-after.ts');
    const { lockFailure } = await extendLocksAfter(target, context);
    const damages =
      isVerified && outcome.copied.length > 0
        ? await readBack(
            target,
            outcome.copied.map(({ id }) => id),
            context,
          )
        : undefined;
    return { ...places, isDone: true, targetState, outcome, lockFailure, damages };
  },
  render: copyText,
  json: copyJson,
  exitCodeOf: (report) => {
    if (!report.isDone) return exitCodes.success;
    const { outcome, lockFailure, damages = [] } = report;
    if (damages.length > 0) return exitCodes.verificationFailed;
    const isSomeThere = outcome.copied.length + outcome.present.length > 0;
    if (outcome.damaged.length > 0) return isSomeThere ? exitCodes.partial : exitCodes.verificationFailed;
    return lockFailure === undefined ? exitCodes.success : exitCodes.partial;
  },
});

async function readBack(target: Archive, ids: readonly string[], context: CommandContext): Promise<readonly Damage[]> {
  const { verify } = await import('../../verify/verify.ts');
  const copies = (await target.list({}, context)).filter(({ id }) => ids.includes(id));
  return (await verify(target, copies, true, context)).damages;
}
