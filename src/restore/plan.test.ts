import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleManifest, exampleManifestBackend } from '../../test/harness/example-manifest.ts';
import { exampleBackend, exampleDescription } from '../../test/harness/example-server.ts';
import { exampleSnapshot } from '../../test/harness/example-snapshot.ts';
import type { Manifest } from '../domain/manifest.ts';
import { planRestore, type PlanRequest } from './plan.ts';
import type { TopologyPlan } from './plan-topology.ts';
import { keyOf } from './steps.ts';

const userRoot = exampleManifestBackend({
  baseDns: [
    { dn: 'dc=example,dc=com', entries: 1500 },
    { dn: 'dc=example,dc=org', entries: 500 },
  ],
});
const schema = exampleManifestBackend({ id: 'schema', role: 'schema', folder: 'schema' });
const snapshot = exampleSnapshot({ bytes: 4096 });

function manifestOf(parts: Partial<Manifest> = {}): Manifest {
  return exampleManifest({ backends: [schema, userRoot], ...parts });
}

function plan(parts: Partial<PlanRequest> = {}) {
  return planRestore({
    snapshot,
    manifest: manifestOf(),
    target: exampleDescription(),
    location: 'ldaps://127.0.0.1:2636',
    backends: [],
    now: new Date('2026-11-23T12:00:00Z'),
    ...parts,
  });
}

test('planRestore() restores the backends with users’ entries, and says what is there now and what comes', () => {
  assert.deepEqual(plan(), {
    snapshot,
    target: { location: 'ldaps://127.0.0.1:2636', product: 'OpenDJ', version: '5.0.3' },
    source: 'backup',
    lostSince: snapshot.time,
    topology: undefined,
    steps: [
      { kind: 'fetch' },
      { kind: 'check-backups' },
      { kind: 'restore-backend', backend: userRoot, entriesNow: 2000, entriesInSet: 2000 },
      { kind: 'prove' },
    ],
    done: [],
    bytesToFetch: 4096,
    outlook: undefined,
    warnings: [],
  });
});

test('planRestore() restores a whole backend of a set that lost others, when it is named', () => {
  const remark = '1 file was lost in the archive: schema/x; whole: userRoot';
  const request = {
    snapshot: { ...snapshot, state: 'damaged' as const, remarks: [remark] },
    manifest: manifestOf({ backends: [userRoot], lost: ['schema/x'] }),
  };

  const { steps, warnings } = plan({ ...request, backends: ['userRoot'] });

  assert.deepEqual(
    steps.map(({ kind }) => kind),
    ['fetch', 'check-backups', 'restore-backend', 'prove'],
  );
  assert.deepEqual(warnings, [`the snapshot is damaged: ${remark}`]);
  assert.throws(() => plan({ ...request, backends: ['schema'] }), { code: 'E_BACKEND_MISSING' });
});

test('planRestore() imports the encryption settings before the first backend', () => {
  const { steps } = plan({ manifest: manifestOf({ encryptionSettings: 'encryption-settings.export' }) });

  assert.deepEqual(steps[2], { kind: 'import-encryption-settings', file: 'encryption-settings.export' });
  assert.deepEqual(
    steps.map((step) => step.kind),
    ['fetch', 'check-backups', 'import-encryption-settings', 'restore-backend', 'prove'],
  );
});

const topology: TopologyPlan = {
  baseDns: ['dc=example,dc=com'],
  target: 'one',
  others: ['two', 'three'].map((name) => ({ name, entriesNow: 2000, isWritable: true, isReplicating: true })),
  isFenced: true,
  isAllAtOnce: false,
};

test('planRestore() initialises no other replica before the proof, and lets clients write only at the end', () => {
  const { steps } = plan({ topologyFor: () => topology });

  assert.deepEqual(steps.map(keyOf), [
    'fetch',
    'check-backups',
    'fence one',
    'fence two',
    'fence three',
    'suspend',
    'restore userRoot',
    'prove',
    'initialize two',
    'initialize three',
    'resume',
    'prove two',
    'prove three',
    'unfence one',
    'unfence two',
    'unfence three',
  ]);
});

test('planRestore() enables a disabled backend of a replica only when replication is suspended', () => {
  const target = exampleDescription({ backends: [exampleBackend({ isEnabled: false })] });

  const { steps } = plan({ target, topologyFor: () => ({ ...topology, isFenced: false }) });

  assert.deepEqual(steps.slice(0, 5).map(keyOf), ['fetch', 'suspend', 'enable userRoot', 'check-backups', 'restore userRoot']);
});

test('planRestore() warns of a backup that is older than what the replication servers keep', () => {
  const day = 86_400_000;
  const replicated = (purgeDelay: number | undefined) =>
    exampleDescription({ replication: { state: 'replicated', baseDns: ['dc=example,dc=com'], purgeDelay } });
  const now = new Date(Date.parse(snapshot.time) + 5 * day);

  assert.deepEqual(plan({ target: replicated(3 * day), now }).warnings, [
    'the backup is 5 d old, and the replication servers keep changes for 3 d: every replica has to be initialised, none can catch up',
  ]);
  for (const delay of [5 * day, undefined]) assert.deepEqual(plan({ target: replicated(delay), now }).warnings, []);
});

test('planRestore() warns that the set of one server goes into another, and of what must not go along', () => {
  assert.deepEqual(plan({ serverName: snapshot.server }).warnings, []);
  assert.deepEqual(plan({ serverName: 'elsewhere' }).warnings, [
    `the set is of server ${snapshot.server}, and it goes into elsewhere`,
    `this server is not ${snapshot.server}: before it joins the same topology it must be initialised from it, as its replication identity must differ`,
  ]);
});

test('planRestore() restores just the backends that are named, in their order, each once', () => {
  const { steps } = plan({ backends: ['userRoot', 'schema', 'userRoot'] });

  assert.deepEqual(
    steps.flatMap((step) => (step.kind === 'restore-backend' ? [step.backend.id] : [])),
    ['userRoot', 'schema'],
  );
});

test('planRestore() knows no count where one of the base DNs has none', () => {
  const counted = exampleBackend({
    baseDns: [
      { dn: 'a', entries: 1 },
      { dn: 'b', entries: undefined },
    ],
  });
  const { steps } = plan({
    target: exampleDescription({ backends: [counted] }),
    manifest: manifestOf({ backends: [{ ...userRoot, baseDns: [{ dn: 'a' }] }] }),
  });

  assert.deepEqual(
    steps.flatMap((step) => (step.kind === 'restore-backend' ? [[step.entriesNow, step.entriesInSet]] : [])),
    [[undefined, undefined]],
  );
});

const refusals: (readonly [string, Partial<PlanRequest>, object])[] = [
  [
    'a server of another product',
    { target: exampleDescription({ product: 'PingDirectory', version: '10.3.0.0' }) },
    {
      code: 'E_SERVER_MISMATCH',
      message: 'Cannot restore a backup of OpenDJ 5.0.3 into PingDirectory 10.3.0.0: their backups are not compatible',
      hint: 'restore it into a server that runs OpenDJ',
    },
  ],
  [
    'a backend that the set does not have',
    { backends: ['people'] },
    {
      code: 'E_BACKEND_MISSING',
      message: 'Cannot restore backend "people": snapshot prod/20261123104646Z has none of this name',
      hint: 'it has schema, userRoot',
    },
  ],
  [
    'a backend that the server does not have',
    { target: exampleDescription({ backends: [exampleBackend({ id: 'other' })] }) },
    {
      code: 'E_BACKEND_MISSING',
      message: 'Cannot restore backend "userRoot": the server has none of this name',
      hint: 'make the backend on the server first, as it was on the one that was backed up (dsconfig create-backend)',
    },
  ],
  [
    'a set without users’ entries',
    { manifest: manifestOf({ backends: [schema] }) },
    {
      code: 'E_BACKEND_MISSING',
      message: "Cannot restore prod/20261123104646Z: it has no backend with users' entries",
      hint: 'name one of schema with --backend',
    },
  ],
  [
    'a set without any backend',
    { manifest: manifestOf({ backends: [] }) },
    {
      code: 'E_BACKEND_MISSING',
      message: "Cannot restore prod/20261123104646Z: it has no backend with users' entries",
      hint: 'name one of (it has none at all) with --backend',
    },
  ],
  [
    'the schema of another version',
    { backends: ['schema'], target: exampleDescription({ version: '5.0.4' }) },
    {
      code: 'E_SERVER_MISMATCH',
      message: 'Cannot restore backend "schema" of version 5.0.3 into version 5.0.4: it must be the very same',
      hint: 'leave this backend out, or restore into a server of the same version',
    },
  ],
];
refusals.push(
  [
    'what is left of a set, where no backend is named',
    {
      snapshot: { ...snapshot, state: 'damaged', remarks: ['1 file was lost in the archive: userRoot/x; whole: schema'] },
      manifest: manifestOf({ backends: [schema], lost: ['userRoot/x'] }),
    },
    {
      code: 'E_SNAPSHOT_DAMAGED',
      message: 'Cannot restore prod/20261123104646Z: 1 file was lost in the archive: userRoot/x; whole: schema',
      hint: 'use another snapshot, or name the backends that are to be restored from it: --backend schema',
    },
  ],
  [
    'a damaged snapshot of which it is not known what is whole',
    { snapshot: { ...snapshot, state: 'damaged', remarks: ['files of it were lost in the archive; what is left is snapshot 12ab'] } },
    {
      code: 'E_SNAPSHOT_DAMAGED',
      message: 'Cannot restore prod/20261123104646Z: files of it were lost in the archive; what is left is snapshot 12ab',
      hint: 'use another snapshot; "rootcellar verify" tells which are whole',
    },
  ],
);
for (const [what, request, expected] of refusals) {
  test(`planRestore() refuses ${what}`, () => {
    assert.throws(() => plan(request), expected);
  });
}

const { source: _source, ...sourceless } = manifestOf();
const warnings: readonly (readonly [string, Partial<PlanRequest>, readonly string[]])[] = [
  [
    'a suspicious snapshot',
    { snapshot: { ...snapshot, state: 'suspicious', remarks: ['it has 1 bytes', 'it has no backend x'] } },
    ['the snapshot is suspicious: it has 1 bytes', 'the snapshot is suspicious: it has no backend x'],
  ],
  ['an older backup', { target: exampleDescription({ version: '5.1.0' }) }, ['the backup is of version 5.0.3 and the server is 5.1.0']],
  [
    'a newer backup',
    { target: exampleDescription({ version: '4.10.1' }) },
    ['the backup is of version 5.0.3 and the server is 4.10.1, which is older: it may not read data of a newer one'],
  ],
  ['an unknown source', { manifest: sourceless }, ['which server made the backup is not known, so its version could not be compared']],
  [
    'an encrypted backend without its keys',
    { manifest: manifestOf({ backends: [{ ...userRoot, isEncrypted: true }] }) },
    ['userRoot was encrypted by the server, and the set has no export of its keys: only a server that has them can restore it'],
  ],
  [
    'an encrypted backend with its keys',
    { manifest: manifestOf({ backends: [{ ...userRoot, isEncrypted: true }], encryptionSettings: 'keys' }) },
    [],
  ],
  ['an encrypted backend that is not restored', { manifest: manifestOf({ backends: [userRoot, { ...schema, isEncrypted: true }] }) }, []],
];
for (const [what, request, expected] of warnings) {
  test(`planRestore() warns of ${what}: ${expected.length}`, () => {
    assert.deepEqual(plan(request).warnings, expected);
  });
}
