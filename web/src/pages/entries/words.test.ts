import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { commandLine, diffWords, findWords, restoreWords, revertWords, showWords, undoWords, withFlag } from './words.ts';

const id = '0123456789ab'.padEnd(64, 'c');
const choice = {
  from: id,
  entries: [{ dn: 'uid=a,dc=b', from: id }],
  attributes: 'mail,sn',
  without: '',
  where: '',
  base: ' ',
  isSubtree: false,
  isDeletingAdded: true,
  isWithReferences: false,
};

suite('words of the pages of entries', () => {
  test('a value is one word with its option, and a name is behind the options, so that neither can be an option', () => {
    const search = { kind: 'text', wanted: '--show-secrets', base: '', from: '', limit: '100' } as const;
    assert.deepEqual(findWords(search), ['entry', 'find', '--text=--show-secrets', '--limit=100']);
    assert.deepEqual(findWords({ ...search, kind: 'filter', wanted: '(a=b)' })[2], '--where=(a=b)');
    assert.deepEqual(showWords('--show-secrets', id, 'now'), ['entry', 'show', `--from=${id}`, '--beside=now', '--', '--show-secrets']);
    assert.deepEqual(undoWords('-f', true), ['entry', 'undo', '--force', '--', '-f']);
  });

  test('a plan and its command differ by one flag, which goes before the names', () => {
    assert.deepEqual(withFlag(restoreWords(choice), '--plan'), [
      'entry',
      'restore',
      '--plan',
      `--from=${id}`,
      '--attributes=mail,sn',
      '--no-references',
      '--',
      'uid=a,dc=b',
    ]);
  });

  test('what was added is deleted only together with all below', () => {
    const subtree = restoreWords({ ...choice, isSubtree: true, isWithReferences: true });
    assert.deepEqual(
      subtree.filter((word) => ['--subtree', '--delete-added', '--no-references'].includes(word)),
      ['--subtree', '--delete-added'],
    );
  });

  test('two moments are named behind the options', () => {
    const scope = { before: id, after: 'now', base: 'dc=b', where: '' };
    assert.deepEqual(diffWords({ ...scope, limit: '5' }), ['entry', 'diff', '--base=dc=b', '--limit=5', '--', id, 'now']);
    assert.deepEqual(revertWords({ ...scope, onConflict: 'skip' }).slice(2), ['--base=dc=b', '--on-conflict=skip', '--', id, 'now']);
  });

  test('a command line can be typed: quoted for a shell, with short IDs', () => {
    assert.equal(
      commandLine(['entry', 'restore', `--from=${id}`, "--where=(sn=O'Neil)", '--', 'uid=a,dc=b']),
      String.raw`rootcellar entry restore --from=0123456789ab '--where=(sn=O'\''Neil)' -- uid=a,dc=b`,
    );
  });
});
