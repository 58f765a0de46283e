import { findSnapshot, shortId } from '../../domain/find-snapshot.ts';
import { exitCodes } from '../../foundation/failure.ts';
import type { VerifyReport } from '../../verify/verify.ts';
import { defineCommand, type RenderContext } from '../define-command.ts';
import { areKept, lockJson, lockLines, snapshotLockJson } from '../lock-text.ts';
import { printable } from '../look.ts';
import { serverOption } from '../server-option.ts';
import { countOf } from '../snapshot-text.ts';

export const verifyCommand = defineCommand({
  name: 'verify',
  summary: 'Check that snapshots are whole',
  description:
    'Compares what is stored with the manifests: every file is there and has its size. With --read-data every byte is read and ' +
    'hashed, which takes as long as a fetch. Without IDs it checks all snapshots. All damage is reported, and it ends with 20 when there is any.\n\n' +
    'Where objectLock is set, or the bucket locks by default, it asks the store for the lock of every object that the snapshots need and says ' +
    'until when each snapshot is locked. One that is locked for less long than objectLock.days after the last backup is a finding too, and it ' +
    'ends with 20; when the locks could not be read it ends with 3.',
  arguments: { ids: { summary: 'IDs of snapshots, or latest', isVariadic: true, completes: ['latest'] } },
  options: { readData: { type: 'flag', summary: 'read and hash every byte' }, server: serverOption },
  examples: [
    { line: 'rootcellar verify', summary: 'all, quickly' },
    { line: 'rootcellar verify latest --read-data', summary: 'the newest, every byte' },
  ],
  exits: ['partial', 'archiveMissing', 'wrongKey', 'verificationFailed', 'interrupted'],
  run: async ({ ids, readData, server }, context) => {
    const archive = await (await context.parts()).archive();
    await archive.open(context);
    const all = await archive.list({ server }, context);
    const wanted = ids.length === 0 ? all : [...new Set(ids.map((id) => findSnapshot(all, id)))];
    const { verify } = await import('../../verify/verify.ts');
    return verify(archive, wanted, readData, context);
  },
  render: (report, context) => [wholenessText(report, context), ...lockLines(report, context)].join('\n'),
  json: ({ snapshots, damages, isDataRead, locks, lockFailure }) => ({
    isWhole: damages.length === 0,
    isDataRead,
    ...lockJson(locks, lockFailure),
    snapshots: snapshots.map(({ snapshot, damages: own }) => ({
      id: snapshot.id,
      server: snapshot.server,
      time: snapshot.time,
      damages: own,
      ...snapshotLockJson(locks, snapshot),
    })),
  }),
  exitCodeOf: ({ damages, locks, lockFailure }) => {
    if (damages.length > 0 || !areKept(locks)) return exitCodes.verificationFailed;
    return lockFailure === undefined ? exitCodes.success : exitCodes.partial;
  },
});

function wholenessText({ snapshots, damages, isDataRead }: VerifyReport, { look }: RenderContext): string {
  const how = isDataRead ? 'every byte was read' : 'presence and size were compared; --read-data reads every byte';
  if (snapshots.length === 0) return 'There are no snapshots to verify.';
  if (damages.length === 0) return `${look.green('Whole:')} ${countOf(snapshots.length, 'snapshot')}; ${how}.`;
  const hurt = snapshots.filter((one) => one.damages.length > 0);
  return [
    `${look.red('Damaged:')} ${hurt.length} of ${countOf(snapshots.length, 'snapshot')}; ${how}.`,
    ...hurt.flatMap(({ snapshot, damages: own }) => [
      `${shortId(snapshot.id)} of ${printable(snapshot.server)}`,
      ...own.map(({ path, finding }) => `  ${look.red('✗')} ${printable(`${path} ${finding}`.trim())}`),
    ]),
  ].join('\n');
}
