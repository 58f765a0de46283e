import { shortId } from '../domain/find-snapshot.ts';
import type { ObjectReport } from '../verify/verify-objects.ts';
import { printable, type Look } from './look.ts';
import { countOf } from './snapshot-text.ts';

/** Notes of a kind are told one by one up to so many. */
const mostNotes = 5;

/** What was found of the objects of an archive, as lines: damage with whom it hurts, then what is only worth knowing, then what to run. */
export function objectLines({ objects }: { readonly objects: readonly ObjectReport[] }, look: Look): string[] {
  const damaged = objects.filter(({ isDamage }) => isDamage);
  const notes = Map.groupBy(
    objects.filter(({ isDamage }) => !isDamage),
    ({ finding }) => finding,
  );
  const remedies = [...new Set(objects.flatMap(({ remedy }) => remedy ?? []))].toSorted((a, b) => order.indexOf(a) - order.indexOf(b));
  return [
    ...(damaged.length > 0 ? [`${look.bold('Objects of the archive')} that are damaged:`] : []),
    ...damaged.map((one) => `  ${one.snapshots.length > 0 ? look.red('✗') : look.yellow('!')} ${damageText(one)}`),
    ...[...notes].flatMap(([finding, own]) => noteLines(finding, own, look)),
    ...(remedies.length > 0 ? [`To put it right, in this order: ${remedies.map((words) => `rootcellar ${words}`).join(', ')}`] : []),
  ];
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
      : `${countOf(snapshots.length, 'snapshot')} suffer: ${snapshots.map(shortId).join(', ')}`;
  return printable(`${shortKey(object)} ${finding}; ${hurt}`);
}

function noteLines(finding: string, own: readonly ObjectReport[], look: Look): string[] {
  if (own.length > mostNotes)
    return [look.dim(`  · ${countOf(own.length, 'object')}, such as ${shortKey(own[0]?.object ?? '')}: ${finding}`)];
  return own.map(({ object }) => look.dim(`  · ${printable(`${shortKey(object)} ${finding}`)}`));
}

/** `data/12/12ab34cd56ef`: IDs by their first digits. */
function shortKey(key: string): string {
  return key.replace(/[0-9a-f]{64}$/, (id) => shortId(id));
}
