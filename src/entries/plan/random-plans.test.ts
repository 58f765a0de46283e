import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allKept, exampleEntry, personEntry, unitEntry } from '../../../test/harness/example-entries.ts';
import { differencesBetween, ModelDirectory } from '../../../test/harness/model-directory.ts';
import type { Modification } from '../../domain/change-record.ts';
import { depthOf, isAtOrBelow, normalDn, parentDn } from '../../domain/dn.ts';
import type { LdifEntry } from '../../domain/read-ldif.ts';
import { standardSchema } from '../../domain/schema/standard-schema.ts';
import type { EntryPlan } from './entry-plan.ts';
import { ownStep } from './moved-names.ts';
import { planRestore } from './plan-restore.ts';
import { planRevert } from './plan-revert.ts';

const base = 'dc=x';
const runs = 400;

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function pick<One>(list: readonly One[], random: () => number): One {
  const one = list[Math.floor(random() * list.length)];
  if (one === undefined) throw new Error('nothing to pick from');
  return one;
}

function someDirectory(random: () => number): ModelDirectory {
  const directory = new ModelDirectory([exampleEntry(base, { objectClass: 'domain', dc: 'x', entryUUID: 'id-x' })]);
  for (let number = 0; number < 14; number += 1) addSomething(directory, `${number}`, random);
  return directory;
}

function addSomething(directory: ModelDirectory, name: string, random: () => number): void {
  const parents = [...directory.entries.values()].filter(({ dn }) => !dn.startsWith('uid=') && depthOf(dn) < 5);
  const parent = pick(parents, random).dn;
  const entry =
    random() < 0.45
      ? unitEntry(`U, ${name}`.replace(',', '\\,'), parent)
      : personEntry(name, parent, { mail: [`${name}@x`, `${name}2@x`], title: pick(['Dr', 'Prof'], random), userPassword: `{S}${name}` });
  const fixed = { ...entry, values: entry.values.map((value) => value.replace('\\,', ',')) };
  directory.entries.set(normalDn(entry.dn), fixed);
}

/** What people and scripts do: some of it is refused, and then nothing happens. */
function changeSomething(directory: ModelDirectory, name: string, random: () => number): void {
  const others = [...directory.entries.values()].filter(({ dn }) => dn !== base);
  if (others.length === 0) return addSomething(directory, `new ${name}`, random);
  const entry = pick(others, random);
  const turns: readonly (readonly [number, () => void])[] = [
    [0.2, () => directory.apply({ kind: 'delete', dn: entry.dn })],
    [0.3, () => below(directory, entry).forEach(({ dn }) => directory.apply({ kind: 'delete', dn }))],
    [0.45, () => addSomething(directory, `new ${name}`, random)],
    [0.6, () => modifySomething(directory, entry.dn, ['replace', 'title', `T${name}`], ['add', 'mail', `${name}@y`])],
    [0.7, () => modifySomething(directory, entry.dn, ['delete', 'mail'], ['replace', 'userPassword', '{S}x'])],
    [1, () => renameSomething(directory, entry.dn, name, random)],
  ];
  const kind = random();
  try {
    turns.find(([limit]) => kind < limit)?.[1]();
  } catch (error) {
    assert.match(
      String(error),
      /noSuchObject|entryAlreadyExists|notAllowedOnNonLeaf|unwillingToPerform|noSuchAttribute|attributeOrValueExists|notAllowedOnRDN/,
    );
  }
}

function modifySomething(
  directory: ModelDirectory,
  dn: string,
  ...changes: readonly (readonly [Modification['op'], string, ...string[]])[]
): void {
  directory.apply({
    kind: 'modify',
    dn,
    changes: changes.map(([op, name, ...values]) => ({ op, name, values: values.map((value) => Buffer.from(value)) })),
  });
}

/** To a name of its own, or to that of another entry; below its parent, or another one. */
function renameSomething(directory: ModelDirectory, dn: string, name: string, random: () => number): void {
  const dns = [...directory.entries.values()].map((other) => other.dn);
  const type = dn.startsWith('uid=') ? 'uid' : 'ou';
  const newRdn = random() < 0.7 ? `${type}=R${name}` : ownStep(pick(dns, random));
  const newParent = random() < 0.5 ? pick(dns, random) : undefined;
  if (newParent?.startsWith('uid=') === true) return;
  directory.apply({ kind: 'rename', dn, newRdn, isOldRdnDeleted: random() < 0.7, ...(newParent === undefined ? {} : { newParent }) });
}

function below(directory: ModelDirectory, { dn }: LdifEntry): readonly LdifEntry[] {
  const inside = [...directory.entries].filter(([name]) => isAtOrBelow(name, normalDn(dn))).map(([, entry]) => entry);
  return inside.toSorted((one, other) => depthOf(other.dn) - depthOf(one.dn));
}

function changedALittle(from: ModelDirectory, name: string, random: () => number): ModelDirectory {
  const copy = from.copy();
  for (let turn = 0; turn < 1 + random() * 8; turn += 1) changeSomething(copy, `${name}${turn}`, random);
  for (const [key, { dn }] of copy.entries) assert.ok(dn === base || copy.entries.has(normalDn(parentDn(dn) ?? '')), key);
  return copy;
}

/** Carried out in whatever order the waves allow: what comes of it. The undo must give the state before. */
function carriedOut(plan: EntryPlan, now: ModelDirectory, random: () => number): ModelDirectory {
  const result = now.copy();
  const undo = result.applyPlan(plan, random);
  const undone = result.copy();
  for (const change of undo) undone.apply(change);
  assert.deepEqual(undone.state(), now.state(), 'the undo gives the state before');
  return result;
}

async function* oneBatch<One>(items: Iterable<One>): AsyncGenerator<One> {
  yield* await Promise.resolve(items);
}

test(`planRestore() of everything gives exactly what was there, and its undo what there was before, in ${runs} random cases`, async () => {
  let whole = 0;
  for (let seed = 1; seed <= runs; seed += 1) {
    const random = randomOf(seed);
    const then = someDirectory(random);
    const now = changedALittle(then, 'c', random);
    const request = { past: then.past, now: now.now, schema: standardSchema, abilities: allKept, subtrees: [base], isDeletingAdded: true };
    const plan = await planRestore({ ...request, asked: oneBatch([[...then.entries.values()]]), referrers: () => then.all() });
    const result = carriedOut(plan, now, random);
    if (plan.conflicts.length > 0) continue;
    whole += 1;
    assert.deepEqual(result.state(), then.state(), `seed ${seed}`);
  }
  assert.ok(whole > runs * 0.9, `only ${whole} without a conflict`);
});

test(`planRevert() right after a window undoes all of it, and its undo is exact, in ${runs} random cases`, async () => {
  let whole = 0;
  for (let seed = 1; seed <= runs; seed += 1) {
    const random = randomOf(seed + 10_000);
    const before = someDirectory(random);
    const after = changedALittle(before, 'c', random);
    const request = { past: before.past, now: after.now, schema: standardSchema, abilities: allKept, isForced: false };
    const plan = await planRevert({ ...request, differences: oneBatch(differencesBetween(before, after)) });
    const result = carriedOut(plan, after, random);
    if (plan.conflicts.length > 0) continue;
    whole += 1;
    assert.deepEqual(result.state(), before.state(), `seed ${seed}`);
  }
  assert.ok(whole > runs * 0.9, `only ${whole} without a conflict`);
});

test(`planRevert() and planRestore() can be carried out and undone whatever came later, in ${runs} random cases`, async () => {
  for (let seed = 1; seed <= runs; seed += 1) {
    const random = randomOf(seed + 20_000);
    const before = someDirectory(random);
    const after = changedALittle(before, 'c', random);
    const now = changedALittle(after, 'd', random);
    const isForced = random() < 0.5;
    const request = { past: before.past, now: now.now, schema: standardSchema, abilities: allKept };
    carriedOut(await planRevert({ ...request, isForced, differences: oneBatch(differencesBetween(before, after)) }), now, random);
    const asked = [...before.entries.values()].filter(() => random() < 0.3);
    carriedOut(await planRestore({ ...request, asked: oneBatch([asked]), referrers: () => before.all() }), now, random);
  }
});

test(`planRestore() after a plan that was cut off in its midst goes on to the same end, in ${runs} random cases`, async () => {
  let whole = 0;
  for (let seed = 1; seed <= runs; seed += 1) {
    const random = randomOf(seed + 30_000);
    const then = someDirectory(random);
    const now = changedALittle(then, 'c', random);
    const planOf = (there: ModelDirectory) =>
      planRestore({
        past: then.past,
        now: there.now,
        schema: standardSchema,
        abilities: allKept,
        subtrees: [base],
        isDeletingAdded: true,
        asked: oneBatch([[...then.entries.values()]]),
        referrers: () => then.all(),
      });
    const plan = await planOf(now);
    if (plan.conflicts.length > 0) continue;
    whole += 1;
    const changes = plan.waves.flat();
    for (const { change } of changes.slice(0, Math.floor(random() * (changes.length + 1)))) now.apply(change);
    now.applyPlan(await planOf(now), random);
    assert.deepEqual(now.state(), then.state(), `seed ${seed}`);
  }
  assert.ok(whole > runs * 0.9, `only ${whole} without a conflict`);
});
