import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { exportInMemory } from '../../../test/harness/export-in-memory.ts';
import { compareExports, type EntryDifference } from './compare-exports.ts';

interface Person {
  readonly dn: string;
  readonly uuid: string;
  readonly lines: readonly string[];
}

const people: readonly Person[] = Array.from({ length: 2000 }, (_, number) => ({
  dn: `uid=user.${number},ou=People,dc=example,dc=com`,
  uuid: `00000000-0000-4000-8000-${number.toString().padStart(12, '0')}`,
  lines: [`cn: Person ${number}`, `mail: user.${number}@example.com`, `description: ${'x'.repeat(number % 300)}`],
}));

function ldifOf(entries: readonly Person[], lineEnd = '\n'): string {
  const texts = entries.map(({ dn, uuid, lines }) =>
    [`dn: ${dn}`, 'objectClass: person', ...lines, `entryUUID: ${uuid}`, '', ''].join('\n'),
  );
  return `version: 1\n${texts.join('')}`.replaceAll('\n', lineEnd);
}

async function difference(before: string, after: string): Promise<string[]> {
  const sides = [await exportInMemory(before), await exportInMemory(after)] as const;
  const found: EntryDifference[] = await Array.fromAsync(compareExports(...sides));
  return found
    .map(({ kind, before: was, after: is }) =>
      [kind, was?.dn.split(',', 1)[0], is?.dn.split(',', 1)[0]].filter((word) => word !== undefined).join(' '),
    )
    .toSorted();
}

/** Changes some of each kind, far from each other. */
function changed(entries: readonly Person[]): Person[] {
  const kept = entries.filter((_, number) => number !== 1500 && number !== 3);
  const others = kept.map((one) => {
    if (one.dn.startsWith('uid=user.700,')) return { ...one, lines: ['cn: Somebody else', ...one.lines.slice(1)] };
    if (one.dn.startsWith('uid=user.900,')) return { ...one, dn: one.dn.replace('user.900', 'renamed') };
    return one;
  });
  return [...others, { dn: 'uid=new,ou=People,dc=example,dc=com', uuid: 'ffffffff-0000-4000-8000-000000000000', lines: ['cn: New'] }];
}

const differences = [
  'added uid=new',
  'changed uid=user.700 uid=user.700',
  'removed uid=user.1500',
  'removed uid=user.3',
  'renamed uid=user.900 uid=renamed',
];

suite('compareExports()', () => {
  test('tells what was added, removed, changed and renamed', async () => {
    assert.deepEqual(await difference(ldifOf(people), ldifOf(changed(people))), differences);
  });

  test('tells the same where the exports are in another order', async () => {
    assert.deepEqual(await difference(ldifOf(people), ldifOf(changed(people).toReversed())), differences);
  });

  test('tells the same where one has other line ends', async () => {
    assert.deepEqual(await difference(ldifOf(people), ldifOf(changed(people), '\r\n')), differences);
  });

  test('finds nothing in two that are the same, and reads none of them', async () => {
    const count = { bytes: 0 };
    const sides = [await exportInMemory(ldifOf(people), count), await exportInMemory(ldifOf(people), count)] as const;

    assert.deepEqual(await Array.fromAsync(compareExports(...sides)), []);
    assert.equal(count.bytes, 0);
  });

  test('reads a small part of two that differ a little', async () => {
    const count = { bytes: 0 };
    const text = ldifOf(changed(people));
    const sides = [await exportInMemory(ldifOf(people), count), await exportInMemory(text, count)] as const;

    await Array.fromAsync(compareExports(...sides));

    assert.ok(count.bytes > 0 && count.bytes < text.length / 10, `${count.bytes} of ${text.length}`);
  });

  test('takes another order of values and what replicas keep for themselves for no change', async () => {
    const others = people.map((one, number) =>
      number % 7 === 0 ? { ...one, lines: [...one.lines.toReversed(), 'ds-sync-hist: cn:1:add:x'] } : one,
    );

    assert.deepEqual(await difference(ldifOf(people), ldifOf(others)), []);
  });

  test('takes an entry that was made anew under its name for a change of it', async () => {
    const others = people.map((one, number) => (number === 12 ? { ...one, uuid: 'ffffffff-0000-4000-8000-000000000012' } : one));

    assert.deepEqual(await difference(ldifOf(people), ldifOf(others)), ['changed uid=user.12 uid=user.12']);
  });

  test('takes two entries that swapped their names for two that were renamed', async () => {
    const [one, other] = [people[20], people[1800]];
    assert.ok(one !== undefined && other !== undefined);
    const others = people.map((entry) => (entry === one ? { ...entry, dn: other.dn } : entry === other ? { ...entry, dn: one.dn } : entry));

    assert.deepEqual(await difference(ldifOf(people), ldifOf(others)), [
      'renamed uid=user.1800 uid=user.20',
      'renamed uid=user.20 uid=user.1800',
    ]);
  });

  test('tells the same where so much differs that it goes through it in turns', async () => {
    const large = 'x'.repeat(1024 * 1024);
    const some = people.slice(0, 40).map((one) => ({ ...one, lines: ['cn: before', `description: ${large}`] }));
    const others = some.map((one, number) => ({
      ...one,
      lines: ['cn: after', `description: ${large}`],
      dn: number === 7 ? one.dn.replace('user.7', 'renamed') : one.dn,
    }));
    const count = { bytes: 0 };
    const texts = [ldifOf(some), ldifOf(others)] as const;
    const sides = [await exportInMemory(texts[0], count), await exportInMemory(texts[1], count)] as const;

    const found = await Array.fromAsync(compareExports(...sides));

    // Both sides are read once in each of two turns.
    assert.ok(count.bytes > 1.9 * (texts[0].length + texts[1].length), `${count.bytes}`);
    assert.deepEqual(found.map(({ kind }) => kind).toSorted(), [...Array.from({ length: 39 }, () => 'changed'), 'renamed']);
    assert.equal(new Set(found.map(({ after }) => after?.dn)).size, 40);
  });
});
