import type { ChangeRecord, Modification } from './change-record.ts';
import { bytesText, textBytes } from './byte-text.ts';
import { dnAfter, type EntryState } from './entry-after.ts';
import { parentDn, parseDn } from './dn.ts';
import type { Schema } from './schema/schema.ts';

/** What takes a change back that is about to be made to this entry; `before` is what it is now. Undefined where there is nothing to take back. */
export function inverseOf(change: ChangeRecord, before: EntryState | undefined, schema: Schema): ChangeRecord | undefined {
  switch (change.kind) {
    case 'add':
      return { kind: 'delete', dn: change.dn };
    case 'delete':
      return before === undefined ? undefined : additionOf(before);
    case 'modify': {
      if (before === undefined) return undefined;
      const changes = inverseModifications(change.changes, before, schema);
      return changes.length === 0 ? undefined : { kind: 'modify', dn: change.dn, changes };
    }
    case 'rename': {
      const dn = dnAfter(change);
      const oldRdn = parseDn(change.dn)[0]?.text;
      if (dn === undefined || oldRdn === undefined) return undefined;
      const newParent = change.newParent === undefined ? undefined : parentDn(change.dn);
      return { kind: 'rename', dn, newRdn: oldRdn, isOldRdnDeleted: true, ...(newParent === undefined ? {} : { newParent }) };
    }
  }
}

/** The change that makes this entry where it is not. */
export function additionOf({ dn, values }: EntryState): ChangeRecord {
  return { kind: 'add', dn, attributes: [...values.values()].map(({ name, values: texts }) => ({ name, values: texts.map(textBytes) })) };
}

/** Value by value, so that a large group is not written whole; in the reverse order. */
function inverseModifications(changes: readonly Modification[], before: EntryState, schema: Schema): Modification[] {
  const inverse: Modification[] = [];
  const seen = new Map<string, readonly string[]>();
  for (const { op, name, values } of changes) {
    const key = schema.comparableName(name);
    const present = seen.get(key) ?? before.values.get(key)?.values ?? [];
    const given = values.map(bytesText);
    const known = new Set(present);
    const [lost, gained] = lostAndGained(op, given, present, known);
    // First what was lost: an attribute whose last value goes may be one that its class requires.
    if (gained.length > 0) inverse.unshift({ op: 'delete', name, values: gained.map(textBytes) });
    if (lost.length > 0) inverse.unshift({ op: 'add', name, values: lost.map(textBytes) });
    const gone = new Set(lost);
    seen.set(key, [...present.filter((value) => !gone.has(value)), ...gained]);
  }
  return inverse;
}

function lostAndGained(
  op: Modification['op'],
  given: readonly string[],
  present: readonly string[],
  known: ReadonlySet<string>,
): readonly [readonly string[], readonly string[]] {
  switch (op) {
    case 'add':
      return [[], given.filter((value) => !known.has(value))];
    case 'delete':
      return [given.length === 0 ? present : given.filter((value) => known.has(value)), []];
    case 'replace': {
      const wanted = new Set(given);
      return [present.filter((value) => !wanted.has(value)), given.filter((value) => !known.has(value))];
    }
  }
}
