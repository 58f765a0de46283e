import assert from 'node:assert/strict';
import type { ChangeRecord } from '../../src/domain/change-record.ts';
import { parseDn } from '../../src/domain/dn.ts';
import { stateOf } from '../../src/domain/entry-after.ts';
import { EntryTotals, entryDigest } from '../../src/domain/entry-digest.ts';
import { inverseOf } from '../../src/domain/inverse-change.ts';
import { attributesOf } from '../../src/domain/read-ldif.ts';
import type { DirectoryServer } from '../../src/directory-servers/directory-server.ts';
import type { ChangeOutcome } from '../../src/directory-servers/entry-changes.ts';
import type { PlannedChange } from '../../src/entries/plan/planned-change.ts';

/** Below which the people of the tests' server are. */
export const people = 'ou=People,dc=example,dc=com';
export const storedPassword = '{SSHA}gZ+TVVtSMsy7ci/BiA5jzkIa1n0N1tskA5oh0Q==';

/** Makes one change and gives its outcome. */
export async function applyOne(server: DirectoryServer, change: ChangeRecord): Promise<ChangeOutcome> {
  let told: ChangeOutcome | undefined;
  await server.applyChanges([[change]], { onOutcome: (outcome) => (told = outcome) });
  assert.ok(told !== undefined);
  return told;
}

/** The changes with what takes them back, by what is there when each is planned. */
export async function planned(server: DirectoryServer, changes: readonly (readonly ChangeRecord[])[]): Promise<PlannedChange[][]> {
  const schema = await server.readSchema();
  const waves: PlannedChange[][] = [];
  for (const wave of changes) {
    const plannedWave: PlannedChange[] = [];
    for (const change of wave) {
      const entry = await server.readEntry(change.dn);
      const undo = inverseOf(change, entry === undefined ? { dn: change.dn, values: new Map() } : stateOf(entry, schema), schema);
      assert.ok(undo !== undefined);
      plannedWave.push({ change, undo, reason: 'the test wants it' });
    }
    waves.push(plannedWave);
  }
  return waves;
}

/** The digest over all entries, but for who changed each last, and when. */
export async function totals(server: DirectoryServer): Promise<string> {
  const sum = new EntryTotals();
  for await (const page of server.readEntries('dc=example,dc=com')) {
    for (const { dn, names, values } of page) {
      const isKept = names.map((name) => !/^(modifyTimestamp|modifiersName)$/i.test(name));
      sum.add(entryDigest({ dn, names: names.filter((_, index) => isKept[index]), values: values.filter((_, index) => isKept[index]) }));
    }
  }
  return sum.digest;
}

/** The values of an entry as text, by attribute in lower case. */
export async function valuesAt(server: DirectoryServer, dn: string): Promise<ReadonlyMap<string, readonly string[]> | undefined> {
  const entry = await server.readEntry(dn);
  if (entry === undefined) return undefined;
  return new Map([...attributesOf(entry)].map(([name, values]) => [name, values.map((value) => Buffer.from(value).toString('utf8'))]));
}

type Values = Readonly<Record<string, string | readonly string[]>>;

export function add(dn: string, values: Values): Extract<ChangeRecord, { kind: 'add' }> {
  const attributes = Object.entries(values).map(([name, value]) => ({ name, values: [value].flat().map((text) => Buffer.from(text)) }));
  return { kind: 'add', dn, attributes: attributes.filter((attribute) => attribute.values.length > 0) };
}

export function person(uid: string, values: Values = {}): Extract<ChangeRecord, { kind: 'add' }> {
  const objectClass = ['top', 'person', 'organizationalPerson', 'inetOrgPerson'];
  return add(`uid=${uid},${people}`, { objectClass, uid, cn: uid, sn: uid, ...values });
}

/** With the values of its own RDN. */
export function namedByItsDn(change: Extract<ChangeRecord, { kind: 'add' }>): ChangeRecord {
  const parts = parseDn(change.dn)[0]?.parts ?? [];
  const named = parts.map(({ type, value }) => ({ name: type, values: [Buffer.from(value, 'latin1')] }));
  return { ...change, attributes: [...change.attributes, ...named] };
}

export function withPhoto(change: Extract<ChangeRecord, { kind: 'add' }>, photo: Buffer): ChangeRecord {
  return { ...change, attributes: [...change.attributes, { name: 'jpegPhoto', values: [photo] }] };
}

export function modify(dn: string, op: 'add' | 'delete' | 'replace', name: string, ...values: readonly string[]): ChangeRecord {
  return { kind: 'modify', dn, changes: [{ op, name, values: values.map((value) => Buffer.from(value)) }] };
}
