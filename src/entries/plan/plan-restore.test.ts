import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allKept, exampleEntry as entry, personEntry as person, unitEntry as unit } from '../../../test/harness/example-entries.ts';
import { ModelDirectory } from '../../../test/harness/model-directory.ts';
import { encodeChange } from '../../domain/change-record.ts';
import { bytesOf } from '../../domain/byte-text.ts';
import { isAtOrBelow, normalDn } from '../../domain/dn.ts';
import type { LdifEntry } from '../../domain/read-ldif.ts';
import { Schema } from '../../domain/schema/schema.ts';
import { standardSchema } from '../../domain/schema/standard-schema.ts';
import type { ChangeAbilities } from '../../directory-servers/entry-changes.ts';
import type { EntryPlan } from './entry-plan.ts';
import { planRestore, type RestoreRequest } from './plan-restore.ts';

const base = 'dc=x';
const people = `ou=People,${base}`;

function archived(): ModelDirectory {
  return new ModelDirectory([
    entry(base, { objectClass: 'domain', dc: 'x', entryUUID: 'id-x' }),
    unit('People', base),
    unit('Deep', people),
    unit('Groups', base),
    person('a', people, { mail: ['a@x', 'a2@x'], 'description;lang-de': 'Lučić', jpegPhoto: ['\xff\xd8', '2'], userPassword: '{S}one' }),
    person('b', people, { manager: `uid=a,${people}` }),
    person('c', `ou=Deep,${people}`),
    entry(`cn=Smith\\, J+uid=m,${people}`, { objectClass: 'person', cn: 'Smith, J', uid: 'm', entryUUID: 'id-m' }),
    entry(`cn=g,ou=Groups,${base}`, {
      objectClass: 'groupOfNames',
      cn: 'g',
      entryUUID: 'id-g',
      member: [`uid=a,${people}`, `uid=b,${people}`, `uid=c,ou=Deep,${people}`],
    }),
  ]);
}

type Options = Partial<
  Pick<RestoreRequest, 'abilities' | 'attributes' | 'without' | 'schema' | 'subtrees' | 'isDeletingAdded' | 'named'>
> & {
  readonly hasReferences?: boolean;
};

async function plan(
  then: ModelDirectory,
  now: ModelDirectory,
  dns: readonly string[],
  { hasReferences = true, ...options }: Options = {},
): Promise<EntryPlan> {
  const isAsked = ([name]: readonly [string, LdifEntry]): boolean =>
    dns.some((dn) => normalDn(dn) === name) || (options.subtrees ?? []).some((dn) => isAtOrBelow(name, normalDn(dn)));
  const asked = [...then.entries].filter(isAsked).map(([, one]) => one);
  async function* batches() {
    for (let at = 0; at < asked.length; at += 2) yield await Promise.resolve(asked.slice(at, at + 2));
  }
  const referrers = hasReferences ? () => then.all() : undefined;
  return planRestore({
    asked: batches(),
    past: then.past,
    now: now.now,
    schema: standardSchema,
    abilities: allKept,
    named: dns,
    referrers,
    ...options,
  });
}

/** Makes the plan, carries it out, and undoes it again: what comes of it, and that the undo gives the state before. */
async function restored(then: ModelDirectory, now: ModelDirectory, dns: readonly string[], options: Options = {}) {
  const before = now.state();
  const planned = await plan(then, now, dns, options);
  const after = now.copy();
  const undo = after.applyPlan(planned);
  const undone = after.copy();
  for (const change of undo) undone.apply(change);
  assert.deepEqual(undone.state(), before, 'the undo gives the state before');
  return { planned, after };
}

const text = ({ waves }: EntryPlan): string => waves.map((wave) => wave.map(({ change }) => encodeChange(change)).join('')).join('');
const reasons = ({ waves }: EntryPlan): string[][] =>
  waves.map((wave) => wave.map(({ reason, change }) => `${change.kind} ${change.dn}: ${reason}`));

/** Deletes a person, and where she is a member. */
function deleteMember(now: ModelDirectory): void {
  now.entries.delete(`uid=a,${normalDn(people)}`);
  now.apply({
    kind: 'modify',
    dn: `cn=g,ou=Groups,${base}`,
    changes: [{ op: 'delete', name: 'member', values: [Buffer.from(`uid=a,${people}`)] }],
  });
}

test('planRestore() adds a deleted entry with all it had, and gives it back to its groups and to whom it manages', async () => {
  const [then, now] = [archived(), archived()];
  deleteMember(now);
  now.apply({ kind: 'modify', dn: `uid=b,${people}`, changes: [{ op: 'replace', name: 'manager', values: [] }] });
  const { planned, after } = await restored(then, now, [`uid=a,${people}`]);
  assert.deepEqual(after.state(), then.state());
  assert.deepEqual(reasons(planned), [
    [`add uid=a,${people}: deleted since`],
    [`modify uid=b,${people}: names what is put back: manager`, `modify cn=g,ou=Groups,${base}: names what is put back: member`],
  ]);
});

test('planRestore() leaves references alone where that is asked for', async () => {
  const [then, now] = [archived(), archived()];
  deleteMember(now);
  const { planned } = await restored(then, now, [`uid=a,${people}`], { hasReferences: false });
  assert.deepEqual(reasons(planned), [[`add uid=a,${people}: deleted since`]]);
});

test('planRestore() gives back the memberships of an entry that is as it was when it is named, and not of others in a subtree', async () => {
  const [then, now] = [archived(), archived()];
  now.apply({
    kind: 'modify',
    dn: `cn=g,ou=Groups,${base}`,
    changes: [{ op: 'delete', name: 'member', values: [Buffer.from(`uid=a,${people}`)] }],
  });
  const { after } = await restored(then, now, [`uid=a,${people}`]);
  assert.deepEqual(after.state(), then.state());
  assert.deepEqual((await plan(then, now, [], { subtrees: [people] })).waves, []);
});

test('planRestore() tells a manager that is another one now, and leaves it', async () => {
  const [then, now] = [archived(), archived()];
  now.entries.delete(`uid=a,${normalDn(people)}`);
  now.apply({
    kind: 'modify',
    dn: `uid=b,${people}`,
    changes: [{ op: 'replace', name: 'manager', values: [Buffer.from(`uid=c,ou=Deep,${people}`)] }],
  });
  const { planned } = await restored(then, now, [`uid=a,${people}`]);
  assert.deepEqual(planned.conflicts, [
    { dn: `uid=b,${people}`, attribute: 'manager', because: 'it named what is put back, and names another entry now', isForced: false },
  ]);
});

test('planRestore() adds the parents that are missing, from the top', async () => {
  const [then, now] = [archived(), archived()];
  for (const name of now.entries.keys()) if (name.endsWith('ou=people,dc=x')) now.entries.delete(name);
  const { planned, after } = await restored(then, now, [`uid=c,ou=Deep,${people}`]);
  assert.deepEqual(reasons(planned), [
    [`add ${people}: missing above what is put back`],
    [`add ou=Deep,${people}: missing above what is put back`],
    [`add uid=c,ou=Deep,${people}: deleted since`],
  ]);
  assert.equal(after.entries.size, now.entries.size + 3);
});

test('planRestore() adds a whole suffix', async () => {
  const then = archived();
  const { after } = await restored(then, new ModelDirectory([]), [], { subtrees: [base] });
  assert.deepEqual(after.state(), then.state());
});

test('planRestore() changes single values where the attribute has an equality rule, and replaces others', async () => {
  const [then, now] = [archived(), archived()];
  const bytes = (value: string): Uint8Array => Buffer.from(value, 'latin1');
  now.apply({
    kind: 'modify',
    dn: `uid=a,${people}`,
    changes: [
      { op: 'delete', name: 'mail', values: [bytes('a2@x')] },
      { op: 'add', name: 'mail', values: [bytes('new@x')] },
      { op: 'add', name: 'title', values: [bytes('Dr')] },
      { op: 'replace', name: 'jpegPhoto', values: [Buffer.from('ÿØ'), bytes('3')] },
      { op: 'replace', name: 'userPassword', values: [bytes('{S}two')] },
      { op: 'replace', name: 'modifyTimestamp', values: [bytes('20260202000000Z')] },
    ],
  });
  const { planned, after } = await restored(then, now, [`uid=a,${people}`]);
  assert.deepEqual(after.state(), then.state());
  const [change] = planned.waves.flat();
  assert.ok(change !== undefined);
  assert.equal(
    encodeChange(change.change, { areSecretsShown: true }),
    `dn: uid=a,${people}\nchangetype: modify\ndelete: mail\nmail: new@x\n-\nadd: mail\nmail: a2@x\n-\ndelete: title\ntitle: Dr\n-\nreplace: jpegPhoto\njpegPhoto:: w7/DmA==\njpegPhoto: 2\n-\n` +
      'replace: userPassword\nuserPassword: {S}one\n-\ndelete: modifyTimestamp\nmodifyTimestamp: 20260202000000Z\n-\nadd: modifyTimestamp\nmodifyTimestamp: 20260101000000Z\n-\n\n',
  );
});

test('planRestore() finds nothing to do where only the stamps of changes differ', async () => {
  const [then, now] = [archived(), archived()];
  now.apply({
    kind: 'modify',
    dn: `uid=a,${people}`,
    changes: [{ op: 'replace', name: 'modifyTimestamp', values: [Buffer.from('20260202000000Z')] }],
  });
  const { planned } = await restored(then, now, [`uid=a,${people}`, `uid=b,${people}`]);
  assert.deepEqual([planned.waves, planned.unchanged], [[], 2]);
});

test('planRestore() tells what the server does not take, with the reason', async () => {
  const [then, now] = [archived(), archived()];
  now.entries.delete(`uid=a,${normalDn(people)}`);
  now.apply({ kind: 'modify', dn: `uid=b,${people}`, changes: [{ op: 'add', name: 'userPassword', values: [Buffer.from('{S}x')] }] });
  const not = (because: string) => ({ isKept: false, because }) as const;
  const abilities: ChangeAbilities = {
    serverAttributes: { add: not('no control for it'), modify: not('no control for it') },
    storedPasswords: { add: not('stored passwords are refused'), modify: not('stored passwords are refused') },
    maxRequestBytes: undefined,
  };
  const { planned } = await restored(then, now, [`uid=a,${people}`], { abilities, hasReferences: false });
  assert.deepEqual(
    planned.notPreserved.map(({ attribute, because, changes, dns }) => [attribute, because, changes, dns]),
    [
      ['entryUUID', 'no control for it', 1, [`uid=a,${people}`]],
      ['modifyTimestamp', 'no control for it', 1, [`uid=a,${people}`]],
      ['userPassword', 'stored passwords are refused', 1, [`uid=a,${people}`]],
    ],
  );
  assert.doesNotMatch(text(planned), /entryUUID|modifyTimestamp|userPassword/);
});

test('planRestore() gives a renamed entry its name back, with values and what is below it', async () => {
  const [then, now] = [archived(), archived()];
  now.apply({ kind: 'rename', dn: `ou=Deep,${people}`, newRdn: 'ou=Shallow', isOldRdnDeleted: true, newParent: base });
  now.apply({ kind: 'add', dn: `uid=new,ou=Shallow,${base}`, attributes: [{ name: 'uid', values: [Buffer.from('new')] }] });
  const { planned, after } = await restored(then, now, [`ou=Deep,${people}`]);
  assert.deepEqual(reasons(planned), [[`rename ou=Shallow,${base}: renamed since`]]);
  assert.ok(after.find(`uid=new,ou=Deep,${people}`) !== undefined && after.find(`uid=c,ou=Deep,${people}`) !== undefined);
});

test('planRestore() renames nothing twice when a renamed entry is put back with all below it', async () => {
  const [then, now] = [archived(), archived()];
  now.apply({ kind: 'rename', dn: people, newRdn: 'ou=Staff', isOldRdnDeleted: true });
  now.apply({ kind: 'rename', dn: `uid=b,ou=Staff,${base}`, newRdn: 'uid=bb', isOldRdnDeleted: false });
  now.apply({ kind: 'rename', dn: `uid=c,ou=Deep,ou=Staff,${base}`, newRdn: 'uid=c', isOldRdnDeleted: false, newParent: base });
  const { planned, after } = await restored(then, now, [], { subtrees: [people] });
  assert.deepEqual(reasons(planned).slice(0, 2), [
    [`rename ou=Staff,${base}: renamed since`],
    [`rename uid=bb,${people}: renamed since`, `rename uid=c,${base}: moved since`],
  ]);
  assert.deepEqual(after.state(), then.state());
});

test('planRestore() puts an entry below its parent where that has another name now', async () => {
  const [then, now] = [archived(), archived()];
  deleteMember(now);
  now.apply({ kind: 'rename', dn: people, newRdn: 'ou=Staff', isOldRdnDeleted: true });
  const { planned, after } = await restored(then, now, [`uid=a,${people}`, `uid=b,${people}`]);
  assert.ok(after.find(`uid=a,ou=Staff,${base}`) !== undefined);
  assert.ok(!planned.waves.flat().some(({ change }) => change.kind === 'rename'));
  assert.deepEqual(planned.notes, [`"${people}" is called "ou=Staff,${base}" now: what was below it is put there`]);
  assert.match(text(planned), new RegExp(`add: member\nmember: uid=a,ou=Staff,${base}`));
});

test('planRestore() takes an entry that was made anew under the same name, and says so', async () => {
  const [then, now] = [archived(), archived()];
  now.entries.set(normalDn(`uid=b,${people}`), person('b', people, { entryUUID: 'id-other', sn: 'other' }));
  const { planned, after } = await restored(then, now, [`uid=b,${people}`]);
  assert.deepEqual(after.state(), then.state());
  assert.deepEqual(planned.notes, [`"uid=b,${people}" was deleted and made anew since: the new entry gets the values of the old one`]);
});

test('planRestore() tells when another entry has the name, and does nothing to either', async () => {
  const [then, now] = [archived(), archived()];
  now.apply({ kind: 'rename', dn: `uid=b,${people}`, newRdn: 'uid=bb', isOldRdnDeleted: true });
  now.entries.set(normalDn(`uid=b,${people}`), person('b', people, { entryUUID: 'id-other' }));
  const { planned } = await restored(then, now, [`uid=b,${people}`], { hasReferences: false });
  assert.deepEqual(planned.waves, []);
  assert.deepEqual(planned.conflicts, [{ dn: `uid=bb,${people}`, because: 'another entry has its name now', isForced: false }]);
});

test('planRestore() frees names in order, and tells when two have each the name of the other', async () => {
  const [then, chain] = [archived(), archived()];
  chain.apply({ kind: 'rename', dn: `uid=b,${people}`, newRdn: 'uid=z', isOldRdnDeleted: true });
  chain.apply({ kind: 'rename', dn: `uid=a,${people}`, newRdn: 'uid=b', isOldRdnDeleted: true });
  const { after } = await restored(then, chain, [], { subtrees: [people] });
  assert.deepEqual(after.state(), then.state());
  const swap = archived();
  swap.apply({ kind: 'rename', dn: `uid=b,${people}`, newRdn: 'uid=z', isOldRdnDeleted: true });
  swap.apply({ kind: 'rename', dn: `uid=a,${people}`, newRdn: 'uid=b', isOldRdnDeleted: true });
  swap.apply({ kind: 'rename', dn: `uid=z,${people}`, newRdn: 'uid=a', isOldRdnDeleted: true });
  const { planned } = await restored(then, swap, [], { subtrees: [people] });
  assert.deepEqual(planned.waves, []);
  assert.equal(planned.conflicts.length, 2);
});

test('planRestore() puts back named attributes alone, with all their options, where the entry is now', async () => {
  const [then, now] = [archived(), archived()];
  const bytes = (value: string): Uint8Array => Buffer.from(value);
  now.apply({
    kind: 'modify',
    dn: `uid=a,${people}`,
    changes: [
      { op: 'replace', name: 'mail', values: [bytes('x')] },
      { op: 'replace', name: 'description;lang-de', values: [] },
      { op: 'add', name: 'description', values: [bytes('y')] },
    ],
  });
  now.apply({ kind: 'rename', dn: `uid=a,${people}`, newRdn: 'uid=aa', isOldRdnDeleted: true });
  const { planned, after } = await restored(then, now, [`uid=a,${people}`], { attributes: ['description'] });
  assert.equal(planned.waves.flat().length, 1);
  const there = after.find(`uid=aa,${people}`);
  assert.deepEqual(
    there?.values.filter((_, index) => /^(mail|description)/.test(there.names[index] ?? '')),
    ['x', bytesOf('Lučić')],
  );
});

test('planRestore() does not add a deleted entry for some of its attributes', async () => {
  const [then, now] = [archived(), archived()];
  now.entries.delete(`uid=a,${normalDn(people)}`);
  const { planned } = await restored(then, now, [`uid=a,${people}`], { attributes: ['mail'] });
  assert.deepEqual(planned.conflicts, [
    { dn: `uid=a,${people}`, because: 'it is not there any more: it can only be put back whole', isForced: false },
  ]);
});

test('planRestore() leaves what was added to a subtree, tells it, and deletes it where that is asked for', async () => {
  const [then, now] = [archived(), archived()];
  for (const added of [unit('New', people), person('n', `ou=New,${people}`)]) now.entries.set(normalDn(added.dn), added);
  const told = await restored(then, now, [], { subtrees: [people] });
  assert.deepEqual([told.planned.waves, told.planned.addedSince], [[], { count: 2, dns: [`ou=New,${people}`, `uid=n,ou=New,${people}`] }]);
  const { planned, after } = await restored(then, now, [], { subtrees: [people], isDeletingAdded: true });
  assert.deepEqual(after.state(), then.state());
  assert.deepEqual(reasons(planned), [[`delete uid=n,ou=New,${people}: added since`], [`delete ou=New,${people}: added since`]]);
});

test('planRestore() deletes nothing above an entry that was moved there', async () => {
  const [then, now] = [archived(), archived()];
  now.apply({ kind: 'add', dn: `ou=New,${people}`, attributes: [{ name: 'ou', values: [Buffer.from('New')] }] });
  now.apply({ kind: 'rename', dn: `cn=g,ou=Groups,${base}`, newRdn: 'cn=g', isOldRdnDeleted: true, newParent: `ou=New,${people}` });
  const { planned } = await restored(then, now, [], { subtrees: [people], isDeletingAdded: true });
  assert.deepEqual(planned.waves, []);
  assert.equal(planned.conflicts[0]?.because, 'it was added since, and has entries below it that were elsewhere then');
});

test('planRestore() cuts a group that is larger than a request, and the undo takes all of it away', async () => {
  const then = archived();
  const member = Array.from({ length: 3000 }, (_, number) => `uid=user.${number},${people}`);
  const large = entry(`cn=large,ou=Groups,${base}`, {
    objectClass: 'groupOfNames',
    cn: 'large',
    entryUUID: 'id-large',
    member,
    jpegPhoto: ['a'.repeat(9000), 'b'.repeat(9000)],
  });
  then.entries.set(normalDn(large.dn), large);
  const now = then.copy();
  now.entries.delete(normalDn(large.dn));
  const abilities = { ...allKept, maxRequestBytes: 24_000 };
  const sizes = (planned: EntryPlan) => planned.waves.flat().map(({ change }) => encodeChange(change).length);
  const added = await restored(then, now, [large.dn], { abilities });
  assert.deepEqual(added.after.state(), then.state());
  assert.ok(added.planned.waves.length > 5 && Math.max(...sizes(added.planned)) < 24_000);

  const emptied = then.copy();
  emptied.apply({
    kind: 'modify',
    dn: large.dn,
    changes: [
      { op: 'replace', name: 'member', values: [Buffer.from('uid=x')] },
      { op: 'replace', name: 'jpegPhoto', values: [Buffer.from('c')] },
    ],
  });
  const filled = await restored(then, emptied, [large.dn], { abilities });
  assert.deepEqual(filled.after.state(), then.state());
  assert.ok(filled.planned.waves.length > 5 && Math.max(...sizes(filled.planned)) < 24_000);
});

test('planRestore() tells what the schema of the server has no more, and leaves it out where that is asked for', async () => {
  const then = archived();
  const old = person('old', people, { 'x-old': 'value', objectClass: ['top', 'x-oldPerson'] });
  then.entries.set(normalDn(old.dn), old);
  const now = archived();
  const schema = new Schema(
    ["( 1.1 NAME 'uid' )", "( 1.2 NAME 'sn' )", "( 1.3 NAME 'objectClass' )", "( 1.4 NAME 'entryUUID' )", "( 1.5 NAME 'modifyTimestamp' )"],
    ["( 2.1 NAME 'top' )"],
  );
  const { notes } = await plan(then, now, [old.dn], { schema });
  const refused = 'so it will refuse the entries that have it (1): add it to the schema';
  assert.deepEqual(notes, [
    `the server's schema does not know the class "x-oldPerson", ${refused}`,
    `the server's schema does not know the attribute "x-old", ${refused}, or leave it out with --without`,
  ]);
  const planned = await plan(then, now, [old.dn], { without: ['x-old'] });
  assert.doesNotMatch(text(planned), /x-old:/);
  assert.deepEqual(
    planned.notPreserved.map(({ attribute, because }) => [attribute, because]),
    [['x-old', 'it is to be left out']],
  );
});
