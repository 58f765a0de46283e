import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { ProgressEvent } from '../../../src/foundation/progress.ts';
import type { OpendjServer } from '../../harness/opendj.ts';
import { eventually, type OpendjTopology, startTopology } from '../../harness/topology.ts';
import {
  clientOfTopology,
  describeUser,
  domainOf,
  replaceValue,
  replicaOf,
  replicating,
  serverAt,
  withConnection,
} from '../../harness/topology-client.ts';

const baseDns = ['dc=example,dc=com'];

describe('trouble in a topology of three OpenDJ servers', () => {
  let topology: OpendjTopology;
  let first: OpendjServer;
  let second: OpendjServer;
  let third: OpendjServer;
  before(async () => {
    topology = await startTopology({ servers: 3 });
    [first, second, third] = [serverAt(topology, 0), serverAt(topology, 1), serverAt(topology, 2)];
  });
  after(() => topology[Symbol.asyncDispose]());

  const digests = (): Promise<string[]> => Promise.all(topology.servers.map((server) => topology.digestOn(server)));

  it('a replica that is down is told as such, and suspend() leaves the others as they are', async () => {
    await using client = clientOfTopology(topology);
    const name = `localhost:${third.adminPort}`;
    const { replicas } = await client.read();
    const before = await topology.digestOn(first);
    await third.kill();
    try {
      const { condition } = replicaOf((await client.read()).replicas, third);
      const reason = `Cannot connect to ldaps://localhost:${third.ldapsPort}: nothing listens there`;
      assert.deepEqual(condition, { state: 'down', reason });
      await assert.rejects(client.suspend(baseDns), {
        code: 'E_REPLICA_DOWN',
        message: `Cannot suspend replication: of the topology's servers ${name} is not up (${reason})`,
      });
      await assert.rejects(client.initialize({ from: replicaOf(replicas, first), to: replicaOf(replicas, third), baseDns }), {
        code: 'E_SERVER_UNREACHABLE',
      });
      assert.deepEqual(await replicating(client, topology), [true, true, undefined]);
      assert.deepEqual([await topology.digestOn(first), await topology.digestOn(second)], [before, before]);
    } finally {
      await third.restart();
    }
    await describeUser(first, 'told to the one that was down');
    await topology.waitUntilReplicated();
  });

  it('a replica that does not let the account in is unknown, and suspend() refuses', async () => {
    const account = 'cn=Directory Manager,cn=Root DNs,cn=config';
    const name = `localhost:${second.adminPort}`;
    await withConnection(second, async (connection) => {
      await replaceValue(connection, account, 'ds-cfg-alternate-bind-dn', 'cn=Somebody Else');
      try {
        await using client = clientOfTopology(topology);
        const { condition } = replicaOf((await client.read()).replicas, second);
        const reason = `Cannot bind to ldaps://localhost:${second.ldapsPort} as "cn=Directory Manager": the server knows no such account with this password`;
        assert.deepEqual(condition, { state: 'unknown', reason });
        const message = `Cannot suspend replication: of the topology's servers ${name} is not up (${reason})`;
        await assert.rejects(client.suspend(baseDns), { code: 'E_REPLICA_DOWN', message });
      } finally {
        await replaceValue(connection, account, 'ds-cfg-alternate-bind-dn', 'cn=Directory Manager');
      }
    });
    await using client = clientOfTopology(topology);
    assert.deepEqual(await replicating(client, topology), [true, true, true]);
  });

  it('a replica whose entries were imported alone is not replicating, until it is initialised', async () => {
    await using client = clientOfTopology(topology);
    const ldif = path.join(second.folder, 'ldif', 'alone.ldif');
    await runTask(second, 'export', { 'ds-task-export-ldif-file': ldif, 'ds-task-export-backend-id': 'userRoot' });
    await runTask(second, 'import', {
      'ds-task-import-ldif-file': ldif,
      'ds-task-import-backend-id': 'userRoot',
      'ds-task-import-clear-backend': 'TRUE',
      // An export has the generation in it; without it the server makes one of the names of the entries.
      'ds-task-import-exclude-attribute': ['ds-sync-generation-id', 'ds-sync-state', 'ds-sync-hist'],
      'ds-task-import-exclude-filter': '(uid=user.7)',
    });
    await eventually('the replica is of another generation', 60_000, async () => (await replicating(client, topology))[1] === false);
    assert.deepEqual(await replicating(client, topology), [true, false, true]);
    const { replicas } = await client.read();
    assert.notEqual(domainOf(replicaOf(replicas, second)).generationId, domainOf(replicaOf(replicas, first)).generationId);
    await client.initialize({ from: replicaOf(replicas, first), to: replicaOf(replicas, second), baseDns });
    assert.deepEqual(await replicating(client, topology), [true, true, true]);
    await topology.waitUntilReplicated();
  });

  it('what is written to a replica while replication is suspended stays there, unnoticed, until it is initialised', async () => {
    await using client = clientOfTopology(topology);
    await client.suspend(baseDns);
    await describeUser(second, 'written while suspended');
    await client.resume(baseDns);
    const { replicas } = await client.read();
    for (const replica of replicas) {
      const { isReplicating, missingChanges } = domainOf(replica);
      assert.deepEqual([isReplicating, missingChanges], [true, 0]);
    }
    const [one, two, three] = await digests();
    assert.equal(one, three);
    assert.notEqual(one, two);
    await client.initialize({ from: replicaOf(replicas, first), to: replicaOf(replicas, second), baseDns });
    assert.equal(await topology.digestOn(second), one);
  });

  it('fenced and suspended, one is restored, the others initialised from it, and all have what the backup has', async () => {
    await using client = clientOfTopology(topology);
    const { replicas } = await client.read();
    const target = await client.connect(replicaOf(replicas, first));
    const [kept] = await digests();
    const set = { backend: 'userRoot', folder: path.join(first.folder, 'bak', 'userRoot'), backupId: 'kept' };
    await target.backUp({ ...set, compress: false, encrypt: false });
    await describeUser(second, 'after the backup');
    await topology.waitUntilReplicated();
    const fences = await Promise.all(replicas.map((replica) => client.fence(replica, baseDns)));
    await client.suspend(baseDns);
    await target.restore(set);
    assert.deepEqual(await replicating(client, topology), [false, false, false]);
    for (const server of topology.servers) await assert.rejects(describeUser(server, 'refused'), /read-only/);
    for (const to of replicas.filter(({ isTarget }) => !isTarget)) {
      await client.initialize({ from: replicaOf(replicas, first), to, baseDns });
    }
    await client.resume(baseDns);
    assert.deepEqual(await digests(), [kept, kept, kept]);
    for (const fence of fences) await client.unfence(fence);
    assert.deepEqual(await replicating(client, topology), [true, true, true]);
    for (const [index, server] of topology.servers.entries()) await describeUser(server, 'and on', index);
    await topology.waitUntilReplicated();
    await target.close();
  });

  it('initialize() that is interrupted goes on among the servers, and the next one makes them equal', async () => {
    await using client = clientOfTopology(topology);
    const { replicas } = await client.read();
    const request = { from: replicaOf(replicas, first), to: replicaOf(replicas, third), baseDns };
    const stop = new AbortController();
    const report = (event: ProgressEvent): void => {
      if (event.kind === 'note' && /Initializing base DN/.test(event.text)) stop.abort();
    };
    await assert.rejects(client.initialize(request, { signal: stop.signal, report }), { code: 'E_INTERRUPTED', exitCode: 130 });
    await client.initialize(request);
    assert.equal(new Set(await digests()).size, 1);
    assert.deepEqual(await replicating(client, topology), [true, true, true]);
  });

  it('initialize() waits for the end of an initialization that a killed program left', async () => {
    await using client = clientOfTopology(topology);
    const { replicas } = await client.read();
    const source = await serverIdOf(third);
    const notes: string[] = [];
    // A source that answers nothing keeps the task running for as long as the test wants it.
    process.kill(third.pid, 'SIGSTOP');
    try {
      await addInitialization(second, source, 'left-behind');
      const report = (event: ProgressEvent): void => {
        if (event.kind === 'note') notes.push(event.text);
        process.kill(third.pid, 'SIGCONT');
      };
      await client.initialize({ from: replicaOf(replicas, first), to: replicaOf(replicas, second), baseDns }, { report });
    } finally {
      process.kill(third.pid, 'SIGCONT');
    }
    assert.equal(
      notes[0],
      `An initialization that was begun before is still under way on ldaps://localhost:${second.ldapsPort}; waiting for its end`,
    );
    assert.equal(new Set(await digests()).size, 1);
  });

  it('initialize() tells of an initialization whose source has died, and a restart of the receiver ends that', async () => {
    await using client = clientOfTopology(topology, { patienceMilliseconds: 1500 });
    const { replicas } = await client.read();
    const before = await topology.digestOn(first);
    const source = await serverIdOf(third);
    process.kill(third.pid, 'SIGSTOP');
    await addInitialization(second, source, 'orphan');
    await third.kill();
    const request = { from: replicaOf(replicas, first), to: replicaOf(replicas, second), baseDns };
    const [name, source1] = [request.to.name, request.from.name];
    await assert.rejects(client.initialize(request), {
      code: 'E_INITIALIZATION_STUCK',
      message: `Cannot initialize ${name} from ${source1}: an initialization that was begun before on ${request.to.url} shows no progress for 2 s`,
    });
    assert.deepEqual([await topology.digestOn(first), await topology.digestOn(second)], [before, before]);
    await Promise.all([second.restart(), third.restart()]);
    await client.initialize(request);
    assert.equal(new Set(await digests()).size, 1);
    assert.deepEqual(await replicating(client, topology), [true, true, true]);
  });
});

/** What `dsreplication initialize` adds to the receiver, and what is left there when it is killed. */
async function addInitialization(to: OpendjServer, source: string, id: string): Promise<void> {
  await withConnection(to, (connection) =>
    connection.add(`ds-task-id=${id},cn=Scheduled Tasks,cn=tasks`, {
      objectClass: ['top', 'ds-task', 'ds-task-initialize-from-remote-replica'],
      'ds-task-id': id,
      'ds-task-class-name': 'org.opends.server.tasks.InitializeTask',
      'ds-task-initialize-domain-dn': to.baseDn,
      'ds-task-initialize-replica-server-id': source,
    }),
  );
}

/** The ID by which replication knows the server's replica of the base DN. */
async function serverIdOf(server: OpendjServer): Promise<string> {
  const filter = `(&(objectClass=ds-cfg-replication-domain)(ds-cfg-base-dn=${server.baseDn}))`;
  const search = { filter, attributes: ['ds-cfg-server-id'] };
  const { searchEntries } = await withConnection(server, (connection) => connection.search('cn=config', search));
  return String(searchEntries[0]?.['ds-cfg-server-id']);
}

async function runTask(
  server: OpendjServer,
  kind: 'export' | 'import',
  attributes: Readonly<Record<string, string | string[]>>,
): Promise<void> {
  const id = `test-${kind}-${Date.now()}`;
  const dn = `ds-task-id=${id},cn=Scheduled Tasks,cn=tasks`;
  await withConnection(server, async (connection) => {
    const className = `org.opends.server.tasks.${kind === 'export' ? 'Export' : 'Import'}Task`;
    const common = { objectClass: ['top', 'ds-task', `ds-task-${kind}`], 'ds-task-id': id, 'ds-task-class-name': className };
    await connection.add(dn, { ...common, ...attributes });
    await eventually('the task is done', 30_000, async () => {
      const { searchEntries } = await connection.search(dn, { scope: 'base', attributes: ['ds-task-state'] });
      return searchEntries[0]?.['ds-task-state'] === 'COMPLETED_SUCCESSFULLY';
    });
  });
}
