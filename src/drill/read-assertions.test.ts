import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { suite, test } from 'node:test';
import { isFailure } from '../foundation/failure.ts';
import { temporaryFolder } from '../../test/harness/temporary-folder.ts';
import { readAssertions } from './read-assertions.ts';

suite('readAssertions()', () => {
  test('reads a list of searches, with its defaults; JSON will do', async () => {
    await using folder = await temporaryFolder();
    const file = path.join(folder.path, 'assertions.yaml');
    const one = {
      name: 'one',
      base: 'dc=a',
      expect: { count: 3, entries: [{ dn: 'uid=1,dc=a', attributes: { cn: 'x', mail: ['a', 'b'] } }] },
    };
    await writeFile(file, JSON.stringify([one]));

    const [read] = await readAssertions(file);

    assert.deepEqual(read, {
      ...one,
      scope: 'sub',
      filter: '(objectClass=*)',
      expect: { count: 3, entries: [{ dn: 'uid=1,dc=a', attributes: { cn: ['x'], mail: ['a', 'b'] } }] },
    });
  });

  test('reads the example of the guide', async () => {
    await using folder = await temporaryFolder();
    const guide = await readFile(path.join(import.meta.dirname, '../../docs/guide/drills.md'), 'utf8');
    const [, example = ''] = /^```yaml\n(- name.*?)^```$/ms.exec(guide) ?? [];
    const file = path.join(folder.path, 'assertions.yaml');
    await writeFile(file, example);

    const [people, group] = await readAssertions(file);

    assert.deepEqual([people?.scope, people?.expect.count], ['one', { min: 1000 }]);
    assert.deepEqual(group?.expect.entries, [
      {
        dn: 'cn=operators,ou=Groups,dc=example,dc=com',
        attributes: { member: ['uid=backup,ou=People,dc=example,dc=com'], description: [] },
      },
    ]);
  });

  const fine = '- name: one\n  base: dc=a\n  expect: { count: 1 }\n';
  for (const [name, text, says] of [
    ['that is empty', '', ':1: the file is wrong: expected array, received null'],
    ['without an item', '[]', ':1: the file is wrong: Too small: expected array to have >=1 items'],
    ['that is no YAML', `${fine}- name: [\n`, /:\d+: .+/],
    [
      'with a word that means nothing',
      `${fine}- name: two\n  base: dc=a\n  expcet: {}\n  expect: { count: 1 }\n`,
      ':4: item 2 has "expcet", which means nothing here',
    ],
    ['that expects nothing', `${fine}- name: two\n  base: dc=a\n  expect: {}\n`, ':6: expect of item 2 must have count or entries'],
    ['with a count below none', '- name: one\n  base: dc=a\n  expect:\n    count: -1\n', /:4: expect\.count of item 1 is wrong: /],
    [
      'with a count the wrong way round',
      '- name: one\n  base: dc=a\n  expect:\n    count: { min: 5, max: 2 }\n',
      /:4: expect\.count of item 1 /,
    ],
    [
      'with a filter that is none',
      '- name: one\n  base: dc=a\n  filter: uid=1\n  expect: { count: 1 }\n',
      ':3: filter of item 1 must be in parentheses',
    ],
    ['with a scope that is none', '- name: one\n  base: dc=a\n  scope: all\n  expect: { count: 1 }\n', /:3: scope of item 1 is wrong: /],
    ['without a base', '- name: one\n  expect: { count: 1 }\n', ':1: base of item 1 is wrong: expected string, received undefined'],
    ['with a name twice', `${fine}${fine}`, ':4: name of item 2 is the name of an assertion before it'],
  ] as const) {
    test(`refuses a file ${name} with the line and the item`, async () => {
      await using folder = await temporaryFolder();
      const file = path.join(folder.path, 'assertions.yaml');
      await writeFile(file, text);

      await assert.rejects(readAssertions(file), (error) => {
        assert.ok(isFailure(error, 'E_USAGE'));
        assert.equal(error.exitCode, 2);
        const begin = `Cannot use the assertions ${file}`;
        assert.ok(error.message.startsWith(begin), error.message);
        const rest = error.message.slice(begin.length);
        if (typeof says === 'string') assert.equal(rest, says);
        else assert.match(rest, says);
        return true;
      });
    });
  }

  test('refuses a file that is not there', async () => {
    await assert.rejects(readAssertions('/nowhere/assertions.yaml'), /^Failure: Cannot read the assertions \/nowhere\/assertions\.yaml: /);
  });
});
