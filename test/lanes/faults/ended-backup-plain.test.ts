import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { assertNoSecretSeen, type BadDays, type Operator, startBadDays } from '../../e2e/bad-days.ts';
import { assertBackupEndsWell, atStore, type Step } from '../../e2e/ended-runs.ts';

/** What the store sees of a backup in the layout plain; what the server sees is the same in both. */
const steps: readonly Step[] = [
  { name: 'before the set is marked', stop: (days) => atStore(days, 'PUT', /unfinished/, 'request') },
  { name: 'in the middle of the upload', stop: (days) => atStore(days, 'PUT', /backup-schema/, 'request') },
  { name: 'before the manifest', stop: (days) => atStore(days, 'PUT', /manifest\.json/, 'request') },
  { name: 'when the manifest is written', stop: (days) => atStore(days, 'PUT', /manifest\.json/, 'answer') },
  { name: 'before the mark is removed', stop: (days) => atStore(days, 'DELETE', /unfinished/, 'request'), says: 'done' },
];

suite('a backup in the layout plain that is ended', { timeout: 1_200_000 }, () => {
  let days: BadDays;
  let operator: Operator;
  let good: readonly string[];
  const words = ['backup', '--backend', 'schema'];
  before(async () => {
    days = await startBadDays({ layout: 'plain' });
    operator = await days.operator('ended');
    await operator.run(words);
    good = await operator.verified();
  });
  after(async () => {
    try {
      await assertNoSecretSeen(days);
    } finally {
      await days[Symbol.asyncDispose]();
    }
  });

  for (const step of steps) {
    test(`${step.name}: told to stop it cleans up and says so; killed it hinders nobody`, async () => {
      good = await assertBackupEndsWell(days, operator, { words, step, good });
    });
  }

  test('what killed runs left in the archive goes with prune, and every snapshot stays', async () => {
    await operator.run(['prune', '--yes'], { ROOTCELLAR_PRUNE_GRACE: '1s' });

    assert.deepEqual(await operator.rests(), []);
    assert.deepEqual(await operator.verified(), good);
  });
});
