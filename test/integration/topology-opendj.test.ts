import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { DsreplicationTopologyOptions } from '../../src/directory-servers/dsreplication-topology.ts';
import { Attribute, Change } from 'ldapts';
import { ldapServerAt } from '../harness/ldap-server.ts';
import { startOpendj } from '../harness/opendj.ts';
import { temporaryFolder } from '../harness/temporary-folder.ts';
import { type OpendjTopology, startTopology } from '../harness/topology.ts';
import { clientOfTopology, describeUser, domainOf, replicaOf, replicating, serverAt } from '../harness/topology-client.ts';

const baseDns = ['dc=example,dc=com'];

describe('a topology of three OpenDJ servers', () => {
  let topology: OpendjTopology;
  before(async () => {
    topology = await startTopology({ servers: 3 });
  });
  after(() => topology[Symbol.asyncDispose]());

  it('read() tells of every replica, the target first', async () => {
    await using client = clientOfTopology(topology);
    const state = await client.read();
    assert.deepEqual(state.baseDns, baseDns);
    const [first, ...others] = topology.servers.map((server) => `localhost:${server.adminPort}`);
    assert.deepEqual(
      state.replicas.map(({ name }) => name),
      [first, ...others.toSorted()],
    );
    assert.deepEqual(
      state.replicas.map(({ isTarget }) => isTarget),
      [true, false, false],
    );
    for (const replica of state.replicas) {
      const { generationId, connectedTo, ...domain } = domainOf(replica);
      assert.match(generationId ?? '', /^\d+$/);
      assert.match(connectedTo ?? '', /:\d+$/);
      const expected = { baseDn: baseDns[0], backend: 'userRoot', entries: 53, missingChanges: 0, isReplicating: true, isWritable: true };
      assert.deepEqual(domain, expected);
    }
  });

  it('changeAbilities() of a replica keeps nothing by a control whose changes no other replica gets', async () => {
    const first = serverAt(topology, 0);
    const server = ldapServerAt(first);
    try {
      const { serverAttributes, storedPasswords } = await server.changeAbilities();
      const because = 'OpenDJ takes them only by a control whose changes are not replicated, and this server is a replica';
      assert.deepEqual(serverAttributes, { add: { isKept: false, because }, modify: { isKept: false, because } });
      const policy = 'cn=Default Password Policy,cn=Password Policies,cn=config';
      assert.deepEqual(storedPasswords.add, {
        isKept: false,
        because: `allow-pre-encoded-passwords is not true in the password policy ${policy}`,
      });
      const dn = 'uid=user.1,ou=People,dc=example,dc=com';
      const changes = [{ op: 'replace', name: 'createTimestamp', values: [Buffer.from('20200102030405Z')] }] as const;
      await server.applyChanges([[{ kind: 'modify', dn, changes }]], { onOutcome: (outcome) => assert.equal(outcome.state, 'refused') });
      const manager = await first.connect();
      await manager.modify(
        policy,
        new Change({ operation: 'replace', modification: new Attribute({ type: 'ds-cfg-allow-pre-encoded-passwords', values: ['true'] }) }),
      );
      await manager.unbind();
      const again = ldapServerAt(first);
      const password = [
        { op: 'replace', name: 'userPassword', values: [Buffer.from('{SSHA}gZ+TVVtSMsy7ci/BiA5jzkIa1n0N1tskA5oh0Q==')] },
      ] as const;
      assert.deepEqual((await again.changeAbilities()).storedPasswords.modify, {
        isKept: true,
        how: 'allow-pre-encoded-passwords of the password policies',
      });
      assert.deepEqual(await again.applyChanges([[{ kind: 'modify', dn, changes: password }]]), { applied: 1, refused: 0 });
      await again.close();
      await topology.waitUntilReplicated();
    } finally {
      await server.close();
    }
  });

  it('read() reaches the replicas by the addresses of replication.servers, the target by another name among them', async () => {
    const [, second, third] = topology.servers.map((server) => server.ldapsUrl);
    const other = `ldaps://localhost:${serverAt(topology, 0).ldapsPort}`;
    assert.ok(second !== undefined && third !== undefined);
    await using client = clientOfTopology(topology, { servers: [third, other, second] });
    const { replicas } = await client.read();
    assert.deepEqual(
      replicas.map(({ url, isTarget }) => [url, isTarget]),
      [
        [serverAt(topology, 0).ldapsUrl, true],
        [third, false],
        [second, false],
      ],
    );
    assert.deepEqual(
      replicas.map(({ administration }) => administration.port),
      [0, 2, 1].map((index) => serverAt(topology, index).adminPort),
    );
    assert.deepEqual(await replicating(client, topology), [true, true, true]);
  });

  it('read() refuses replication.servers that are fewer than the topology has, the same one twice among them', async () => {
    const { ldapsUrl, ldapsPort } = serverAt(topology, 1);
    await using client = clientOfTopology(topology, { servers: [ldapsUrl, `ldaps://localhost:${ldapsPort}`] });
    const named = `names 2 of its servers with ${serverAt(topology, 0).ldapsUrl}, and the topology knows 3`;
    await assert.rejects(client.read(), {
      code: 'E_REPLICATION_SETTINGS',
      exitCode: 2,
      message: `Cannot read the topology: the setting replication.servers ${named}`,
    });
  });

  it('suspend() stops replication between all of them, resume() begins it again, and each may be said twice', async () => {
    await using client = clientOfTopology(topology);
    await client.suspend(baseDns);
    assert.deepEqual(await replicating(client, topology), [false, false, false]);
    await client.suspend(baseDns);
    assert.deepEqual(await replicating(client, topology), [false, false, false]);
    await client.resume(baseDns);
    assert.deepEqual(await replicating(client, topology), [true, true, true]);
    await client.resume(baseDns);
    assert.deepEqual(await replicating(client, topology), [true, true, true]);
    await describeUser(serverAt(topology, 1), 'after resuming');
    await topology.waitUntilReplicated();
  });

  it('initialize() gives the receiver the entries of the source, and leaves the other as it is', async () => {
    await using client = clientOfTopology(topology);
    await client.suspend(baseDns);
    const [source, receiver, other] = [serverAt(topology, 0), serverAt(topology, 1), serverAt(topology, 2)];
    await describeUser(source, 'only on the source');
    const before = await topology.digestOn(other);
    const { replicas } = await client.read();
    await client.initialize({ from: replicaOf(replicas, source), to: replicaOf(replicas, receiver), baseDns });
    assert.equal(await topology.digestOn(receiver), await topology.digestOn(source));
    assert.equal(await topology.digestOn(other), before);
    await client.initialize({ from: replicaOf(replicas, source), to: replicaOf(replicas, other), baseDns });
    await client.resume(baseDns);
    assert.equal(await topology.digestOn(other), await topology.digestOn(source));
    assert.deepEqual(await replicating(client, topology), [true, true, true]);
  });

  it('fence() has one replica refuse the writes of clients, the directory manager too, while replication goes on', async () => {
    await using client = clientOfTopology(topology);
    const { replicas } = await client.read();
    const [fenced, other] = [serverAt(topology, 1), serverAt(topology, 0)];
    const fence = await client.fence(replicaOf(replicas, fenced), baseDns);
    assert.deepEqual(fence.backends, [{ id: 'userRoot', writability: 'enabled' }]);
    await assert.rejects(describeUser(fenced, 'refused'), /read-only/);
    await fenced.restart();
    await assert.rejects(describeUser(fenced, 'refused after a restart'), /read-only/);
    assert.deepEqual((await client.planFence(replicaOf(replicas, fenced), baseDns)).backends, [
      { id: 'userRoot', writability: 'internal-only' },
    ]);
    await describeUser(other, 'passes the fence');
    await topology.waitUntilReplicated();
    assert.deepEqual(
      (await client.read()).replicas.map((replica) => domainOf(replica).isWritable),
      replicas.map((replica) => replica.name !== fence.replica),
    );
    await client.unfence(fence);
    await describeUser(fenced, 'welcome again');
    await topology.waitUntilReplicated();
  });

  it('a wrong password of the administrator is said so, and changes nothing', async () => {
    await using folder = await temporaryFolder();
    const adminPasswordFile = path.join(folder.path, 'password');
    await writeFile(adminPasswordFile, 'not-the-password', { mode: 0o600 });
    await using client = clientOfTopology(topology, { adminPasswordFile });
    await assert.rejects(client.suspend(baseDns), {
      code: 'E_BIND_REFUSED',
      message: 'Cannot suspend replication: the servers know no administrator "admin" with this password',
    });
    assert.deepEqual(await replicating(client, topology), [true, true, true]);
  });

  for (const [missing, options, message] of [
    ['server.home', { home: undefined }, /the setting server\.home is not set, so the server's program bin\/dsreplication is not known$/],
    ['its password', { adminPasswordFile: undefined }, /the setting replication\.adminPasswordFile is not set$/],
  ] as const satisfies readonly (readonly [string, Partial<DsreplicationTopologyOptions>, RegExp])[]) {
    it(`without ${missing} nothing is begun`, async () => {
      await using client = clientOfTopology(topology, options);
      const { replicas } = await client.read();
      const [from, to] = [replicas[0], replicas[1]];
      assert.ok(from !== undefined && to !== undefined);
      for (const call of [client.suspend(baseDns), client.resume(baseDns), client.initialize({ from, to, baseDns })]) {
        await assert.rejects(call, { code: 'E_REPLICATION_SETTINGS', exitCode: 2, message });
      }
      assert.deepEqual(await replicating(client, topology), [true, true, true]);
    });
  }
});

describe('a server that replicates with none', () => {
  it('read() tells of it alone, and of no base DN', async () => {
    await using server = await startOpendj();
    await using folder = await temporaryFolder();
    const adminPasswordFile = path.join(folder.path, 'password');
    await writeFile(adminPasswordFile, server.password, { mode: 0o600 });
    await using client = clientOfTopology({ servers: [server], caFile: server.caFile, adminUid: 'admin', adminPasswordFile });
    const { baseDns: replicated, replicas } = await client.read();
    assert.deepEqual(replicated, []);
    assert.deepEqual(
      replicas.map(({ isTarget, condition }) => [isTarget, condition]),
      [[true, { state: 'up', version: '5.0.3', domains: [] }]],
    );
  });
});
