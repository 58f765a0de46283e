import type { ChangeRecord, Modification } from '../../src/domain/change-record.ts';
import { isAtOrBelow, normalDn, parentDn, parseDn } from '../../src/domain/dn.ts';
import { changesBetween } from '../../src/domain/entry-changes.ts';
import { entryDigest } from '../../src/domain/entry-digest.ts';
import type { LdifEntry } from '../../src/domain/read-ldif.ts';
import { standardSchema } from '../../src/domain/schema/standard-schema.ts';
import type { EntryDifference } from '../../src/entries/compare/compare-exports.ts';
import type { EntriesNow, EntriesPast, EntryPlan } from '../../src/entries/plan/entry-plan.ts';
import { uuidOf } from '../../src/domain/entry-uuid.ts';

/** A directory as RFC 4511 has it, in memory, which refuses what a server would: to say what a plan of many changes comes to. */
export class ModelDirectory {
  readonly entries: Map<string, LdifEntry>;

  constructor(entries: Iterable<LdifEntry>) {
    this.entries = new Map([...entries].map((entry) => [normalDn(entry.dn), entry]));
  }

  copy(): ModelDirectory {
    return new ModelDirectory(this.entries.values());
  }

  /** What can be compared: digests and spelled DNs by name. */
  state(): Record<string, string> {
    const sorted = [...this.entries].toSorted(([one], [other]) => (one < other ? -1 : 1));
    return Object.fromEntries(sorted.map(([name, entry]) => [name, entryDigest(entry, name).toString('hex')]));
  }

  find(dn: string): LdifEntry | undefined {
    return this.entries.get(normalDn(dn));
  }

  findUuid(uuid: string): LdifEntry | undefined {
    return [...this.entries.values()].find((entry) => uuidOf(entry) === uuid);
  }

  get now(): EntriesNow {
    const { entries } = this;
    return {
      read: async (dns) => Promise.resolve(dns.map((dn) => this.find(dn))),
      findByUuid: async (uuids) =>
        Promise.resolve(new Map(uuids.flatMap((uuid) => [[uuid, this.findUuid(uuid)] as const]).filter(isFound))),
      below: async function* (dn) {
        yield await Promise.resolve([...entries].filter(([name]) => isAtOrBelow(name, normalDn(dn))).map(([, entry]) => entry));
      },
    };
  }

  get past(): EntriesPast {
    return {
      byName: async (dn) => Promise.resolve(this.find(dn)),
      byUuid: async (uuid) => Promise.resolve(this.findUuid(uuid)),
    };
  }

  async *all(): AsyncGenerator<readonly LdifEntry[]> {
    yield await Promise.resolve([...this.entries.values()]);
  }

  /** All changes of a plan, those of one wave in a random order; gives back what takes them back, in order. */
  applyPlan({ waves }: EntryPlan, random: () => number = () => 0): ChangeRecord[] {
    const undo: ChangeRecord[] = [];
    for (const wave of waves) {
      const shuffled = wave.map((planned) => ({ planned, key: random() })).toSorted((one, other) => one.key - other.key);
      for (const { planned } of shuffled) {
        this.apply(planned.change);
        undo.unshift(planned.undo);
      }
    }
    return undo;
  }

  apply(change: ChangeRecord): void {
    switch (change.kind) {
      case 'add':
        return this.#add(change.dn, change.attributes);
      case 'delete':
        return this.#delete(change.dn);
      case 'modify':
        return this.#modify(change.dn, change.changes);
      case 'rename':
        return this.#rename(change);
    }
  }

  #add(dn: string, attributes: readonly { readonly name: string; readonly values: readonly Uint8Array[] }[]): void {
    const name = normalDn(dn);
    if (this.entries.has(name)) throw new Error(`entryAlreadyExists: ${dn}`);
    const parent = parentDn(name) ?? '';
    if (parent !== '' && parseDn(dn).length > 1 && !this.entries.has(parent)) throw new Error(`noSuchObject: the parent of ${dn}`);
    const pairs = attributes.flatMap((one) => one.values.map((value) => [one.name, Buffer.from(value).toString('latin1')] as const));
    this.entries.set(name, { dn, names: pairs.map(([one]) => one), values: pairs.map(([, value]) => value) });
  }

  #delete(dn: string): void {
    const name = normalDn(dn);
    if (!this.entries.has(name)) throw new Error(`noSuchObject: ${dn}`);
    if ([...this.entries.keys()].some((other) => other !== name && isAtOrBelow(other, name))) throw new Error(`notAllowedOnNonLeaf: ${dn}`);
    this.entries.delete(name);
  }

  #modify(dn: string, changes: readonly Modification[]): void {
    const entry = this.find(dn);
    if (entry === undefined) throw new Error(`noSuchObject: ${dn}`);
    const pairs = entry.names.map((name, index) => ({ name, value: entry.values[index] ?? '' }));
    for (const change of changes) changePairs(pairs, change, dn);
    for (const { type, value } of parseDn(entry.dn)[0]?.parts ?? []) {
      if (!pairs.some((pair) => standardSchema.comparableName(pair.name) === type && areEqual(type, pair.value, value)))
        throw new Error(`notAllowedOnRDN: ${dn}`);
    }
    this.entries.set(normalDn(dn), { dn: entry.dn, names: pairs.map((pair) => pair.name), values: pairs.map((pair) => pair.value) });
  }

  #rename({ dn, newRdn, isOldRdnDeleted, newParent }: ChangeRecord & { readonly kind: 'rename' }): void {
    const name = normalDn(dn);
    const entry = this.entries.get(name);
    if (entry === undefined) throw new Error(`noSuchObject: ${dn}`);
    const parent = newParent ?? parentDn(entry.dn) ?? '';
    if (parent !== '' && !this.entries.has(normalDn(parent))) throw new Error(`noSuchObject: the new parent ${parent}`);
    const target = `${newRdn}${parent === '' ? '' : ','}${parent}`;
    if (normalDn(target) !== name && this.entries.has(normalDn(target))) throw new Error(`entryAlreadyExists: ${target}`);
    if (isAtOrBelow(normalDn(parent), name)) throw new Error(`unwillingToPerform: ${dn} below itself`);
    for (const [other, below] of this.copy().entries) {
      if (other === name || !isAtOrBelow(other, name)) continue;
      this.entries.delete(other);
      const steps = parseDn(below.dn).map((rdn) => rdn.text);
      const moved = [...steps.slice(0, steps.length - parseDn(dn).length), target].join(',');
      this.entries.set(normalDn(moved), { ...below, dn: moved });
    }
    this.entries.delete(name);
    this.entries.set(normalDn(target), withNames({ ...entry, dn: target }, entry.dn, isOldRdnDeleted));
  }
}

function changePairs(pairs: { readonly name: string; readonly value: string }[], { op, name, values }: Modification, dn: string): void {
  const key = standardSchema.comparableName(name);
  const given = values.map((value) => Buffer.from(value).toString('latin1'));
  const isOf = (pair: { readonly name: string }): boolean => standardSchema.comparableName(pair.name) === key;
  const isIn = (value: string) => pairs.findIndex((pair) => isOf(pair) && areEqual(name, pair.value, value));
  if (op === 'replace' || (op === 'delete' && given.length === 0)) pairs.splice(0, pairs.length, ...pairs.filter((pair) => !isOf(pair)));
  for (const value of given) {
    const at = isIn(value);
    if (op === 'delete' && at < 0) throw new Error(`noSuchAttribute: ${name} ${value} of ${dn}`);
    if (op !== 'delete' && at >= 0) throw new Error(`attributeOrValueExists: ${name} ${value} of ${dn}`);
    if (op === 'delete') pairs.splice(at, 1);
    else pairs.push({ name, value });
  }
}

function withNames(entry: LdifEntry, oldDn: string, isOldRdnDeleted: boolean): LdifEntry {
  const pairs = entry.names.map((name, index) => ({ name, value: entry.values[index] ?? '' }));
  const isNamed = (dn: string, pair: { readonly name: string; readonly value: string }): boolean =>
    (parseDn(dn)[0]?.parts ?? []).some(
      ({ type, value }) => standardSchema.comparableName(pair.name) === type && areEqual(type, pair.value, value),
    );
  const kept = pairs.filter((pair) => !isOldRdnDeleted || !isNamed(oldDn, pair) || isNamed(entry.dn, pair));
  for (const { type, value } of parseDn(entry.dn)[0]?.parts ?? []) {
    if (!kept.some((pair) => standardSchema.comparableName(pair.name) === type && areEqual(type, pair.value, value)))
      kept.push({ name: type, value });
  }
  return { dn: entry.dn, names: kept.map((pair) => pair.name), values: kept.map((pair) => pair.value) };
}

function areEqual(name: string, one: string, other: string): boolean {
  const rule = standardSchema.equality(name);
  return one === other || (rule !== undefined && rule.normal(one) === rule.normal(other));
}

function isFound(pair: readonly [string, LdifEntry | undefined]): pair is readonly [string, LdifEntry] {
  return pair[1] !== undefined;
}

/** What became of each entry from the one state to the other, followed by its `entryUUID`. */
export function* differencesBetween(before: ModelDirectory, after: ModelDirectory): Generator<EntryDifference> {
  for (const entry of before.entries.values()) {
    const other = after.findUuid(uuidOf(entry) ?? '');
    if (other === undefined) yield { kind: 'removed', before: entry };
    else if (normalDn(other.dn) !== normalDn(entry.dn)) yield { kind: 'renamed', before: entry, after: other };
    else if (changesBetween(entry, other, standardSchema).length > 0) yield { kind: 'changed', before: entry, after: other };
  }
  for (const entry of after.entries.values()) if (before.findUuid(uuidOf(entry) ?? '') === undefined) yield { kind: 'added', after: entry };
}
