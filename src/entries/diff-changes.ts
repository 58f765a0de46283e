import { depthOf, normalDn, parentDn, parseDn } from '../domain/dn.ts';
import { type ChangeRecord, encodeChange, type Modification, type NamedValues } from '../domain/change-record.ts';
import type { AttributeChange } from '../domain/entry-changes.ts';
import { attributesLeftOut } from '../domain/entry-digest.ts';
import type { LdifEntry } from '../domain/read-ldif.ts';
import type { Schema } from '../domain/schema/schema.ts';
import type { DetailedDifference } from './diff-entries.ts';

const leftOut = new Set(attributesLeftOut);

interface Waiting {
  readonly depth: number;
  readonly text: string;
}

/**
 * Differences as change records that make the first moment into the second, in an order in which they can be applied: renames first, then what is added, parents
 * first, then what is changed, and what is removed last, the deepest first. What clients may not write is left out, and a comment says so.
 */
export class DiffChanges {
  readonly #schema: Schema;
  readonly #areSecretsShown: boolean;
  readonly #renamed: { readonly from: string; readonly to: string }[] = [];
  readonly #added: Waiting[] = [];
  readonly #changed: string[] = [];
  readonly #removed: Waiting[] = [];

  constructor(schema: Schema, areSecretsShown: boolean) {
    this.#schema = schema;
    this.#areSecretsShown = areSecretsShown;
  }

  add({ difference, changes }: DetailedDifference): void {
    const { kind, before, after } = difference;
    if (kind === 'added') this.#added.push(this.#waiting({ kind: 'add', dn: after.dn, attributes: this.#attributesOf(after) }));
    else if (kind === 'removed') this.#removed.push(this.#waiting({ kind: 'delete', dn: before.dn }));
    else {
      if (kind === 'renamed') this.#renamed.push({ from: before.dn, to: after.dn });
      const left = kind === 'renamed' ? withoutNames(changes, before.dn, after.dn) : changes;
      const modifications = left.flatMap((change) => this.#modificationsOf(change, after));
      const change = { kind: 'modify', dn: after.dn, changes: modifications } as const;
      if (modifications.length > 0) this.#changed.push(this.#encoded(change, this.#notWritten(changes)));
    }
  }

  /** All of them. */
  *text(): Generator<string> {
    yield 'version: 1\n\n';
    for (const one of renamesOf(this.#renamed)) yield this.#encoded(one);
    for (const { text } of this.#added.toSorted((a, b) => a.depth - b.depth)) yield text;
    yield* this.#changed;
    for (const { text } of this.#removed.toSorted((a, b) => b.depth - a.depth)) yield text;
  }

  #waiting(change: ChangeRecord): Waiting {
    return { depth: depthOf(change.dn), text: this.#encoded(change) };
  }

  #encoded(change: ChangeRecord, comments: readonly string[] = []): string {
    return encodeChange(change, { areSecretsShown: this.#areSecretsShown, comments });
  }

  #attributesOf({ names, values }: LdifEntry): readonly NamedValues[] {
    const attributes = new Map<string, { readonly name: string; readonly values: Uint8Array[] }>();
    for (const [index, value] of values.entries()) {
      const name = names[index] ?? '';
      if (!this.#isWritable(name)) continue;
      const known = attributes.get(name.toLowerCase()) ?? { name, values: [] };
      known.values.push(Buffer.from(value, 'latin1'));
      attributes.set(name.toLowerCase(), known);
    }
    return [...attributes.values()];
  }

  #modificationsOf({ name, removed, added }: AttributeChange, after: LdifEntry): readonly Modification[] {
    if (!this.#isWritable(name) || removed.length + added.length === 0) return [];
    if (this.#schema.attribute(name)?.equality === undefined && this.#schema.attribute(name) !== undefined) {
      const now = after.values.filter((_, index) => after.names[index]?.toLowerCase() === name.toLowerCase());
      return [{ op: 'replace', name, values: asBytes(now) }];
    }
    return [
      ...(removed.length > 0 ? [{ op: 'delete', name, values: asBytes(removed) } as const] : []),
      ...(added.length > 0 ? [{ op: 'add', name, values: asBytes(added) } as const] : []),
    ];
  }

  #notWritten(changes: readonly AttributeChange[]): readonly string[] {
    const names = changes
      .map(({ name }) => name)
      .filter((name) => !this.#isWritable(name) && !/^modif(?:ytimestamp|iersname)$/i.test(name));
    return names.length === 0 ? [] : [`not written, as the server keeps it itself: ${names.join(', ')}`];
  }

  #isWritable(name: string): boolean {
    const type = name.split(';', 1)[0]?.toLowerCase() ?? '';
    return !leftOut.has(type) && this.#schema.attribute(type)?.isUserModifiable !== false;
  }
}

/** What is left to do once an entry was renamed, which takes the values of its old name away and adds those of the new one. */
function withoutNames(changes: readonly AttributeChange[], from: string, to: string): readonly AttributeChange[] {
  const [old, now] = [namesIn(from), namesIn(to)];
  return changes.map(({ name, removed, added }) => {
    const isOf = (names: ReadonlySet<string>) => (value: string) => names.has(`${name.toLowerCase()}=${value.toLowerCase()}`);
    return { name, removed: removed.filter((value) => !isOf(old)(value)), added: added.filter((value) => !isOf(now)(value)) };
  });
}

function namesIn(dn: string): ReadonlySet<string> {
  return new Set(parseDn(dn)[0]?.parts.map(({ type, value }) => `${type}=${value.toLowerCase()}`));
}

/** The renames from the top down, without those that come along with the one of an entry above. */
function* renamesOf(renamed: readonly { readonly from: string; readonly to: string }[]): Generator<ChangeRecord> {
  const names = new Map(renamed.map(({ from, to }) => [normalDn(from), normalDn(to)]));
  for (const { from, to } of renamed.toSorted((a, b) => depthOf(a.from) - depthOf(b.from))) {
    const [rdn] = parseDn(to);
    const [parent, before] = [parentDn(to) ?? '', parentDn(from) ?? ''];
    const newParent = normalDn(parent);
    // Where the entry is once those above it have their new names.
    const parentThen = names.get(normalDn(before)) ?? normalDn(before);
    const rdnBefore = parseDn(from)[0]?.text ?? from;
    const newRdn = rdn?.text ?? to;
    if (parentThen === newParent && normalDn(rdnBefore) === normalDn(newRdn)) continue;
    const dn = parentThen === normalDn(before) ? from : `${rdnBefore},${parentThen}`;
    yield { kind: 'rename', dn, newRdn, isOldRdnDeleted: true, ...(parentThen === newParent ? {} : { newParent: parent }) };
  }
}

function asBytes(values: readonly string[]): readonly Uint8Array[] {
  return values.map((value) => Buffer.from(value, 'latin1'));
}
