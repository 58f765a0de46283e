import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleArchive, saveExample } from '../../test/harness/example-archive.ts';
import { interrupted } from '../foundation/failure.ts';
import { verify } from './verify.ts';

async function setUp() {
  const parts = await exampleArchive();
  const first = await saveExample(parts.archive, '20261122000000Z');
  const second = await saveExample(parts.archive, '20261121000000Z');
  return { ...parts, first, second };
}

test('verify() finds nothing wrong with whole snapshots', async () => {
  const { archive, first, second } = await setUp();

  for (const readData of [false, true]) {
    assert.deepEqual(await verify(archive, [first, second], readData), {
      snapshots: [
        { snapshot: first, damages: [] },
        { snapshot: second, damages: [] },
      ],
      damages: [],
      isDataRead: readData,
      locks: undefined,
      lockFailure: undefined,
    });
  }
});

test('verify() reports all damage there is, by snapshot and together', async () => {
  const { archive, store, first, second } = await setUp();
  await store.delete(['prod/20261122000000Z/userRoot/file', 'prod/20261121000000Z/userRoot/backup.info']);
  const missing = [
    { snapshot: first.id, path: 'userRoot/file', finding: 'is missing' },
    { snapshot: second.id, path: 'userRoot/backup.info', finding: 'is missing' },
  ];

  const { snapshots, damages } = await verify(archive, [first, second], false);

  assert.deepEqual(damages, missing);
  assert.deepEqual(
    snapshots.map((one) => one.damages),
    missing.map((one) => [one]),
  );
});

test('verify() finds an altered byte only where it reads the data', async () => {
  const { archive, store, first } = await setUp();
  await store.put('prod/20261122000000Z/userRoot/backup.info', new TextEncoder().encode('DESCRIPTOR'));

  assert.deepEqual((await verify(archive, [first], false)).damages, []);
  assert.match((await verify(archive, [first], true)).damages[0]?.finding ?? '', /^hashes to [0-9a-f]{12}… instead of [0-9a-f]{12}…$/);
});

test('verify() checks nothing more once it is aborted', async () => {
  const { archive, first, second } = await setUp();
  const stop = new AbortController();
  const steps: string[] = [];

  const verifying = verify(archive, [first, second], false, {
    signal: stop.signal,
    report: ({ kind, ...event }) => {
      if (kind === 'begin' && 'step' in event) steps.push(event.step);
      stop.abort(interrupted('The command'));
    },
  });

  await assert.rejects(verifying, { code: 'E_INTERRUPTED', exitCode: 130 });
  assert.deepEqual(steps, ['verify prod/20261122000000Z']);
});
