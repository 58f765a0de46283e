import { changesBetween, type AttributeChange } from '../../domain/entry-changes.ts';
import { isAtOrBelow, normalDn } from '../../domain/dn.ts';
import type { LdifEntry } from '../../domain/read-ldif.ts';
import type { Schema } from '../../domain/schema/schema.ts';
import type { OperationContext } from '../../foundation/progress.ts';
import { compareExports, type EntryDifference } from './compare-exports.ts';
import type { ExportedEntries } from '../exports/exported-entries.ts';
import type { EntrySelection } from '../look/find-entries.ts';

export interface DiffRequest {
  readonly before: readonly ExportedEntries[];
  readonly after: readonly ExportedEntries[];
  /** An entry counts that is in it before or after. */
  readonly selection: EntrySelection;
  readonly schema: Schema;
}

/** A difference with what changed in it, where the entry is on both sides. */
export interface DetailedDifference {
  readonly difference: EntryDifference;
  readonly changes: readonly AttributeChange[];
}

const noExports: readonly ExportedEntries[] = [];

/** What differs between two moments, backend by backend; those of a backend that one side has not are not told. In no order. */
export async function* diffEntries(
  { before, after, selection, schema }: DiffRequest,
  options: OperationContext,
): AsyncGenerator<DetailedDifference> {
  const step = 'compare the entries';
  options.report?.({ kind: 'begin', step, unit: 'entries' });
  let found = 0;
  const base = selection.baseDn === undefined ? undefined : normalDn(selection.baseDn);
  const isInBase = base === undefined ? () => true : (entry: LdifEntry) => isAtOrBelow(normalDn(entry.dn), base);
  for (const [one, other] of pairs(before, after)) {
    for await (const difference of compareExports(one, other, { ...options, isWanted: isInBase })) {
      const sides = [difference.before, difference.after].filter((side) => side !== undefined);
      if (!sides.some((side) => selection.matches(side))) continue;
      const changes = sides[0] === undefined || sides[1] === undefined ? [] : changesBetween(sides[0], sides[1], schema);
      found += 1;
      if (found % 1000 === 0) options.report?.({ kind: 'advance', step, done: found });
      yield { difference, changes };
    }
  }
  options.report?.({ kind: 'end', step, note: `${found} ${found === 1 ? 'differs' : 'differ'}` });
}

/** Backends that both sides have. */
export function pairs(
  before: readonly ExportedEntries[],
  after: readonly ExportedEntries[] = noExports,
): readonly (readonly [ExportedEntries, ExportedEntries])[] {
  return before.flatMap((one) => {
    const other = after.find(({ file }) => file.backend === one.file.backend);
    return other === undefined ? [] : [[one, other] as const];
  });
}
