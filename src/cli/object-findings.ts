import type { LockReport } from '../archive/archive-locks.ts';
import type { Damage } from '../archive/archive.ts';
import { shortId } from '../domain/find-snapshot.ts';
import type { ObjectReport } from '../verify/verify-objects.ts';
import { printable, type Look } from './look.ts';
import { countOf } from './snapshot-text.ts';

/** Notes of a kind are told one by one up to so many. */
const mostNotes = 5;

/** What was found of the objects of an archive, as lines: damage with whom it hurts, then what is only worth knowing, then what to run. */
export function objectLines(report: ObjectsReported, look: Look): string[] {
  const { objects } = report;
  const damaged = objects.filter(({ isDamage }) => isDamage);
  const notes = Map.groupBy(
    objects.filter(({ isDamage }) => !isDamage),
    ({ finding }) => finding,
  );
  return [
    ...(damaged.length > 0 ? [`${look.bold('Objects of the archive')} that are damaged:`] : []),
    ...damaged.map((one) => `  ${one.snapshots.length > 0 ? look.red('✗') : look.yellow('!')} ${damageText(one)}`),
    ...[...notes].flatMap(([finding, own]) => noteLines(finding, own, look)),
    ...remedyLines(report),
  ];
}

interface ObjectsReported {
  readonly objects: readonly ObjectReport[];
  readonly damages: readonly Damage[];
  readonly locks: LockReport | undefined;
}

/** What to run. Nothing while objects are hidden or written over: they come back whole, and only what is damaged then is to be repaired. */
function remedyLines({ objects, damages, locks }: ObjectsReported): string[] {
  if ((locks?.suspicions ?? []).length > 0) return [];
  const isLost = mayBeLost(objects, damages);
  const all = [...new Set(objects.flatMap(({ remedy }) => remedy ?? []))].toSorted((a, b) => order.indexOf(a) - order.indexOf(b));
  // It gives up what is lost, which a new backup may bring back before: see the text about that.
  const remedies = isLost ? all.filter((remedy) => remedy !== 'repair snapshots') : all;
  return [
    ...(remedies.length > 0 ? [`To put it right, in this order: ${remedies.map((words) => `rootcellar ${words}`).join(', ')}`] : []),
    ...(isLost ? [lostText(remedies.length > 0)] : []),
  ];
}

/** Whether a snapshot lacks content that is in no pack any more, as far as one can tell. */
function mayBeLost(objects: readonly ObjectReport[], damages: readonly Damage[]): boolean {
  const isInSomePack = objects.some(({ isUnlisted }) => isUnlisted === true);
  return damages.some(({ object = '' }) => object.startsWith('data/') || (object === 'index/' && !isInSomePack));
}

function lostText(areRemedies: boolean): string {
  const what = areRemedies ? 'What that does not bring back' : 'What is lost';
  return `${what}, a new backup stores again where the server still has it; then "rootcellar repair snapshots" saves the rest.`;
}

/** In which order repairs come: each builds on those before. */
const order = [
  'repair config',
  'repair index',
  'repair index --read-all-packs',
  'repair packs',
  'repair snapshots',
  'repair snapshots --recover',
  'prune',
];

function damageText({ object, finding, snapshots }: ObjectReport): string {
  const hurt =
    snapshots.length === 0
      ? 'no snapshot suffers'
      : `${countOf(snapshots.length, 'snapshot')} ${snapshots.length === 1 ? 'suffers' : 'suffer'}: ${snapshots.map(shortId).join(', ')}`;
  return printable(`${shortKey(object)} ${finding}; ${hurt}`);
}

function noteLines(finding: string, own: readonly ObjectReport[], look: Look): string[] {
  if (own.length > mostNotes)
    return [look.dim(`  · ${countOf(own.length, 'object')}, each of which ${finding}; such as ${shortKey(own[0]?.object ?? '')}`)];
  return own.map(({ object }) => look.dim(`  · ${printable(`${shortKey(object)} ${finding}`)}`));
}

/** `data/12/12ab34cd56ef`: IDs by their first digits. */
function shortKey(key: string): string {
  return key.replace(/[0-9a-f]{64}$/, (id) => shortId(id));
}
