import { attributesLeftOut } from './entry-digest.ts';
import type { LdifEntry } from './read-ldif.ts';
import type { Schema } from './schema/schema.ts';

/** What changed of one attribute. A value is one character per byte, as in `LdifEntry`. */
export interface AttributeChange {
  /** As it is spelled in the entry that has it, in the later one where both have it. */
  readonly name: string;
  /** In the order of the entries. */
  readonly removed: readonly string[];
  readonly added: readonly string[];
}

/** The values of an entry by attribute. */
export type AttributeValues = ReadonlyMap<string, { readonly name: string; readonly values: readonly string[] }>;

/**
 * What has to be done to the attributes of one entry that they become those of the other; in the order of the attributes, first those of the earlier entry.
 * Values are compared byte for byte, as in the digest of an entry: another case is a change. The order of values, how an attribute's name is spelled, and what
 * `attributesLeftOut` names do not count. The DNs are not compared.
 */
export function changesBetween(before: LdifEntry, after: LdifEntry, schema: Schema): AttributeChange[] {
  const [earlier, later] = [valuesOf(before, schema), valuesOf(after, schema)];
  const changes: AttributeChange[] = [];
  for (const [key, { name, values }] of earlier) {
    const other = later.get(key);
    const removed = without(values, other?.values ?? []);
    const added = without(other?.values ?? [], values);
    if (removed.length + added.length > 0) changes.push({ name: other?.name ?? name, removed, added });
  }
  for (const [key, { name, values }] of later) if (!earlier.has(key)) changes.push({ name, removed: [], added: values });
  return changes;
}

/** The values by the comparable name of their attribute, without what `attributesLeftOut` names. */
export function valuesOf({ names, values }: LdifEntry, schema: Schema): AttributeValues {
  const attributes = new Map<string, { readonly name: string; readonly values: string[] }>();
  let last: { readonly spelled: string; readonly values: string[] } | undefined;
  for (const [index, spelled] of names.entries()) {
    const value = values[index] ?? '';
    // The values of one attribute mostly come together.
    if (last?.spelled === spelled) {
      last.values.push(value);
      continue;
    }
    const key = schema.comparableName(spelled);
    if (leftOut.has(key.split(';', 1)[0] ?? '')) continue;
    const attribute = attributes.get(key) ?? { name: spelled, values: [] };
    attribute.values.push(value);
    attributes.set(key, attribute);
    last = { spelled, values: attribute.values };
  }
  return attributes;
}

/** What a server notes of every change: alone it is no difference. */
export function isStamp(name: string): boolean {
  return /^(?:modifytimestamp|modifiersname)$/i.test(name);
}

const leftOut = new Set(attributesLeftOut);

/** The values that are not among the others. */
function without(values: readonly string[], others: readonly string[]): readonly string[] {
  if (others.length === 0) return values;
  if (others.length === 1) return values.filter((value) => value !== others[0]);
  const set = new Set(others);
  return values.filter((value) => !set.has(value));
}
