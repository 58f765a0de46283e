import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleArchive, saveExample } from '../../test/harness/example-archive.ts';
import { Failure } from '../foundation/failure.ts';
import { forgetByRule } from './forget-by-rule.ts';

async function setUp() {
  const parts = await exampleArchive();
  const snapshots = [];
  for (const backupId of ['20261122000000Z', '20261121000000Z', '20261120000000Z'])
    snapshots.push(await saveExample(parts.archive, backupId));
  return { ...parts, snapshots };
}

test('forgetByRule() drops what the rule no longer keeps of this server, and says so', async () => {
  const { archive, snapshots } = await setUp();
  const other = await saveExample(archive, '20261119000000Z', undefined, 'test');

  const { forgotten, forgetFailure } = await forgetByRule(archive, 'prod', { keepLast: 1 }, {});

  assert.deepEqual(forgotten, snapshots.slice(1));
  assert.equal(forgetFailure, undefined);
  assert.deepEqual(await archive.list(), [snapshots[0], other]);
});

test('forgetByRule() forgets nothing by an empty rule', async () => {
  const { archive, snapshots } = await setUp();

  assert.deepEqual(await forgetByRule(archive, 'prod', { minimum: 1 }, {}), { forgotten: [], forgetFailure: undefined });

  assert.deepEqual(await archive.list(), snapshots);
});

test('forgetByRule() returns the failure with what was forgotten before it', async () => {
  const { archive, store, snapshots } = await setUp();
  const denied = new Failure('E_ACCESS_DENIED', 'Cannot remove objects: denied');
  const remove = store.delete.bind(store);
  store.delete = (keys, options) => (keys.some((key) => key.includes('20261120')) ? Promise.reject(denied) : remove(keys, options));

  const { forgotten, forgetFailure } = await forgetByRule(archive, 'prod', { keepLast: 1 }, {});

  assert.equal(forgetFailure, denied);
  assert.deepEqual(forgotten, snapshots.slice(1, 2));
});

test('forgetByRule() does not hide a bug', async () => {
  const { archive, store } = await setUp();
  store.delete = () => Promise.reject(new TypeError('a bug'));

  await assert.rejects(forgetByRule(archive, 'prod', { keepLast: 1 }, {}), TypeError);
});
