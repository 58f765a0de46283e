import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeDomains } from './judge-domains.ts';
import type { DomainReading, ReplicaReading } from './read-replica.ts';

const baseDn = 'dc=example,dc=com';

function reading(
  domain: Partial<DomainReading>,
  generationId: string | undefined = '4711',
  parts: Partial<ReplicaReading> = {},
): ReplicaReading {
  const own = {
    baseDn,
    backend: 'userRoot',
    entries: 53,
    generationId: '4711',
    connectedTo: 'ds-1:8989',
    missingChanges: undefined,
    isWritable: true,
    serverId: '1',
    saysNormal: true,
    ...domain,
  };
  const replicationServers = generationId === undefined ? [] : [{ baseDn, port: '8989', generationId }];
  return { version: '5.0.3', domains: [own], replicationServers, missing: [], ...parts };
}

function isReplicating(one: ReplicaReading, others: readonly ReplicaReading[] = []): boolean | undefined {
  return judgeDomains(one, [one, ...others])[0]?.isReplicating;
}

test('judgeDomains() takes a replica for replicating that is connected, normal and of the generation of its replication server', () => {
  assert.equal(isReplicating(reading({})), true);
});

test('judgeDomains() does not believe a replica that calls itself normal while the replication servers have no generation', () => {
  assert.equal(isReplicating(reading({}, '-1')), false);
});

test('judgeDomains() takes none for replicating that is not connected, not normal, or without a generation', () => {
  assert.equal(isReplicating(reading({ connectedTo: undefined })), false);
  assert.equal(isReplicating(reading({ saysNormal: false })), false);
  assert.equal(isReplicating(reading({ generationId: undefined })), false);
});

test('judgeDomains() asks the others where a replica is connected to a replication server of another process', () => {
  const alone = reading({ connectedTo: 'ds-2:9989', serverId: '2' }, undefined);
  const other = (generationId: string): ReplicaReading =>
    reading({}, generationId, {
      replicationServers: [{ baseDn: 'DC=example, DC=com', port: '9989', generationId }],
      missing: [{ baseDn, serverId: '2', changes: 7 }],
    });
  assert.equal(isReplicating(alone, [other('4711')]), true);
  assert.equal(isReplicating(alone, [other('42')]), false);
  assert.equal(judgeDomains(alone, [alone, other('4711')])[0]?.missingChanges, 7);
});

test('judgeDomains() counts on what a replica says where no replication server can be read', () => {
  assert.equal(isReplicating(reading({}, undefined)), true);
  assert.equal(isReplicating(reading({ saysNormal: false }, undefined)), false);
});

test('judgeDomains() tells nothing that only it needs', () => {
  const [domain] = judgeDomains(reading({ missingChanges: 3 }), []);
  assert.deepEqual(domain, {
    baseDn,
    backend: 'userRoot',
    entries: 53,
    generationId: '4711',
    connectedTo: 'ds-1:8989',
    missingChanges: 3,
    isWritable: true,
    isReplicating: true,
  });
});
