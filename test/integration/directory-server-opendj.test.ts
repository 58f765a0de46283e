import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import path from 'node:path';
import { pipeline } from 'node:stream';
import { after, before, suite, test } from 'node:test';
import { Attribute, Change } from 'ldapts';
import type { LdapDirectoryServer } from '../../src/directory-servers/ldap-directory-server.ts';
import { type LdapDirectoryServerOptions } from '../../src/directory-servers/ldap-directory-server.ts';
import { ToolsDirectoryServer } from '../../src/directory-servers/tools-directory-server.ts';
import { isFailure } from '../../src/foundation/failure.ts';
import { Secret } from '../../src/foundation/secret.ts';
import { directoryServerContract } from '../contracts/directory-server.ts';
import { type OpendjServer, startOpendj } from '../harness/opendj.ts';
import { runProgram } from '../harness/run-program.ts';
import { type TemporaryFolder, temporaryFolder } from '../harness/temporary-folder.ts';
import { ldapServerAt } from '../harness/ldap-server.ts';

let opendj: OpendjServer;
let folder: TemporaryFolder;
let entries: number;
before(async () => {
  opendj = await startOpendj();
  folder = await temporaryFolder('directory-server');
  const client = await opendj.connect();
  const { searchEntries } = await client.search(opendj.baseDn, { scope: 'sub', attributes: ['1.1'] });
  entries = searchEntries.length;
  await client.unbind();
});
after(async () => {
  await folder.remove();
  await opendj[Symbol.asyncDispose]();
});

function overLdap(options: Partial<LdapDirectoryServerOptions> = {}): LdapDirectoryServer {
  return ldapServerAt(opendj, options);
}

const subjectIn = (name: string, server: LdapDirectoryServer | ToolsDirectoryServer, isRunning = true) => ({
  server,
  folder: path.join(folder.path, name),
  baseDn: opendj.baseDn,
  entries,
  isRunning,
});

suite('LdapDirectoryServer before a real OpenDJ', () => {
  let server: LdapDirectoryServer;
  before(() => {
    server = overLdap();
  });
  after(() => server.close());
  directoryServerContract(() => subjectIn('ldap', server));

  test('describe() reads the database size and that there is no replication', async () => {
    const description = await server.describe();

    assert.ok((description.backends[0]?.databaseBytes ?? 0) > 10_000);
    assert.deepEqual(description.replication, { state: 'none' });
    assert.ok(description.instanceName?.endsWith(`:${opendj.folder}`));
  });

  test('describe() tells the time of the server', async () => {
    const { time = '' } = await server.describe();

    assert.ok(Math.abs(Date.parse(time) - Date.now()) < 60_000, time);
  });

  test('readEntries() of a base that is not there rejects', async () => {
    await assert.rejects(Array.fromAsync(server.readEntries('dc=nowhere')), /dc=nowhere/);
  });

  test('missingPrivileges() finds that the directory manager lacks nothing', async () => {
    assert.deepEqual(await server.missingPrivileges('backup'), []);
    assert.deepEqual(await server.missingPrivileges('restore'), []);
    assert.deepEqual(await server.missingPrivileges('export'), []);
    assert.deepEqual(await server.missingPrivileges('import'), []);
  });

  test('exportLdif() says that a full disk is full', async () => {
    await assert.rejects(server.exportLdif({ backend: 'userRoot', ldifFile: '/dev/full' }), {
      code: 'E_DISK_FULL',
      message:
        'Cannot export backend "userRoot": the server says "An error occurred while attempting to process the LDIF export: java.io.IOException: No space left on device"',
    });
  });

  test('an abort stops the task on the server, and the failure says interrupted', async () => {
    const fifo = await hangingFile();
    const controller = new AbortController();
    const seen: string[] = [];

    const work = server.exportLdif(
      { backend: 'userRoot', ldifFile: fifo },
      {
        signal: controller.signal,
        report: (event) => {
          if (event.kind !== 'note') return;
          seen.push(event.text);
          if (event.text.startsWith('Exporting to')) controller.abort();
          if (/stopped by an administrator/.test(event.text)) createReadStream(fifo).resume();
        },
      },
    );

    await assert.rejects(work, { code: 'E_INTERRUPTED', exitCode: 130 });
    assert.match(seen.at(-1) ?? '', /finished execution in the state Stopped by administrator/);
  });

  test('cancelAbandonedTasks() ends what a killed run left, and only that', async () => {
    const client = await opendj.connect();
    for (const taskId of ['rootcellar-left-behind', 'of-somebody-else']) {
      await client.add(`ds-task-id=${taskId},cn=Scheduled Tasks,cn=tasks`, {
        objectClass: ['top', 'ds-task', 'ds-task-backup'],
        'ds-task-id': taskId,
        'ds-task-class-name': 'org.opends.server.tasks.BackupTask',
        'ds-task-scheduled-start-time': '20990101000000Z',
        'ds-backup-directory-path': path.join(folder.path, taskId),
        'ds-task-backup-backend-id': 'userRoot',
      });
    }
    await client.unbind();

    const ended = await server.cancelAbandonedTasks();

    assert.deepEqual(ended, ['rootcellar-left-behind']);
    assert.deepEqual(await server.cancelAbandonedTasks(), []);
  });

  test('cancelAbandonedTasks() leaves the tasks of another archive alone', async () => {
    const [own, other] = [overLdap({ taskTag: 'own' }), overLdap({ taskTag: 'other' })];
    const client = await opendj.connect();
    const taskId = 'rootcellar-other-waits';
    await client.add(`ds-task-id=${taskId},cn=Scheduled Tasks,cn=tasks`, {
      objectClass: ['top', 'ds-task', 'ds-task-backup'],
      'ds-task-id': taskId,
      'ds-task-class-name': 'org.opends.server.tasks.BackupTask',
      'ds-task-scheduled-start-time': '20990101000000Z',
      'ds-backup-directory-path': path.join(folder.path, taskId),
      'ds-task-backup-backend-id': 'userRoot',
    });
    await client.unbind();

    assert.deepEqual(await own.cancelAbandonedTasks(), []);
    assert.deepEqual(await other.cancelAbandonedTasks(), [taskId]);
    await Promise.all([own.close(), other.close()]);
  });

  test('a task that its server left behind when it was killed is no success', async () => {
    const fifo = await hangingFile();
    const own = overLdap();
    const work = own.exportLdif(
      { backend: 'userRoot', ldifFile: fifo },
      {
        report: (event) => {
          if (event.kind === 'note' && event.text.startsWith('Exporting to')) void opendj.kill().then(() => opendj.restart());
        },
      },
    );

    await assert.rejects(work, {
      code: 'E_TASK_LOST',
      message: 'Cannot export backend "userRoot": the server was restarted meanwhile and began the task anew',
    });
    await own.close();
  });

  test('a server that stays away is given up, and the state of the task said to be unknown', async () => {
    const fifo = await hangingFile();
    const own = overLdap({ patienceMilliseconds: 500 });
    const work = own.exportLdif(
      { backend: 'userRoot', ldifFile: fifo },
      { report: (event) => event.kind === 'note' && event.text.startsWith('Exporting to') && void opendj.kill() },
    );

    await assert.rejects(work, {
      code: 'E_SERVER_UNREACHABLE',
      message: 'Cannot export backend "userRoot": the server has been out of reach for 1 s, so the state of the task is unknown',
    });
    await own.close();
    await opendj.restart();
  });

  test('a dropped connection is made again, and the task followed to its end', async () => {
    const fifo = await hangingFile();
    const own = overLdap();
    const notes: string[] = [];
    const work = own.exportLdif(
      { backend: 'userRoot', ldifFile: fifo },
      {
        report: (event) => {
          if (event.kind !== 'note') return;
          notes.push(event.text);
          if (!event.text.startsWith('Exporting to')) return;
          void own.close().then(() => createReadStream(fifo).resume());
        },
      },
    );

    const { log } = await work;

    assert.match(log.join('\n'), new RegExp(`Exported ${entries} entries`));
    await own.close();
  });
});

suite('LdapDirectoryServer refuses', () => {
  const refusal = async (options: Partial<LdapDirectoryServerOptions>, code: `E_${string}`, message: string): Promise<void> => {
    const server = overLdap(options);
    await assert.rejects(server.describe(), (error: unknown) => {
      assert.ok(isFailure(error, code), String(error));
      assert.equal(error.message, message);
      assert.ok(error.hint);
      return true;
    });
    await server.close();
  };

  test('a wrong password', async () => {
    await refusal(
      { readPassword: () => Promise.resolve(new Secret('wrong')) },
      'E_BIND_REFUSED',
      `Cannot bind to ${opendj.ldapsUrl} as "cn=Directory Manager": the server knows no such account with this password`,
    );
  });

  test('a certificate that nobody here trusts', async () => {
    await refusal(
      { readCa: undefined },
      'E_SERVER_TLS',
      `Cannot connect to ${opendj.ldapsUrl}: the server's certificate is signed by nobody who is trusted here`,
    );
  });

  test('a certificate for another host', async () => {
    const forwarder = createServer((socket) => pipeline(socket, connect(opendj.ldapsPort, opendj.host), socket, () => {}));
    await once(forwarder.listen(0, '127.0.0.2'), 'listening');
    const address = forwarder.address();
    const url = `ldaps://127.0.0.2:${typeof address === 'object' ? address?.port : ''}`;

    await refusal({ url }, 'E_SERVER_TLS', `Cannot connect to ${url}: the server's certificate is for another host`);
    forwarder.close();
  });

  test('an expired certificate', async () => {
    await using expired = await startOpendj({ certificate: 'expired' });
    const options = { url: expired.ldapsUrl, readCa: () => readFile(expired.caFile, 'utf8') };
    await refusal(options, 'E_SERVER_TLS', `Cannot connect to ${expired.ldapsUrl}: the server's certificate has expired`);
  });

  test('to send a password in the clear, unless it is told to', async () => {
    await refusal({ url: opendj.ldapUrl }, 'E_SERVER_TLS', `Cannot connect to ${opendj.ldapUrl}: the password would be sent in the clear`);
    const server = overLdap({ url: opendj.ldapUrl, allowPlaintext: true });
    assert.equal((await server.describe()).product, 'OpenDJ');
    await server.close();
  });

  test('nothing of a server with StartTLS and a verified certificate', async () => {
    const server = overLdap({ url: opendj.ldapUrl, startTls: true });
    assert.equal((await server.describe()).product, 'OpenDJ');
    await server.close();
  });

  test('an account without privileges, naming each that it lacks', async () => {
    const client = await opendj.connect();
    const dn = `uid=poor,${opendj.baseDn}`;
    await client.add(dn, { objectClass: ['top', 'inetOrgPerson'], uid: 'poor', cn: 'Poor', sn: 'Poor', userPassword: 'Sup3r-s3cret' });
    const account = { bindDn: dn, readPassword: () => Promise.resolve(new Secret('Sup3r-s3cret')) };
    const server = overLdap(account);

    const without = await server.missingPrivileges('backup');
    await allow(client, dn);
    await client.modify(
      dn,
      new Change({
        operation: 'add',
        modification: new Attribute({ type: 'ds-privilege-name', values: ['backend-backup', 'config-read'] }),
      }),
    );
    await server.close();
    const withBackup = await server.missingPrivileges('backup');
    const forRestore = await server.missingPrivileges('restore');

    assert.deepEqual(
      without.map(({ privilege }) => privilege),
      ['config-read', 'ACI: add under cn=Scheduled Tasks,cn=tasks'],
    );
    assert.deepEqual(withBackup, []);
    assert.deepEqual(
      forRestore.map(({ privilege }) => privilege),
      ['backend-restore'],
    );
    const request = {
      backend: 'userRoot',
      folder: path.join(folder.path, 'poor'),
      backupId: 'p',
      compress: false,
      encrypt: false,
    } as const;
    await server.backUp(request);
    await assert.rejects(server.restore(request), {
      code: 'E_PRIVILEGE_MISSING',
      message:
        'Cannot restore backend "userRoot": the server says "You do not have sufficient privileges to initiate a Directory Server restore"',
    });
    await client.del(dn);
    await client.unbind();
    await server.close();
  });
});

suite('ToolsDirectoryServer with the programs of a running OpenDJ', () => {
  let server: ToolsDirectoryServer;
  before(() => {
    const { ldapsUrl: url, bindDn, passwordFile: bindPasswordFile, caFile } = opendj;
    server = new ToolsDirectoryServer({ home: opendj.folder, online: { ldap: overLdap(), url, bindDn, bindPasswordFile, caFile } });
  });
  after(() => server.close());
  directoryServerContract(() => subjectIn('tools', server));

  test('a wrong password is told apart', async () => {
    const { ldapsUrl: url, bindDn, caFile } = opendj;
    const wrong = new ToolsDirectoryServer({
      home: opendj.folder,
      online: { ldap: overLdap(), url, bindDn, bindPasswordFile: caFile, caFile },
    });
    const request = { backend: 'schema', folder: path.join(folder.path, 'wrong'), backupId: 'w', compress: false, encrypt: false } as const;
    await assert.rejects(wrong.backUp(request), {
      code: 'E_BIND_REFUSED',
      message: 'Cannot back up backend "schema": the server knows no such account with this password',
    });
    await wrong.close();
  });

  test('offline work on a running server is refused', async () => {
    const offline = new ToolsDirectoryServer({ home: opendj.folder });
    const request = { backend: 'schema', folder: path.join(folder.path, 'no'), backupId: 'n', compress: false, encrypt: false } as const;
    await assert.rejects(offline.backUp(request), {
      code: 'E_SERVER_RUNNING',
      message: `Cannot back up backend "schema" offline: the server runs, it is process ${opendj.pid}`,
    });
  });
});

suite('ToolsDirectoryServer on the files of a stopped OpenDJ', () => {
  before(() => opendj.stop());
  after(() => opendj.restart());
  directoryServerContract(() => subjectIn('offline', new ToolsDirectoryServer({ home: opendj.folder }), false));
});

/** A file that the server cannot finish writing before somebody reads it. */
async function hangingFile(): Promise<string> {
  const file = path.join(folder.path, `fifo-${randomUUID()}`);
  await runProgram('mkfifo', [file]);
  assert.ok((await stat(file)).isFIFO());
  return file;
}

async function allow(client: Awaited<ReturnType<OpendjServer['connect']>>, dn: string): Promise<void> {
  const acis = [
    `(target="ldap:///cn=Scheduled Tasks,cn=tasks")(targetattr="*||+")(version 3.0; acl "backup tasks"; allow (add,read,search,compare,write) userdn="ldap:///${dn}";)`,
    `(target="ldap:///${dn}")(targetattr="ds-privilege-name")(version 3.0; acl "own privileges"; allow (read,search,compare) userdn="ldap:///self";)`,
  ];
  const modification = new Attribute({ type: 'ds-cfg-global-aci', values: acis });
  await client.modify('cn=Access Control Handler,cn=config', new Change({ operation: 'add', modification }));
}
