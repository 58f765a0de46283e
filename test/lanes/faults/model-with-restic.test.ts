import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ageingFolders } from '../../model/ageing-folders.ts';
import { modelSettings, tryModel } from '../../model/model.ts';

test('RepositoryArchive keeps what it reported beside a stock restic, which is content with what it finds in the end', async (context) => {
  const { tally, failure } = await tryModel({ ...modelSettings(8), focus: { hasRestic: true, mostSteps: 10 }, makePlace: ageingFolders });
  context.diagnostic(tally.text());

  assert.ok(failure === undefined, failure);
});
