import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleBaseDn, exampleReplica, exampleTopology } from '../../test/harness/example-topology.ts';
import type { ManifestBackend } from '../domain/manifest.ts';
import { assertTopologyWish, isWell, planTopology } from './plan-topology.ts';

const location = 'ldaps://ds-1.example.com:1636';
const userRoot: ManifestBackend = {
  id: 'userRoot',
  role: 'user',
  backupId: '20261123104646Z',
  folder: 'userRoot',
  baseDns: [{ dn: 'DC=example, dc=com', entries: 2000 }],
  isEncrypted: false,
  isCompressed: false,
};
const wish = { isWanted: true, isFenced: false, isAllAtOnce: false };
const noWish = { isWanted: false, isFenced: false, isAllAtOnce: false };
const replicated = { state: 'replicated', baseDns: [exampleBaseDn] } as const;
const down = { condition: { state: 'down', reason: 'connect ECONNREFUSED' } } as const;

test('planTopology() restores the target and initialises the others in their order', () => {
  const silent = exampleReplica(3, {}, { entries: undefined, isWritable: false, isReplicating: true });

  assert.deepEqual(planTopology(exampleTopology([exampleReplica(1), exampleReplica(2), silent]), [userRoot], { ...wish, isFenced: true }), {
    baseDns: [exampleBaseDn],
    target: 'ds-1.example.com:4444',
    others: [
      { name: 'ds-2.example.com:4444', entriesNow: 2000, isWritable: true, isReplicating: true },
      { name: 'ds-3.example.com:4444', entriesNow: undefined, isWritable: false, isReplicating: true },
    ],
    isFenced: true,
    isAllAtOnce: false,
  });
});

const refusals = [
  [
    'a replica that is down',
    exampleTopology([exampleReplica(1), exampleReplica(2, down)]),
    {
      code: 'E_REPLICA_DOWN',
      message: 'Cannot restore the topology: its replica ds-2.example.com:4444 does not answer: connect ECONNREFUSED',
      hint: 'bring it up, or take it out of the topology (dsreplication disable), then run the restore again: one that comes back later would bring its old entries along',
    },
  ],
  [
    'a replica whose replication cannot be read',
    exampleTopology([exampleReplica(1), exampleReplica(2, { condition: { state: 'unknown', reason: 'cn=monitor may not be read' } })]),
    {
      code: 'E_REPLICATION_UNKNOWN',
      message:
        'Cannot restore the topology: the replication of its replica ds-2.example.com:4444 could not be read: cn=monitor may not be read',
    },
  ],
  [
    'a target that is newer than a replica',
    exampleTopology([exampleReplica(1), exampleReplica(2, { condition: { state: 'up', version: '5.0.2', domains: [] } })]),
    {
      code: 'E_SERVER_MISMATCH',
      message:
        'Cannot restore the topology from ds-1.example.com:4444: it runs version 5.0.3, and its replica ds-2.example.com:4444 the older 5.0.2, which would be initialised from it',
      hint: 'restore into ds-2.example.com:4444 instead, or bring all replicas to one version first',
    },
  ],
  [
    'backends that are not replicated',
    { ...exampleTopology(), baseDns: ['dc=other'] },
    {
      code: 'E_BACKEND_NOT_REPLICATED',
      message: 'Cannot restore the topology: of what is restored (userRoot) nothing is replicated',
      hint: 'leave out --topology: then this server alone is restored',
    },
  ],
  [
    'a topology whose other servers are not known',
    exampleTopology([exampleReplica(1)]),
    {
      code: 'E_REPLICATION_UNKNOWN',
      message: 'Cannot restore the topology: its servers could not be read from the one that is restored',
      hint: 'name them with --replication-servers (ROOTCELLAR_REPLICATION_SERVERS), then run the restore again',
    },
  ],
] as const;
for (const [what, state, refusal] of refusals) {
  test(`planTopology() refuses ${what}`, () => {
    assert.throws(() => planTopology(state, [userRoot], wish), refusal);
  });
}

test('assertTopologyWish() lets a lone server be restored, and a topology where that is asked for', () => {
  assertTopologyWish({ state: 'none' }, location, noWish);
  assertTopologyWish(replicated, location, wish, exampleTopology());
});

test('assertTopologyWish() never reads a status that failed as "not replicated"', () => {
  assert.throws(() => assertTopologyWish({ state: 'unknown', reason: 'cn=monitor may not be read' }, location, wish), {
    code: 'E_REPLICATION_UNKNOWN',
    message: `Cannot restore into ${location}: whether it is replicated could not be read: cn=monitor may not be read`,
    hint: 'give the account the privilege config-read, see that cn=monitor answers, then run the restore again',
  });
});

test('assertTopologyWish() refuses a replica alone, and names the cure that fits', () => {
  const refusal = {
    code: 'E_REPLICATED',
    message: `Cannot restore into ${location} alone: it replicates dc=example,dc=com with other servers, and a restore of one replica would be overwritten by them or spread to them`,
  };
  const whole = 'to bring all replicas to the state of the snapshot, add --topology (--plan shows what happens to each)';
  assert.throws(() => assertTopologyWish(replicated, location, noWish, exampleTopology()), {
    ...refusal,
    hint: `if only this replica is broken, initialise it from one that is well: "rootcellar initialize --from ds-2.example.com:4444"; ${whole}`,
  });
  assert.throws(() => assertTopologyWish(replicated, location, noWish, exampleTopology([exampleReplica(1), exampleReplica(2, down)])), {
    ...refusal,
    hint: whole,
  });
  assert.throws(() => assertTopologyWish(replicated, location, noWish), { ...refusal, hint: whole });
});

test('assertTopologyWish() refuses --topology for a server without replicas', () => {
  assert.throws(() => assertTopologyWish({ state: 'none' }, location, wish), {
    code: 'E_USAGE',
    message: `Cannot restore the topology of ${location}: this server is not replicated`,
  });
});

test('isWell() is said only of a replica that is up, has entries and replicates them', () => {
  assert.equal(isWell(exampleReplica(2)), true);
  assert.equal(isWell(exampleReplica(2, down)), false);
  for (const domain of [{ entries: 0 }, { entries: undefined }, { isReplicating: false }]) {
    assert.equal(isWell(exampleReplica(2, {}, domain)), false, JSON.stringify(domain));
  }
  assert.equal(isWell(exampleReplica(2, { condition: { state: 'up', version: '5.0.3', domains: [] } })), false);
});
