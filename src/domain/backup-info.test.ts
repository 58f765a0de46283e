import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backendIdOf, parseBackupInfo } from './backup-info.ts';

const ofOpenDj = `backend_dn=ds-cfg-backend-id=userRoot,cn=Backends,cn=config

backup_id=20261122000000Z
backup_date=20261122000001Z
incremental=false
compressed=false
encrypted=false
property.last_logfile_name=00000001.jdb
property.archive_file=backup-userRoot-20261122000000Z

backup_id=20261123000000Z
backup_date=20261123000001Z
incremental=true
compressed=true
encrypted=true
dependency=20261122000000Z
dependency=20261121000000Z
property.archive_file=backup-userRoot-20261123000000Z

`;
const expected = {
  backendDn: 'ds-cfg-backend-id=userRoot,cn=Backends,cn=config',
  backups: [
    {
      backupId: '20261122000000Z',
      date: '20261122000001Z',
      isIncremental: false,
      isCompressed: false,
      isEncrypted: false,
      dependencies: [],
      archiveFile: 'backup-userRoot-20261122000000Z',
    },
    {
      backupId: '20261123000000Z',
      date: '20261123000001Z',
      isIncremental: true,
      isCompressed: true,
      isEncrypted: true,
      dependencies: ['20261122000000Z', '20261121000000Z'],
      archiveFile: 'backup-userRoot-20261123000000Z',
    },
  ],
};

const forms = [
  ['as OpenDJ writes it', ofOpenDj],
  ['with the line ends of Windows', ofOpenDj.replaceAll('\n', '\r\n')],
  ['with a byte order mark', `\uFEFF${ofOpenDj}`],
  ['with spaces around keys and values', ofOpenDj.replaceAll('=', ' = ').replaceAll('id = user', 'id=user').replaceAll('cn = ', 'cn=')],
  ['with empty lines of spaces, and more of them', `\n\n${ofOpenDj.replaceAll('\n\n', '\n  \n\t\n')}`],
  ['without a newline at its end', ofOpenDj.trimEnd()],
  ['with unknown keys and lines', ofOpenDj.replaceAll('backup_date', '# a remark\nnew.key=a=b\n=nothing\nbackup_date')],
  ['with TRUE in capitals', ofOpenDj.replaceAll('=true', '=TRUE')],
] as const;
for (const [what, text] of forms) {
  test(`parseBackupInfo() reads a descriptor ${what}`, () => {
    assert.deepEqual(parseBackupInfo(text), expected);
  });
}

test('parseBackupInfo() takes a backup with nothing but its ID', () => {
  assert.deepEqual(parseBackupInfo('backup_id=x'), {
    backendDn: undefined,
    backups: [
      {
        backupId: 'x',
        date: undefined,
        isIncremental: false,
        isCompressed: false,
        isEncrypted: false,
        dependencies: [],
        archiveFile: undefined,
      },
    ],
  });
});

test('parseBackupInfo() leaves out blocks without an ID', () => {
  assert.deepEqual(parseBackupInfo('backend_dn=x\n\nbackup_date=20261122000001Z\n').backups, []);
});

for (const text of ['', '\n\n', 'no descriptor at all', '\u0000\u0001']) {
  test(`parseBackupInfo() finds nothing in ${JSON.stringify(text)}`, () => {
    assert.deepEqual(parseBackupInfo(text), { backendDn: undefined, backups: [] });
  });
}

test('backendIdOf() is the value of the first part of the DN', () => {
  assert.equal(backendIdOf(parseBackupInfo(ofOpenDj)), 'userRoot');
  assert.equal(backendIdOf(parseBackupInfo('backend_dn=cn=Schema')), 'Schema');
});

test('backendIdOf() is undefined without a DN', () => {
  assert.equal(backendIdOf(parseBackupInfo('')), undefined);
  assert.equal(backendIdOf(parseBackupInfo('backend_dn=garbage')), undefined);
});
