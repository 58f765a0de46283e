import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, suite, test } from 'node:test';
import { Attribute, Change } from 'ldapts';
import { archivePassword } from '../harness/archive-password.ts';
import { freePort } from '../harness/free-port.ts';
import { startLdapGate } from '../harness/ldap-gate.ts';
import { resticAt } from '../harness/restic.ts';
import { runProgram } from '../harness/run-program.ts';
import { alterByte, placeOf } from './alter-byte.ts';
import { assertNoSecretSeen, assertRefusal, type BadDays, holdSchemaBackup, meanwhile, type Operator, startBadDays } from './bad-days.ts';
import { assertSameEntries, entriesOf } from './main-job-scene.ts';

suite('a bad day of the directory server', { timeout: 1_200_000 }, () => {
  let days: BadDays;
  let operator: Operator;
  let good: readonly string[];
  before(async () => {
    days = await startBadDays();
    operator = await days.operator('server');
    await operator.run(['backup']);
    good = await operator.verified();
  });
  // Whatever happened: what was archived before is there and whole, and nothing else is.
  afterEach(async () => {
    assert.deepEqual(await operator.verified(), good);
    assert.deepEqual(await operator.rests(), []);
  });
  after(async () => {
    try {
      await assertNoSecretSeen(days);
    } finally {
      await days[Symbol.asyncDispose]();
    }
  });

  for (const words of [['backup'], ['restore', 'latest', '--yes']]) {
    test(`${words[0]}: a wrong password`, async () => {
      const file = path.join(days.home, 'wrong-password');
      await writeFile(file, 'not-the-password', { mode: 0o600 });

      await operator.refused(
        words,
        {
          exitCode: 1,
          says: `Cannot bind to ${days.gate.url} as "cn=Directory Manager": the server knows no such account with this password`,
          hint: 'see that server.bindDn names the account and that server.bindPasswordFile holds its password',
        },
        { ROOTCELLAR_SERVER_BIND_PASSWORD_FILE: file },
      );
    });
  }

  test('a certificate that nobody vouches for', async () => {
    await operator.refused(
      ['backup'],
      {
        exitCode: 1,
        says: `Cannot connect to ${days.directory.ldapsUrl}: the server's certificate is signed by nobody who is trusted here`,
        hint: 'set server.caFile to the PEM file of the certificate that signed it (its own, if it is self-signed)',
      },
      { ROOTCELLAR_SERVER_URL: days.directory.ldapsUrl },
    );
  });

  test('an expired certificate', async () => {
    await using gate = await startLdapGate({ ldapPort: days.directory.ldapPort, certificate: 'expired' });

    await operator.refused(
      ['backup'],
      {
        exitCode: 1,
        says: `Cannot connect to ${gate.url}: the server's certificate has expired`,
        hint: "renew the server's certificate",
      },
      { ROOTCELLAR_SERVER_URL: gate.url, ROOTCELLAR_SERVER_CA_FILE: gate.caFile },
    );
  });

  test('a certificate for another host', async () => {
    await using gate = await startLdapGate({ ldapPort: days.directory.ldapPort, certificate: 'other-host' });

    await operator.refused(
      ['backup'],
      {
        exitCode: 1,
        says: `Cannot connect to ${gate.url}: the server's certificate is for another host`,
        hint: 'use a host name that is in the certificate in server.url, or have a certificate made for this one',
      },
      { ROOTCELLAR_SERVER_URL: gate.url, ROOTCELLAR_SERVER_CA_FILE: gate.caFile },
    );
  });

  test('the server is down', async () => {
    const url = `ldaps://127.0.0.1:${await freePort()}`;

    await operator.refused(
      ['backup'],
      {
        exitCode: 1,
        says: `Cannot connect to ${url}: nothing listens there`,
        hint: 'see that the server runs and that server.url is its address',
      },
      { ROOTCELLAR_SERVER_URL: url },
    );
  });

  test('backup: the server has no backend of this name', async () => {
    await operator.refused(['backup', '--backend', 'usrRoot'], {
      exitCode: 1,
      says: 'Cannot back up backend "usrRoot": the server has none of this name',
      hint: 'name some of userRoot, schema, tasks, or leave backup.backends out to take all that a rebuild needs',
    });
  });

  test('backup: a backend is disabled', async () => {
    const client = await days.directory.connect();
    const dn = 'ds-cfg-backend-id=spare,cn=Backends,cn=config';
    await client.add(dn, {
      objectClass: ['top', 'ds-cfg-backend', 'ds-cfg-pluggable-backend', 'ds-cfg-je-backend'],
      'ds-cfg-backend-id': 'spare',
      'ds-cfg-java-class': 'org.opends.server.backends.jeb.JEBackend',
      'ds-cfg-enabled': 'false',
      'ds-cfg-base-dn': 'dc=spare',
      'ds-cfg-writability-mode': 'enabled',
      'ds-cfg-db-directory': 'db',
    });
    const refusal = {
      exitCode: 1,
      says: 'Cannot back up backend "spare": the server has it, but it is disabled',
      hint: 'enable it on the server (dsconfig set-backend-prop --set enabled:true), or name the others with --backup-backends',
    };

    await operator.refused(['backup', '--backend', 'spare'], refusal);
    await operator.refused(['backup'], refusal);

    await client.del(dn);
    await client.unbind();
  });

  test('an account without privileges, and each that it lacks is named', async () => {
    const dn = `uid=poor,${days.directory.baseDn}`;
    const file = path.join(days.home, 'poor-password');
    await writeFile(file, 'P00r-but-honest', { mode: 0o600 });
    const client = await days.directory.connect();
    await client.add(dn, { objectClass: ['top', 'inetOrgPerson'], uid: 'poor', cn: 'P', sn: 'P', userPassword: 'P00r-but-honest' });
    const account = { ROOTCELLAR_SERVER_BIND_DN: dn, ROOTCELLAR_SERVER_BIND_PASSWORD_FILE: file };
    const lacks =
      'the account lacks config-read (to see disabled backends and whether the server is replicated), ' +
      'ACI: add under cn=Scheduled Tasks,cn=tasks (to give the server a task)';
    const hint = 'give them to the account: docs/guide/least-privilege-account.md shows how';

    await operator.refused(['backup'], { exitCode: 1, says: `Cannot back up ${days.gate.url}: ${lacks}`, hint }, account);
    await operator.refused(
      ['restore', 'latest', '--yes'],
      { exitCode: 1, says: `Cannot restore into ${days.gate.url}: ${lacks}`, hint },
      account,
    );

    await client.del(dn);
    await client.unbind();
  });

  test('backup: a connection that is cut while the task runs is made again', async () => {
    const task = await holdSchemaBackup(days);
    const running = operator.spawn(['backup', '--json']);
    await running.prints(/Starting backup for backend schema/);
    const look = days.gate.holdRequest(/ds-task-log-message/);
    await meanwhile(running, look.arrived);

    days.gate.cut();
    look.release();
    await running.prints(/connecting again to go on following the task/);
    await task.release();
    const { exitCode, stderr, stdout } = await running.ended;

    assert.equal(exitCode, 0, stderr);
    good = [(JSON.parse(stdout) as { readonly id: string }).id, ...good];
  });

  test('backup: the server is killed while its task runs', async () => {
    const task = await holdSchemaBackup(days);
    const running = operator.spawn(['backup', '--backend', 'schema']);
    await running.prints(/back up backend "schema"/);

    await days.directory.kill();
    await running.prints(/connecting again to go on following the task/);
    await task.release();
    await days.directory.restart();

    assertRefusal(await running.ended, {
      exitCode: 1,
      says: 'Cannot back up backend "schema": the server was restarted meanwhile and began the task anew',
      hint: 'run it again; nothing of this try is trusted',
    });
  });

  test('two at once: the second is refused, and told who runs', async () => {
    const task = await holdSchemaBackup(days);
    const running = operator.spawn(['backup', '--json']);
    await running.prints(/Starting backup for backend schema/);
    const refusal = {
      exitCode: 11,
      says: `Cannot begin: process PID on ${hostname()} is running a backup of server "ds-0" in ${operator.archive}`,
      hint: 'wait until it ends, or give --lock-wait; were it dead, its lease would end at TIME',
    };

    const second = await operator.refused(['backup'], refusal);
    await operator.refused(['restore', 'latest', '--yes'], refusal);
    await task.release();
    const { exitCode, stdout } = await running.ended;

    assert.match(second.stderr, new RegExp(`process ${running.pid} on `));
    assert.equal(exitCode, 0);
    good = [(JSON.parse(stdout) as { readonly id: string }).id, ...good];
  });

  test('restore: a damaged snapshot is refused before the server is touched', async () => {
    const restic = await resticAt({ repository: operator.objects, password: archivePassword });
    const { pack, range } = await placeOf(restic, operator.objects, 'userRoot', /^backup-userRoot-/);
    const bytes = await readFile(pack);
    await alterByte(pack, range);
    const mark = await markDirectory();

    const { stderr } = await operator.refused(['restore', 'latest', '--yes'], {
      exitCode: 20,
      says: 'Cannot read userRoot/backup-userRoot-BACKUP-ID: blob ID in pack ID is damaged: its MAC does not fit',
      hint: 'use another snapshot; "rootcellar verify --read-data" tells which are whole',
    });

    assert.doesNotMatch(stderr, /verify the backup|restore backend/);
    await mark.assertUnchanged();
    await writeFile(pack, bytes);
    await sweepRests();
  });

  test('restore: what the server cannot restore leaves it serving, and says so', async () => {
    const mark = await markDirectory();
    const task = days.gate.holdRequest(restoreTask);
    const running = operator.spawn(['restore', 'latest', '--yes']);
    await meanwhile(running, task.arrived);
    const file = await stagedFile();
    await writeFile(file, (await readFile(file)).subarray(0, 100_000));

    task.release();

    assertRefusal(await running.ended, {
      exitCode: 1,
      says:
        'Cannot restore backend "userRoot": the server says "An unexpected error occurred while attempting to restore backup BACKUP-ID from ' +
        `${path.dirname(file).replace(/\d{14}Z/, 'BACKUP-ID')}: An error occurred while attempting to restore the files from backup BACKUP-ID: ` +
        'EOFException: Unexpected end of ZLIB input stream"; backend "userRoot" is in service with 53 entries',
      hint: "see the server's logs/errors, then run the restore again: it begins anew, and the archive is untouched",
    });
    await mark.assertUnchanged();
    await operator.run(['restore', 'latest', '--yes']);
  });

  test('restore: the server is killed in the middle; the next restore brings the entries back', async () => {
    const task = days.gate.holdRequest(restoreTask);
    const running = operator.spawn(['restore', 'latest', '--yes', '--json']);
    await meanwhile(running, task.arrived);
    const file = await stagedFile();
    await rename(file, `${file}.aside`);
    await runProgram('mkfifo', [file]);
    task.release();
    // From here on the server has the backend disabled in its configuration.
    await running.prints(/The backend userRoot is now taken offline/);

    await days.directory.kill();
    await running.prints(/connecting again to go on following the task/);
    await rename(`${file}.aside`, file);
    await days.directory.restart();

    const { exitCode, stderr } = await running.ended;
    assert.deepEqual(
      [exitCode, lastEvent(stderr).message, lastEvent(stderr).hint],
      [
        1,
        'Cannot restore backend "userRoot": the server was restarted meanwhile and began the task anew; backend "userRoot" is now out of service (disabled)',
        'run the restore again: it enables the backend and begins anew, and the archive is untouched',
      ],
    );
    const { stdout } = await operator.run(['restore', 'latest', '--yes']);
    assert.match(stdout, /^ {2}2\. enable backend userRoot: it is disabled, as a restore that was cut off leaves it$/m);
    assert.match(stdout, /✓ .*: userRoot dc=example,dc=com: 53 entries, each as it should be/);
    assert.equal((await entriesOf(days.directory)).size, 53);
  });

  /** Changes an entry, so that whatever restores anything is seen. */
  async function markDirectory(): Promise<{ assertUnchanged(): Promise<void> }> {
    const client = await days.directory.connect();
    const modification = new Attribute({ type: 'description', values: [randomUUID()] });
    await client.modify(`uid=user.1,ou=People,${days.directory.baseDn}`, new Change({ operation: 'replace', modification }));
    await client.unbind();
    const entries = await entriesOf(days.directory);
    return { assertUnchanged: async () => assertSameEntries(await entriesOf(days.directory), entries) };
  }

  /** The backup of userRoot that a restore has fetched. */
  async function stagedFile(): Promise<string> {
    const [name = ''] = (await readdir(operator.staging, { recursive: true })).filter((one) => /backup-userRoot-\d{14}Z$/.test(one));
    return path.join(operator.staging, name);
  }

  /** A restore that failed keeps what it fetched for the next try; a backup does not. */
  async function sweepRests(): Promise<void> {
    const { stdout } = await operator.run(['backup', '--backend', 'userRoot', '--json']);
    good = [(JSON.parse(stdout) as { readonly id: string }).id, ...good];
  }
});

/** What asks the server for a restore, and not only for a check. */
const restoreTask = /ds-task-restore-verify-only.{0,12}FALSE/is;

function lastEvent(stderr: string): { readonly message?: string; readonly hint?: string } {
  return JSON.parse(stderr.trimEnd().split('\n').at(-1) ?? '') as { readonly message?: string; readonly hint?: string };
}
