import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { DiffCounter } from './diff-summary.ts';

const entry = (name: string) => ({ dn: `uid=${name},dc=example,dc=com`, names: [], values: [] });
const change = (name: string) => ({ name, removed: ['a'], added: ['b'] });

suite('DiffCounter', () => {
  test('counts each kind, and in how many entries each attribute changed, most first', () => {
    const counter = new DiffCounter(10);
    counter.add({ kind: 'added', after: entry('new') }, []);
    counter.add({ kind: 'changed', before: entry('a'), after: entry('a') }, [change('title'), change('mail')]);
    counter.add({ kind: 'changed', before: entry('b'), after: entry('b') }, [change('Mail'), change('cn')]);

    const { counts, attributes } = counter.summary();

    assert.deepEqual(counts, { added: 1, removed: 0, changed: 2, renamed: 0 });
    assert.deepEqual(attributes, [
      { name: 'mail', entries: 2 },
      { name: 'cn', entries: 1 },
      { name: 'title', entries: 1 },
    ]);
  });

  test('does not count who changed an entry last, and when', () => {
    const counter = new DiffCounter(10);
    counter.add({ kind: 'changed', before: entry('a'), after: entry('a') }, [
      change('modifyTimestamp'),
      change('ModifiersName'),
      change('sn'),
    ]);

    const { attributes, examples } = counter.summary();

    assert.deepEqual(attributes, [{ name: 'sn', entries: 1 }]);
    assert.deepEqual(examples[0]?.attributes, ['sn']);
  });

  test('names the first ones, a renamed entry by both names, and no more than asked for', () => {
    const counter = new DiffCounter(2);
    counter.add({ kind: 'renamed', before: entry('old'), after: entry('new') }, []);
    counter.add({ kind: 'removed', before: entry('gone') }, []);
    counter.add({ kind: 'removed', before: entry('gone too') }, []);

    const { counts, examples } = counter.summary();

    assert.equal(counts.removed, 2);
    assert.deepEqual(examples, [
      { kind: 'renamed', dn: 'uid=new,dc=example,dc=com', dnBefore: 'uid=old,dc=example,dc=com', attributes: [] },
      { kind: 'removed', dn: 'uid=gone,dc=example,dc=com', attributes: [] },
    ]);
  });
});
