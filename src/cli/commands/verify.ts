import { findSnapshot, shortId } from '../../domain/find-snapshot.ts';
import { exitCodes } from '../../foundation/failure.ts';
import type { VerifyReport } from '../../verify/verify.ts';
import { defineCommand, type RenderContext } from '../define-command.ts';
import { areKept, lockJson, lockLines, snapshotLockJson } from '../lock-text.ts';
import { printable } from '../look.ts';
import { objectLines } from '../object-findings.ts';
import { serverOption } from '../server-option.ts';
import { countOf } from '../snapshot-text.ts';

export const verifyCommand = defineCommand({
  name: 'verify',
  summary: 'Check that snapshots are whole',
  description:
    'Compares what is stored with the manifests: every file is there and has its size. With --read-data every byte is read and ' +
    'hashed, which takes as long as a fetch. Without IDs it checks all snapshots, and in the layout repository every object of the archive, also ' +
    'those from which no snapshot suffers.\n\n' +
    'All damage is reported, with the snapshots that suffer and what puts it right. It ends with 20 when a snapshot suffers, and with 3 when ' +
    'something is damaged and all snapshots are whole nevertheless.\n\n' +
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
    const [{ verify }, { verifyObjects }] = await Promise.all([import('../../verify/verify.ts'), import('../../verify/verify-objects.ts')]);
    const report = await verify(archive, wanted, readData, context);
    const isAll = ids.length === 0 && server === undefined;
    return { ...report, objects: isAll ? await verifyObjects(archive, report.damages, readData, context) : [] };
  },
  render: (report, context) =>
    [wholenessText(report, context), ...objectLines(report, context.look), ...lockLines(report, context)].join('\n'),
  json: ({ snapshots, damages, objects, isDataRead, locks, lockFailure }) => ({
    isWhole: damages.length === 0 && !objects.some(({ isDamage }) => isDamage),
    isDataRead,
    objects: objects.map(({ remedy = null, ...one }) => ({ ...one, remedy })),
    ...lockJson(locks, lockFailure),
    snapshots: snapshots.map(({ snapshot, damages: own }) => ({
      id: snapshot.id,
      server: snapshot.server,
      time: snapshot.time,
      damages: own,
      ...snapshotLockJson(locks, snapshot),
    })),
  }),
  exitCodeOf: ({ damages, objects, locks, lockFailure }) => {
    if (damages.length > 0 || !areKept(locks)) return exitCodes.verificationFailed;
    return lockFailure === undefined && !objects.some(({ isDamage }) => isDamage) ? exitCodes.success : exitCodes.partial;
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
