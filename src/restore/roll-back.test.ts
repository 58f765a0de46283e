import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleBaseDn, exampleReplica, exampleTopology } from '../../test/harness/example-topology.ts';
import type { JournalDocument } from '../staging/restore-journal.ts';
import { planRollBack, rolledBackText } from './roll-back.ts';

const [one, two, three] = [1, 2, 3].map((number) => `ds-${number}.example.com:4444`) as [string, string, string];

function journal(keys: readonly string[], parts: Partial<JournalDocument> = {}): JournalDocument {
  return {
    version: 1,
    began: '2026-11-23T10:46:46.000Z',
    server: 'ds-1',
    target: 'ldaps://ds-1.example.com:1636',
    snapshot: 'a'.repeat(64),
    backupId: '20261123104646Z',
    backends: [],
    topology: {
      baseDns: [exampleBaseDn],
      target: one,
      others: [two, three].map((name) => ({ name, entriesNow: 2000, isWritable: true, isReplicating: true })),
      isFenced: true,
      isAllAtOnce: false,
    },
    fences: {},
    direction: 'forward',
    steps: keys.map((key) => ({ key, state: 'begun', milliseconds: 0 })),
    ...parts,
  };
}

test('planRollBack() lets replication go on where nothing was restored', () => {
  const fences = { [two]: [{ id: 'userRoot', writability: 'enabled' }] };

  const plan = planRollBack(journal(['fetch', `fence ${two}`, 'suspend'], { fences }), exampleTopology());

  assert.deepEqual(plan, {
    snapshot: 'a'.repeat(64),
    backupId: '20261123104646Z',
    target: one,
    source: undefined,
    baseDns: [exampleBaseDn],
    backends: [],
    isResumed: true,
    compared: [],
    unfenced: [two],
    goOn: 'rootcellar restore 20261123104646Z --topology',
  });
  assert.equal(rolledBackText(plan), 'replication goes on, and nothing was restored');
});

test('planRollBack() takes the entries of the first replica that is as it was, or of the one that is named', () => {
  const document = journal(['suspend', 'restore userRoot']);
  const emptied = exampleTopology([exampleReplica(1), exampleReplica(2, {}, { entries: 1 }), exampleReplica(3)]);

  assert.equal(planRollBack(document, exampleTopology()).source, two);
  assert.equal(planRollBack(document, emptied).source, three);
  assert.equal(planRollBack(document, exampleTopology(), three).source, three);
  assert.deepEqual(planRollBack(document, exampleTopology()).backends, ['userRoot']);
  assert.equal(
    rolledBackText(planRollBack(document, emptied)),
    `it was rolled back: ${one} has the entries of ${three} again, replication goes on, and no other replica was changed`,
  );
});

test('planRollBack() compares with all where clients could write meanwhile: they may differ from each other', () => {
  const fenced = journal(['suspend', 'restore userRoot']);
  const open = { ...fenced, topology: fenced.topology && { ...fenced.topology, isFenced: false } };

  assert.deepEqual(planRollBack(fenced, exampleTopology()).compared, [two]);
  assert.deepEqual(planRollBack(open, exampleTopology()).compared, [two, three]);
  assert.deepEqual(planRollBack({ ...open, steps: [{ key: 'suspend', state: 'begun', milliseconds: 0 }] }, exampleTopology()).compared, [
    two,
    three,
  ]);
});

test('planRollBack() names the command line by which just this restore goes on, until it is being undone', () => {
  const begun = journal(['suspend'], { backends: ['userRoot', 'people'], source: 'export' });

  assert.equal(
    planRollBack(begun, exampleTopology()).goOn,
    'rootcellar restore 20261123104646Z --backend userRoot --backend people --topology --from-export',
  );
  assert.equal(planRollBack({ ...begun, direction: 'back' }, exampleTopology()).goOn, undefined);
});

test('planRollBack() takes replicas that were empty before as they are', () => {
  const fresh = journal(['suspend', 'restore userRoot']);
  const document: JournalDocument = {
    ...fresh,
    topology: fresh.topology && { ...fresh.topology, others: [{ name: two, entriesNow: 0, isWritable: true, isReplicating: true }] },
  };

  assert.equal(planRollBack(document, exampleTopology([exampleReplica(1), exampleReplica(2, {}, { entries: 1 })])).source, two);
});

const noWay = (message: string, hint: string) => ({
  code: 'E_NO_WAY_BACK',
  message: `Cannot roll back the restore of 20261123104646Z into ds-1: ${message}`,
  hint,
});

test('planRollBack() refuses once another replica was initialised from the restored one', () => {
  assert.throws(
    () => planRollBack(journal(['suspend', 'restore userRoot', 'prove', `initialize ${two}`]), exampleTopology()),
    noWay(
      `${two} was initialised from the restored server already`,
      'run "rootcellar restore 20261123104646Z --topology" again: it goes on where it was',
    ),
  );
});

test('planRollBack() refuses where no replica has what it had', () => {
  const hint = 'bring one up and run "rootcellar roll-back" again, or go on with "rootcellar restore 20261123104646Z --topology"';
  const document = journal(['suspend', 'restore userRoot']);
  const allBad = exampleTopology([
    exampleReplica(1),
    exampleReplica(2, { condition: { state: 'down', reason: 'gone' } }),
    exampleReplica(3, {}, { entries: undefined }),
  ]);

  assert.throws(() => planRollBack(document, allBad), noWay('no other replica is up with the entries it had', hint));
  assert.throws(() => planRollBack(document, allBad, two), noWay(`${two} is not up with the entries it had`, hint));
  assert.throws(() => planRollBack(document, exampleTopology(), one), noWay(`${one} is not up with the entries it had`, hint));
});

test('planRollBack() has nowhere to go for a server without replicas', () => {
  assert.throws(
    () => planRollBack(journal(['restore userRoot'], { topology: undefined }), undefined),
    noWay('the server has no replica to take its entries from', 'run "rootcellar restore 20261123104646Z" again'),
  );
});
