import { formatCount } from '../../foundation/counts.ts';
import { assertOfServer, findSnapshot, shortId } from '../../domain/find-snapshot.ts';
import { exitCodes } from '../../foundation/failure.ts';
import { formatBytes } from '../../foundation/sizes.ts';
import type { ReadPart } from '../../verify/choose-reading.ts';
import type { ObjectReport } from '../../verify/verify-objects.ts';
import type { VerifyReport } from '../../verify/verify.ts';
import { defineCommand, type RenderContext } from '../define-command.ts';
import { areKept, lockJson, lockLines, snapshotLockJson } from '../lock-text.ts';
import { printable } from '../look.ts';
import { objectLines } from '../object-findings.ts';
import { serverOption } from '../server-option.ts';
import { countOf } from '../snapshot-text.ts';

interface Verified extends VerifyReport {
  readonly objects: readonly ObjectReport[];
  /** What was chosen to be read; undefined where it is all or nothing. */
  readonly part: ReadPart | undefined;
}

export const verifyCommand = defineCommand({
  name: 'verify',
  summary: 'Check that snapshots are whole',
  description:
    'Compares what is stored with the manifests: every file is there and has its size. With --read-data every byte is read and ' +
    'hashed, which takes as long as a fetch. Without IDs it checks all snapshots, and in the layout repository every object of the archive, also ' +
    'those from which no snapshot suffers.\n\n' +
    'With --read-data-subset only a part of the content is read: n/m is the n-th of m groups, which stay the same from run to run; today/m is the group whose ' +
    'turn it is today (by UTC), so that a run each day has read everything after m days; X% and a size (500MiB, 10GiB) are drawn at random. Groups and draws are ' +
    'made of packs, of files in the layout plain. It says which part was read, and never calls whole what was not.\n\n' +
    'All damage is reported, with the snapshots that suffer and what puts it right. It ends with 20 when a snapshot suffers, and with 3 when ' +
    'something is damaged and all snapshots are whole nevertheless.\n\n' +
    'Where objectLock is set, or the bucket locks by default, it asks the store for the lock of every object that the snapshots need and says ' +
    'until when each snapshot is locked. One that is locked for less long than objectLock.days after the last backup is a finding too, and it ' +
    'ends with 20; when the locks could not be read it ends with 3.',
  arguments: { ids: { summary: 'IDs of snapshots, or latest', isVariadic: true, completes: ['latest'] } },
  options: {
    readData: { type: 'flag', summary: 'read and hash every byte' },
    readDataSubset: {
      type: 'text',
      placeholder: 'PART',
      summary: 'read and hash a part: n/m, today/m, X% or a size',
      completes: ['today/7', 'today/30', '5%'],
    },
    server: serverOption,
  },
  examples: [
    { line: 'rootcellar verify', summary: 'all, quickly' },
    { line: 'rootcellar verify latest --read-data', summary: 'the newest, every byte' },
    { line: 'rootcellar verify --read-data-subset today/30', summary: 'each day another part, so that a month reads all' },
  ],
  exits: ['partial', 'archiveMissing', 'wrongKey', 'verificationFailed', 'interrupted'],
  run: async ({ ids, readData, readDataSubset, server }, context): Promise<Verified> => {
    const { chooseReading } = await import('../../verify/choose-reading.ts');
    const choose = chooseReading({ readData, readDataSubset }, context);
    const archive = await (await context.parts()).archive();
    await archive.open(context);
    const all = assertOfServer(await archive.list({ server }, context), server);
    const wanted = ids.length === 0 ? all : [...new Set(ids.map((id) => findSnapshot(all, id)))];
    const [{ verify }, { verifyObjects }] = await Promise.all([import('../../verify/verify.ts'), import('../../verify/verify-objects.ts')]);
    const isAll = ids.length === 0 && server === undefined;
    const { read, part } = await choose(archive, isAll ? undefined : wanted, context);
    const report = await verify(archive, wanted, read, context);
    return { ...report, part, objects: isAll ? await verifyObjects(archive, report.damages, read, context) : [] };
  },
  render: (report, context) =>
    [wholenessText(report, context), ...objectLines(report, context.look), ...lockLines(report, context)].join('\n'),
  json: ({ snapshots, damages, objects, isDataRead, part, locks, lockFailure }) => ({
    isWhole: wholeness({ damages, objects, part }),
    isDataRead,
    part: part ?? null,
    objects: objects.map(({ object, finding, isDamage, snapshots: hurt, remedy = null }) => ({
      object,
      finding,
      isDamage,
      snapshots: hurt,
      remedy,
    })),
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

/** Null where no damage was found in a part of the data: of the rest it is not known. */
function wholeness({ damages, objects, part }: Pick<Verified, 'damages' | 'objects' | 'part'>): boolean | null {
  if (damages.length > 0 || objects.some(({ isDamage }) => isDamage)) return false;
  return part === undefined ? true : null;
}

function wholenessText(report: Verified, { look }: RenderContext): string {
  const { snapshots, damages } = report;
  if (snapshots.length === 0) return 'There are no snapshots to verify.';
  const how = howItWasRead(report);
  if (damages.length === 0) {
    const verdict = report.part === undefined ? 'Whole:' : 'No damage found:';
    return `${look.green(verdict)} ${countOf(snapshots.length, 'snapshot')}; ${how}.`;
  }
  const hurt = snapshots.filter((one) => one.damages.length > 0);
  return [
    `${look.red('Damaged:')} ${hurt.length} of ${countOf(snapshots.length, 'snapshot')}; ${how}.`,
    ...hurt.flatMap(({ snapshot, damages: own }) => [
      `${shortId(snapshot.id)} of ${printable(snapshot.server)}`,
      ...own.map(({ path, finding }) => `  ${look.red('✗')} ${printable(`${path} ${finding}`.trim())}`),
    ]),
  ].join('\n');
}

function howItWasRead({ isDataRead, part }: Pick<Verified, 'isDataRead' | 'part'>): string {
  if (isDataRead) return 'every byte was read';
  if (part === undefined) return 'presence and size were compared; --read-data reads every byte';
  const { name, objects, ofObjects, bytes, ofBytes, unit } = part;
  const share = ofBytes === 0 ? '' : `, ${((100 * bytes) / ofBytes).toFixed(1)} %`;
  return (
    `presence and size of all were compared, and of the content ${name} was read: ${formatCount(objects)} of ${countOf(ofObjects, unit)} ` +
    `(${formatBytes(bytes)} of ${formatBytes(ofBytes)}${share}); the rest was not`
  );
}
