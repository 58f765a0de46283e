import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { Attribute, Change, Client } from 'ldapts';
import { DsreplicationTopology } from '../../src/directory-servers/dsreplication-topology.ts';
import { Secret } from '../../src/foundation/secret.ts';
import { type PingDirectoryDouble, startPingDirectoryDouble } from '../harness/pingdirectory-double/pingdirectory-double.ts';
import { realClock } from '../harness/real-clock.ts';

const baseDn = 'dc=example,dc=com';
const replicaDn = 'cn=Replica dc_example_dc_com,cn=monitor';
const summaryDn = 'cn=Replication Summary dc_example_dc_com,cn=monitor';

describe('a topology as PingDirectory keeps it', () => {
  let double: PingDirectoryDouble;
  let client: Client;
  let topology: DsreplicationTopology;
  before(async () => {
    double = await startPingDirectoryDouble();
    const ca = await readFile(double.caFile, 'utf8');
    client = new Client({ url: double.ldapsUrl, tlsOptions: { ca } });
    await client.bind(double.bindDn, double.password);
    await addReplica(client, new URL(double.ldapsUrl).port);
    topology = new DsreplicationTopology({
      target: {
        url: double.ldapsUrl,
        bindDn: double.bindDn,
        readPassword: async () => new Secret(double.password),
        readCa: async () => ca,
        timeoutMilliseconds: 10_000,
      },
      home: undefined,
      adminUid: 'admin',
      adminPasswordFile: undefined,
      readAdminPassword: () => assert.fail('nothing is tried of PingDirectory'),
      caFile: double.caFile,
      connect: () => assert.fail('nobody connects here'),
      clock: realClock,
    });
  });
  after(async () => {
    await topology.close();
    await client.unbind();
    await double[Symbol.asyncDispose]();
  });

  it('read() finds its servers by their instances, and the state of each in its monitor', async () => {
    const port = Number(new URL(double.ldapsUrl).port);
    const { baseDns, replicas } = await topology.read();
    assert.deepEqual(baseDns, [baseDn]);
    const domain = {
      baseDn,
      backend: 'userRoot',
      entries: 2,
      generationId: '15',
      connectedTo: 'pingdirectory-0:8989',
      missingChanges: 4,
      isReplicating: true,
      isWritable: true,
    };
    assert.deepEqual(replicas[0], {
      name: 'pingdirectory-0',
      url: double.ldapsUrl,
      administration: { host: 'localhost', port },
      isTarget: true,
      condition: { state: 'up', version: '10.3.0.0', domains: [domain] },
    });
    assert.equal(replicas[1]?.name, 'pingdirectory-1');
    assert.equal(replicas[1].url, 'ldaps://localhost:1');
    assert.deepEqual(replicas[1].administration, { host: 'localhost', port: 1 });
    assert.equal(replicas[1].condition.state, 'down');
    assert.equal(replicas.length, 2);
  });

  it('a replica whose replication server is of another generation is not replicating', async () => {
    const serverOf = (generation: string): string => `server-id="12" server="pingdirectory-0:8989" generation-id="${generation}"`;
    await replace(client, summaryDn, 'replication-server', serverOf('-1'));
    try {
      const { condition } = (await topology.read()).replicas[0] ?? assert.fail();
      assert.equal(condition.state === 'up' && condition.domains[0]?.isReplicating, false);
    } finally {
      await replace(client, summaryDn, 'replication-server', serverOf('15'));
    }
  });

  it('fence() and unfence() change the writability mode of the backend, and the plan of a fence changes nothing', async () => {
    const { replicas } = await topology.read();
    const [target] = replicas;
    assert.ok(target !== undefined);
    const expected = { replica: 'pingdirectory-0', backends: [{ id: 'userRoot', writability: 'enabled' }] };
    assert.deepEqual(await topology.planFence(target, [baseDn]), expected);
    assert.equal(await modeOf(client), 'enabled');
    assert.deepEqual(await topology.fence(target, [baseDn]), expected);
    assert.equal(await modeOf(client), 'internal-only');
    assert.deepEqual(await topology.planFence(target, [baseDn]), {
      ...expected,
      backends: [{ id: 'userRoot', writability: 'internal-only' }],
    });
    await topology.unfence(expected);
    assert.equal(await modeOf(client), 'enabled');
    await assert.rejects(topology.fence(target, ['dc=elsewhere']), {
      code: 'E_BACKEND_MISSING',
      message: 'Cannot fence pingdirectory-0: it has no backend for dc=elsewhere',
    });
  });

  it('read() takes no replica for alone because it shows no list of the others', async () => {
    const instances = ['pingdirectory-0', 'pingdirectory-1'].map((name) => `cn=${name},cn=Server Instances,cn=Topology,cn=config`);
    for (const dn of instances) await client.del(dn);
    try {
      await assert.rejects(topology.read(), {
        code: 'E_REPLICATION_SETTINGS',
        message: `Cannot read the topology: ${double.ldapsUrl} replicates with other servers, but shows no list of them to this account`,
      });
    } finally {
      await addInstances(client, new URL(double.ldapsUrl).port);
    }
  });
});

async function addInstances(client: Client, ownPort: string): Promise<void> {
  for (const [name, port] of [
    ['pingdirectory-0', ownPort],
    ['pingdirectory-1', '1'],
  ] as const) {
    await client.add(`cn=${name},cn=Server Instances,cn=Topology,cn=config`, {
      objectClass: ['ds-cfg-server-instance', 'ds-cfg-data-store-server-instance'],
      'ds-cfg-server-instance-name': name,
      'ds-cfg-hostname': 'localhost',
      'ds-cfg-ldaps-port': port,
    });
  }
}

async function addReplica(client: Client, ownPort: string): Promise<void> {
  const userRoot = { objectClass: 'ds-cfg-local-db-backend', 'ds-cfg-backend-id': 'userRoot', 'ds-cfg-base-dn': baseDn };
  await client.add('ds-cfg-backend-id=userRoot,cn=Backends,cn=config', { ...userRoot, 'ds-cfg-writability-mode': 'enabled' });
  await client.add('cn=Topology,cn=config', { objectClass: 'ds-cfg-branch' });
  await client.add('cn=Server Instances,cn=Topology,cn=config', { objectClass: 'ds-cfg-branch' });
  await addInstances(client, ownPort);
  const replica = { 'base-dn': baseDn, 'replica-id': '10', 'generation-id': '15', 'connected-to': 'pingdirectory-0:8989' };
  await client.add(replicaDn, { objectClass: 'ds-replica-monitor-entry', 'replication-backlog': '4', ...replica });
  const server = 'server-id="12" server="pingdirectory-0:8989" generation-id="15"';
  await client.add(summaryDn, {
    objectClass: 'ds-replication-server-summary-monitor-entry',
    'base-dn': baseDn,
    'replication-server': server,
  });
}

async function replace(client: Client, dn: string, type: string, value: string): Promise<void> {
  await client.modify(dn, new Change({ operation: 'replace', modification: new Attribute({ type, values: [value] }) }));
}

async function modeOf(client: Client): Promise<unknown> {
  const dn = 'ds-cfg-backend-id=userRoot,cn=Backends,cn=config';
  const { searchEntries } = await client.search(dn, { scope: 'base', attributes: ['ds-cfg-writability-mode'] });
  return searchEntries[0]?.['ds-cfg-writability-mode'];
}
