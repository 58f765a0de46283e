import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Attribute, Change, type Client } from 'ldapts';
import { compareHealth } from '../../src/domain/server-health.ts';
import type { OpendjServer } from '../harness/opendj.ts';
import { runProgram } from '../harness/run-program.ts';
import { temporaryFolder } from '../harness/temporary-folder.ts';
import { eventually, type OpendjTopology, startTopology } from '../harness/topology.ts';
import { serverAt } from '../harness/topology-client.ts';
import { ldapServerAt } from '../harness/ldap-server.ts';

const well = { backendsOutOfService: [], isConnected: true, backlog: 0, runningTasks: 0, reasons: [] };

describe('health() of two OpenDJ servers that replicate', () => {
  let topology: OpendjTopology;
  let first: OpendjServer;
  let second: OpendjServer;
  before(async () => {
    topology = await startTopology({ servers: 2 });
    [first, second] = [serverAt(topology, 0), serverAt(topology, 1)];
  });
  after(() => topology[Symbol.asyncDispose]());

  const healthOf = async (server: OpendjServer, account: { readonly bindDn: string; readonly password: string } = server) => {
    const port = ldapServerAt({ ...account, ldapsUrl: server.ldapsUrl, caFile: topology.caFile });
    try {
      return await port.health();
    } finally {
      await port.close();
    }
  };
  const withClient = async (server: OpendjServer, work: (client: Client) => Promise<unknown>): Promise<void> => {
    const client = await server.connect();
    try {
      await work(client);
    } finally {
      await client.unbind();
    }
  };

  it('each is well while nothing happens', async () => {
    assert.deepEqual(await healthOf(first), well);
    assert.deepEqual(await healthOf(second), well);
  });

  it('one that was down is behind until it has applied what was added meanwhile, and the other one is preferred', async () => {
    await second.stop();
    await assert.rejects(healthOf(second), { code: 'E_SERVER_UNREACHABLE' });
    const people = 3000;
    await withClient(first, async (client) => {
      for (let from = 0; from < people; from += 100) {
        await Promise.all(Array.from({ length: 100 }, (_, index) => addPerson(client, from + index)));
      }
    });
    assert.deepEqual(await healthOf(first), well);

    await second.restart();
    const behind = await healthOf(second);
    const ahead = await healthOf(first);

    assert.ok((behind.backlog ?? 0) > 100 && (behind.backlog ?? 0) <= people, JSON.stringify(behind));
    assert.deepEqual(behind.reasons, [`changes of other replicas that the server has still to apply: ${behind.backlog}`]);
    assert.deepEqual(ahead, well);
    assert.ok(compareHealth(ahead, behind) < 0);
    await eventually('the server has applied all', 60_000, async () => (await healthOf(second)).backlog === 0);
    assert.equal(await topology.digestOn(second), await topology.digestOn(first));
    assert.deepEqual(await healthOf(second), well);
  });

  it('tasks that run are counted, those that wait for their time are not', async () => {
    await using folder = await temporaryFolder('health');
    const ldifFile = path.join(folder.path, 'export.ldif');
    // The export writes into a pipe, and so runs until somebody reads it.
    await runProgram('mkfifo', [ldifFile], { folder: folder.path });
    const addExport = (client: Client, id: string, more: Readonly<Record<string, string>>) =>
      client.add(`ds-task-id=${id},cn=Scheduled Tasks,cn=tasks`, {
        objectClass: ['top', 'ds-task', 'ds-task-export'],
        'ds-task-id': id,
        'ds-task-class-name': 'org.opends.server.tasks.ExportTask',
        'ds-task-export-ldif-file': ldifFile,
        'ds-task-export-backend-id': 'userRoot',
        ...more,
      });
    await withClient(second, async (client) => {
      await addExport(client, 'waits', { 'ds-task-scheduled-start-time': '20991231000000Z' });
      assert.deepEqual(await healthOf(second), well);
      await addExport(client, 'runs', {});
    });
    await eventually('the task is seen running', 60_000, async () => (await healthOf(second)).runningTasks === 1);
    const busy = await healthOf(second);
    assert.deepEqual(busy, { ...well, runningTasks: 1, reasons: ['tasks that the server runs: 1'] });
    assert.ok(compareHealth(await healthOf(first), busy) < 0);

    assert.match(await readFile(ldifFile, 'utf8'), /^dn: dc=example,dc=com$/m);
    await eventually('the task is over', 60_000, async () => (await healthOf(second)).runningTasks === 0);
  });

  it('a backend that refuses writes, as in the middle of a restore, speaks against the server', async () => {
    await setWritability(second, 'internal-only');
    try {
      const fenced = await healthOf(second);
      const reasons = ['backend "userRoot" is internal-only for writes'];
      assert.deepEqual(fenced, { ...well, backendsOutOfService: ['userRoot'], reasons });
      assert.ok(compareHealth(await healthOf(first), fenced) < 0);
    } finally {
      await setWritability(second, 'enabled');
    }
    assert.deepEqual(await healthOf(second), well);
  });

  it('an account without privileges is told less, and never "well"', async () => {
    const dn = 'uid=user.1,ou=People,dc=example,dc=com';
    const password = 'Little2See!';
    const replace = (type: string, value: string) =>
      new Change({ operation: 'replace', modification: new Attribute({ type, values: [value] }) });
    await withClient(first, (client) => client.modify(dn, replace('userPassword', password)));
    const little = await healthOf(first, { bindDn: dn, password });

    // OpenDJ lets everyone read its monitor and its tasks; its configuration takes the privilege config-read.
    assert.deepEqual(little, { backendsOutOfService: [], runningTasks: 0, reasons: ['whether the server is a replica cannot be read'] });
    assert.ok(compareHealth(await healthOf(first), little) < 0);
  });

  const setWritability = (server: OpendjServer, mode: string) =>
    withClient(server, (client) =>
      client.modify(
        'ds-cfg-backend-id=userRoot,cn=Backends,cn=config',
        new Change({ operation: 'replace', modification: new Attribute({ type: 'ds-cfg-writability-mode', values: [mode] }) }),
      ),
    );
});

function addPerson(client: Client, index: number): Promise<void> {
  const uid = `new.${index}`;
  const objectClass = ['top', 'person', 'organizationalPerson', 'inetOrgPerson'];
  return client.add(`uid=${uid},ou=People,dc=example,dc=com`, { objectClass, uid, cn: uid, sn: uid, description: 'x'.repeat(200) });
}
