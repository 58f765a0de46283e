import assert from 'node:assert/strict';
import test from 'node:test';
import { listedSnapshot } from '../example-snapshot.ts';
import { neighboursOf } from './neighbours.ts';

test('neighboursOf() finds those of the same server, and none of one that is not listed', () => {
  const all = ['a', 'b', 'c', 'd'].map((id) => listedSnapshot({ id, server: id === 'b' ? 'ds-2' : 'ds-1' }));
  const ids = (id: string, server = 'ds-1'): unknown => {
    const { before, after } = neighboursOf(all, { id, server });
    return [before?.id, after?.id];
  };
  assert.deepEqual(ids('c'), ['d', 'a']);
  assert.deepEqual(ids('a'), ['c', undefined]);
  assert.deepEqual(ids('b', 'ds-2'), [undefined, undefined]);
  assert.deepEqual(ids('x'), [undefined, undefined]);
});
