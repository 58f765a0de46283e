import { bytesOf, textOf } from '../../domain/byte-text.ts';
import { normalDn } from '../../domain/dn.ts';
import { type AttributeChange, valuesOf } from '../../domain/entry-changes.ts';
import type { LdifEntry } from '../../domain/read-ldif.ts';
import type { Schema } from '../../domain/schema/schema.ts';
import type { EntriesNow } from './entry-plan.ts';
import { findNow } from './find-now.ts';
import type { PlanBuilder } from './plan-builder.ts';

/** A value of an entry that names one of those looked for. */
interface Reference {
  readonly attribute: string;
  readonly value: string;
  /** The DN that it names, in normal form. */
  readonly name: string;
}

export interface ReferencesRequest {
  readonly builder: PlanBuilder;
  readonly now: EntriesNow;
  readonly schema: Schema;
  /** What is put back, by its name then in normal form, with its DN where that is another one. */
  readonly names: ReadonlyMap<string, string | undefined>;
  /** Entries that get all their values back anyway. */
  readonly areWhole: { readonly has: (name: string) => boolean };
  readonly referrers: AsyncIterable<readonly LdifEntry[]>;
}

const referrersAtOnce = 200;

/** Gives the entries that named what is put back these values again, where they have them no more: groups their members, people their managers. */
export async function planReferences(request: ReferencesRequest): Promise<void> {
  const isDnValued = dnValuedTest(request.schema);
  let found: { readonly referrer: LdifEntry; readonly references: readonly Reference[] }[] = [];
  const flush = async (): Promise<void> => {
    const states = await findNow(
      found.map(({ referrer }) => referrer),
      request.now,
    );
    for (const [index, { referrer, references }] of found.entries()) referAgain(request, referrer, references, states[index]);
    found = [];
  };
  for await (const entries of request.referrers) {
    for (const entry of entries) {
      const references = referencesOf(entry, request.names, isDnValued);
      if (references.length === 0 || request.areWhole.has(normalDn(entry.dn))) continue;
      found.push({ referrer: entry, references });
      if (found.length >= referrersAtOnce) await flush();
    }
  }
  if (found.length > 0) await flush();
}

function referencesOf(
  { names, values }: LdifEntry,
  wanted: ReadonlyMap<string, unknown>,
  isDnValued: (name: string) => boolean,
): readonly Reference[] {
  const references: Reference[] = [];
  for (let index = 0; index < names.length; index += 1) {
    const attribute = names[index] ?? '';
    if (!isDnValued(attribute)) continue;
    const value = values[index] ?? '';
    const name = nameIn(value);
    if (name !== undefined && wanted.has(name)) references.push({ attribute, value, name });
  }
  return references;
}

/**
 * Whether some bytes of LDIF may have an entry that names another one: whether one of their lines begins with such an attribute. Mostly few do, and to look for
 * that takes a small part of the time that reading it takes.
 */
export function mayRefer(schema: Schema): (ldif: Uint8Array) => boolean {
  const names = schema.namesOfReferences().map((name) => name.replaceAll('.', String.raw`\.`));
  const line = new RegExp(`(?:^|\\n)(?:${names.join('|')})[:;]`, 'i');
  return (ldif) => {
    const text = Buffer.from(ldif.buffer, ldif.byteOffset, ldif.byteLength).toString('latin1');
    // A line may be folded anywhere.
    return line.test(text.includes('\n ') ? text.replaceAll(/\r?\n /g, '') : text);
  };
}

/** Each spelling of an attribute is looked at once: this is asked of every value of a snapshot. What the server alone writes is no reference of anybody. */
function dnValuedTest(schema: Schema): (name: string) => boolean {
  const known = new Map<string, boolean>();
  return (name) => {
    let is = known.get(name);
    if (is === undefined) {
      is = schema.isDnValued(name) && schema.attribute(name)?.isUserModifiable === true;
      if (known.size < 10_000) known.set(name, is);
    }
    return is;
  };
}

/** The DN of a value in normal form, without the unique identifier that may follow it. */
function nameIn(value: string): string | undefined {
  const text = textOf(value);
  return text === undefined ? undefined : normalDn(text.replace(uniqueIdentifier, ''));
}

const uniqueIdentifier = /#'[01]*'B$/;

function referAgain(request: ReferencesRequest, referrer: LdifEntry, references: readonly Reference[], now: LdifEntry | undefined): void {
  const { builder, schema } = request;
  if (now === undefined) return builder.note(`"${referrer.dn}", which named what is put back, is not there any more`);
  const byAttribute = Map.groupBy(references, ({ attribute }) => schema.comparableName(attribute));
  const valuesNow = valuesOf(now, schema);
  const changes: AttributeChange[] = [];
  for (const [key, ofAttribute] of byAttribute) {
    const there = valuesNow.get(key)?.values ?? [];
    const added = missingValues(request, ofAttribute, there);
    const attribute = ofAttribute[0]?.attribute ?? key;
    if (added.length === 0) continue;
    if (there.length > 0 && isOnlyValue(referrer, attribute, schema)) {
      builder.conflict({ dn: now.dn, attribute, because: 'it named what is put back, and names another entry now', isForced: false });
    } else changes.push({ name: attribute, removed: [], added });
  }
  if (changes.length > 0) builder.refer(now, changes, `names what is put back: ${changes.map(({ name }) => name).join(', ')}`);
}

/** The values that name what none of those that are there names, not even by the name that it has until it is renamed back: such a value follows it by the server's care. */
function missingValues(
  { builder, names }: ReferencesRequest,
  references: readonly Reference[],
  there: readonly string[],
): readonly string[] {
  const namesThere = there.flatMap((value) => nameIn(value) ?? []);
  const present = new Set(namesThere.flatMap((name) => [name, normalDn(builder.finalDn(name))]));
  return references.flatMap(({ value, name }) => {
    const target = names.get(name) ?? name;
    if (present.has(normalDn(target))) return [];
    return [normalDn(target) === name ? value : bytesOf(target) + (uniqueIdentifier.exec(value)?.[0] ?? '')];
  });
}

/** It had one value, so that another one there now is in its place. */
function isOnlyValue(referrer: LdifEntry, attribute: string, schema: Schema): boolean {
  return (
    schema.attribute(attribute)?.isSingleValued === true ||
    (valuesOf(referrer, schema).get(schema.comparableName(attribute))?.values.length ?? 0) === 1
  );
}
