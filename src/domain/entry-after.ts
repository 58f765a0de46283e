import { bytesText } from './byte-text.ts';
import type { ChangeRecord, Modification } from './change-record.ts';
import { parentDn, parseDn } from './dn.ts';
import { type AttributeValues, valuesOf } from './entry-changes.ts';
import type { LdifEntry } from './read-ldif.ts';
import type { Schema } from './schema/schema.ts';

/** An entry as far as it can be told beforehand: its values by attribute, without what `attributesLeftOut` names. */
export interface EntryState {
  readonly dn: string;
  readonly values: AttributeValues;
}

export function stateOf(entry: LdifEntry, schema: Schema): EntryState {
  return { dn: entry.dn, values: valuesOf(entry, schema) };
}

/** The DN that the entry has once the change is made; undefined where it is gone. */
export function dnAfter(change: ChangeRecord): string | undefined {
  switch (change.kind) {
    case 'add':
    case 'modify':
      return change.dn;
    case 'delete':
      return undefined;
    case 'rename': {
      const parent = change.newParent ?? parentDn(change.dn) ?? '';
      return parent === '' ? change.newRdn : `${change.newRdn},${parent}`;
    }
  }
}

/**
 * What a server makes of the entry by this change, beside what it adds itself; undefined where it is gone, or was not there to be changed. Values are told apart byte
 * for byte, so `delete` of another spelling of a value leaves it.
 */
export function entryAfter(before: EntryState | undefined, change: ChangeRecord, schema: Schema): EntryState | undefined {
  switch (change.kind) {
    case 'add': {
      const values = new Map<string, { name: string; values: readonly string[] }>();
      for (const { name, values: given } of change.attributes) {
        const key = schema.comparableName(name);
        values.set(key, { name, values: [...(values.get(key)?.values ?? []), ...given.map(bytesText)] });
      }
      return { dn: change.dn, values };
    }
    case 'delete':
      return undefined;
    case 'modify':
      return before === undefined ? undefined : { dn: before.dn, values: modified(before.values, change.changes, schema) };
    case 'rename':
      return before === undefined ? undefined : renamed(before, change, schema);
  }
}

function modified(before: AttributeValues, changes: readonly Modification[], schema: Schema): AttributeValues {
  const values = new Map(before);
  for (const { op, name, values: given } of changes) {
    const key = schema.comparableName(name);
    const present = values.get(key)?.values ?? [];
    const after = valuesAfter(op, present, given.map(bytesText));
    if (after.length === 0) values.delete(key);
    else values.set(key, { name: values.get(key)?.name ?? name, values: after });
  }
  return values;
}

function valuesAfter(op: Modification['op'], present: readonly string[], given: readonly string[]): readonly string[] {
  switch (op) {
    case 'add': {
      const known = new Set(present);
      return [...present, ...given.filter((value) => !known.has(value))];
    }
    case 'delete': {
      const gone = new Set(given);
      return given.length === 0 ? [] : present.filter((value) => !gone.has(value));
    }
    case 'replace':
      return given;
  }
}

/** The values of the new RDN are there then, and those of the old one gone where that was asked. */
function renamed(before: EntryState, change: Extract<ChangeRecord, { kind: 'rename' }>, schema: Schema): EntryState {
  const values = new Map(before.values);
  const [added = [], removed = []] = [change.newRdn, before.dn].map((text) => parseDn(text)[0]?.parts ?? []);
  const isSame = (left: string, right: string): boolean => left.toLowerCase() === right.toLowerCase();
  for (const { type, value } of change.isOldRdnDeleted ? removed : []) {
    const key = schema.comparableName(type);
    const present = values.get(key);
    if (present === undefined) continue;
    const kept = present.values.filter((one) => !isSame(one, value));
    if (kept.length === 0) values.delete(key);
    else values.set(key, { ...present, values: kept });
  }
  for (const { type, value } of added) {
    const key = schema.comparableName(type);
    const present = values.get(key) ?? { name: type, values: [] };
    if (!present.values.some((one) => isSame(one, value))) values.set(key, { ...present, values: [...present.values, value] });
  }
  return { dn: dnAfter(change) ?? before.dn, values };
}

/** The attributes whose values differ, by their comparable names. */
export function differingNames(left: AttributeValues, right: AttributeValues, isCompared: (name: string) => boolean): readonly string[] {
  const names = new Set([...left.keys(), ...right.keys()]);
  return [...names].filter((name) => isCompared(name) && !areSame(left.get(name)?.values ?? [], right.get(name)?.values ?? []));
}

function areSame(left: readonly string[], right: readonly string[]): boolean {
  if (left.length !== right.length) return false;
  if (left.length === 1) return left[0] === right[0];
  const known = new Set(left);
  return right.every((value) => known.has(value));
}
