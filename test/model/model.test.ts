import assert from 'node:assert/strict';
import { test } from 'node:test';
import { modelSettings, tryModel } from './model.ts';

test('RepositoryArchive keeps what it reported, whatever two writers do at once, and wherever they die, freeze or are cut off', async (context) => {
  const { tally, failure } = await tryModel(modelSettings(40));
  context.diagnostic(tally.text());

  assert.ok(failure === undefined, failure);
  assert.ok(tally.checks > 0 && tally.snapshotsRead > 0 && tally.pinsSeen > 0, 'something was read back');
});
