import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleManifest, exampleManifestBackend } from '../../test/harness/example-manifest.ts';
import { exampleDescription } from '../../test/harness/example-server.ts';
import { exampleSnapshot } from '../../test/harness/example-snapshot.ts';
import type { Manifest, ManifestBackend } from '../domain/manifest.ts';
import { planRestore, type PlanRequest } from './plan.ts';
import { keyOf } from './steps.ts';

const userRoot = exampleManifestBackend({ baseDns: [{ dn: 'dc=example,dc=com', entries: 2000 }] });
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

const exported = (id: string): ManifestBackend => ({
  ...userRoot,
  id,
  folder: id,
  export: {
    path: `export/${id}.ldif`,
    entries: 1999,
    digest: `1-${'0'.repeat(64)}`,
    index: `export/${id}.ldif.index`,
    began: '2026-11-23T10:46:40.000Z',
    ended: '2026-11-23T10:47:00.000Z',
  },
});
const files = ['schema/x', 'userRoot/x', 'export/userRoot.ldif', 'export/userRoot.ldif.index'].map((path, index) => ({
  path,
  bytes: 10 ** index,
}));

test('planRestore() from the export imports it after every entry was read, fetches nothing else, and asks for no key', () => {
  const backends = [schema, { ...exported('userRoot'), isEncrypted: true }];
  const { steps, lostSince, bytesToFetch, warnings } = plan({ source: 'export', manifest: manifestOf({ backends, files }) });

  assert.deepEqual(steps, [
    { kind: 'fetch' },
    { kind: 'check-exports' },
    { kind: 'restore-backend', backend: backends[1], from: exported('userRoot').export, entriesNow: 2000, entriesInSet: 1999 },
    { kind: 'prove' },
  ]);
  assert.deepEqual([lostSince, bytesToFetch, warnings], ['2026-11-23T10:46:40.000Z', 100, []]);
});

test('planRestore() from the export changes no other replica before the proof either', () => {
  const request = { source: 'export', manifest: manifestOf({ backends: [exported('userRoot')], files }) } as const;

  const steps = plan({
    ...request,
    topologyFor: () => ({
      baseDns: ['dc=example,dc=com'],
      target: 'one',
      others: [{ name: 'two', entriesNow: 2000, isWritable: true, isReplicating: true }],
      isFenced: true,
      isAllAtOnce: false,
    }),
  }).steps.map(keyOf);

  assert.deepEqual(steps.slice(0, 8), [
    'fetch',
    'check-exports',
    'fence one',
    'fence two',
    'suspend',
    'restore userRoot',
    'prove',
    'initialize two',
  ]);
});

test('planRestore() from the export takes a backend whose database files were lost, when it is named', () => {
  const request = {
    source: 'export',
    snapshot: { ...snapshot, state: 'damaged' as const, remarks: ['1 file was lost'] },
    manifest: manifestOf({ backends: [schema], exportsOnly: [exported('userRoot')], lost: ['userRoot/x'], files }),
  } as const;

  assert.deepEqual(plan({ ...request, backends: ['userRoot'] }).steps.map(keyOf), ['fetch', 'check-exports', 'restore userRoot', 'prove']);
  assert.throws(() => plan(request), {
    code: 'E_SNAPSHOT_DAMAGED',
    hint: 'use another snapshot, or name the backends that are to be restored from it: --backend userRoot',
  });
});

test('planRestore() from the export goes into a server that refuses the backup, and says what does not come along', () => {
  const request = {
    manifest: manifestOf({ backends: [exported('userRoot')], files, encryptionSettings: 'keys' }),
    target: exampleDescription({ version: '5.1.0' }),
    findings: { problems: new Map([['userRoot', { errors: ['No.'], warnings: [] }]]) },
  };

  assert.throws(() => plan(request), { code: 'E_SERVER_MISMATCH' });
  assert.deepEqual(plan({ ...request, source: 'export' }).warnings, [
    'the export is of version 5.0.3 and the server is 5.1.0: what its schema does not know comes along all the same',
    'the encryption settings of the set are not imported: passwords that are kept encrypted need the definitions that the server has',
  ]);
});

const elseHint =
  "or restore its backup without --from-export; backups have exports of the backends with users' entries where backup.export is true, or auto in the layout repository";
const refusals: readonly (readonly [string, Partial<PlanRequest>, object])[] = [
  [
    'to restore from an export that the set has not',
    { source: 'export' },
    {
      code: 'E_EXPORT_MISSING',
      exitCode: 1,
      message: 'Cannot restore prod/20261123104646Z from its export: it has none of userRoot',
      hint: `name a snapshot that has one, ${elseHint}`,
    },
  ],
  [
    'to restore from the exports of a set of which one is missing',
    { source: 'export', manifest: manifestOf({ backends: [exported('userRoot'), exported('people')], files }) },
    {
      code: 'E_EXPORT_MISSING',
      message: 'Cannot restore prod/20261123104646Z from its export: it has none of people',
      hint: `it has one of userRoot: name what is to be restored with --backend, ${elseHint}`,
    },
  ],
  [
    'the schema from an export',
    { source: 'export', backends: ['schema'], manifest: manifestOf({ backends: [schema, exported('userRoot')], files }) },
    { code: 'E_EXPORT_MISSING', message: 'Cannot restore prod/20261123104646Z from its export: it has none of schema' },
  ],
  [
    'to restore from the export of a set without any backend',
    { source: 'export', manifest: manifestOf({ backends: [] }) },
    { code: 'E_EXPORT_MISSING', message: 'Cannot restore prod/20261123104646Z from its export: it has none' },
  ],
];
for (const [what, request, expected] of refusals) {
  test(`planRestore() refuses ${what}`, () => {
    assert.throws(() => plan(request), expected);
  });
}
