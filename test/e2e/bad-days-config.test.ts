import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { passwordFile } from '../harness/archive-password.ts';
import { runRootcellar } from '../harness/rootcellar.ts';
import { type TemporaryFolder, temporaryFolder } from '../harness/temporary-folder.ts';
import { assertRefused, type Change } from './bad-days-archive.ts';

let home: TemporaryFolder;
before(async () => {
  home = await temporaryFolder('bad-config');
});
after(() => home.remove());

/** A command line that must be refused as wrong usage, and why. */
interface Wrong {
  readonly what: string;
  readonly words?: readonly string[];
  readonly env?: Change;
  /** Written to `rootcellar.yaml` in the working folder, `FILE` in the sentence. */
  readonly file?: string;
  readonly says: string;
  readonly hint: string;
}

const configuration: readonly Wrong[] = [
  {
    what: 'a typo in a key',
    file: 'archive: s3://backups/directory\ns3:\n  endpiont: https://s3.example.com\n',
    says: 'Cannot use the configuration file FILE:3:3: "s3.endpiont" is not a setting',
    hint: 'did you mean "s3.endpoint"?',
  },
  {
    what: 'a typo in a group',
    file: 'servr:\n  url: ldaps://localhost:1636\n',
    says: 'Cannot use the configuration file FILE:1:1: "servr" is not a setting',
    hint: 'did you mean "server"?',
  },
  {
    what: 'a typo in a variable',
    env: { ROOTCELLAR_ARCHVE: 's3://backups/directory' },
    says: 'Cannot use the environment variable ROOTCELLAR_ARCHVE: there is no such setting',
    hint: 'did you mean ROOTCELLAR_ARCHIVE?',
  },
  {
    what: 'a typo in a flag',
    words: ['list', '--archve', 's3://backups/directory'],
    says: 'Cannot read the command line: unknown option "--archve"',
    hint: 'did you mean --archive?',
  },
  {
    what: 'a typo in a command',
    words: ['lst'],
    says: 'Cannot read the command line: unknown command "lst"',
    hint: 'did you mean one of list, ls?',
  },
  {
    what: 'a duration without its unit, in the file',
    file: 's3:\n  requestTimeout: 60\n',
    says: 'Cannot use the setting s3.requestTimeout from FILE:2:19: "60" is not a duration with its unit, such as 30s, 15m, 6h or 30d',
    hint: 'write for example requestTimeout: 30s',
  },
  {
    what: 'a duration without its unit, in a variable',
    env: { ROOTCELLAR_S3_REQUEST_TIMEOUT: '30' },
    says: 'Cannot use the setting s3.requestTimeout from ROOTCELLAR_S3_REQUEST_TIMEOUT: "30" is not a duration with its unit, such as 30s, 15m, 6h or 30d',
    hint: 'write for example ROOTCELLAR_S3_REQUEST_TIMEOUT=30s',
  },
  {
    what: 'a size without its unit, in the file',
    file: 's3:\n  partSize: 16\n',
    says: 'Cannot use the setting s3.partSize from FILE:2:13: "16" is not a size with its unit, such as 512KiB, 64MiB or 2GiB',
    hint: 'write for example partSize: 16MiB',
  },
  {
    what: 'a size without its unit, in a flag',
    words: ['list', '--s3-part-size', '16'],
    says: 'Cannot use the setting s3.partSize from --s3-part-size: "16" is not a size with its unit, such as 512KiB, 64MiB or 2GiB',
    hint: 'write for example --s3-part-size 16MiB',
  },
  {
    what: 'a word for a number',
    file: 's3:\n  attempts: many\n',
    says: 'Cannot use the setting s3.attempts from FILE:2:13: "many" is not a whole number from 1 to 100',
    hint: 'write for example attempts: 5',
  },
  {
    what: 'a number out of its range',
    words: ['list', '--s3-attempts', '0'],
    says: 'Cannot use the setting s3.attempts from --s3-attempts: "0" is not a whole number from 1 to 100',
    hint: 'write for example --s3-attempts 5',
  },
  {
    what: 'a value for a group',
    file: 's3: true\n',
    says: 'Cannot use the configuration file FILE:1:5: "s3" is a group of settings, not a value',
    hint: 'write one of s3.endpoint, s3.region, s3.profile, … inside it',
  },
  {
    what: 'a list for the whole',
    file: '- archive\n',
    says: 'Cannot read the configuration file FILE: it holds no settings',
    hint: 'write settings as "archive: s3://bucket/path"',
  },
  {
    what: 'a key given twice',
    file: 'archive: s3://one/path\narchive: s3://two/path\n',
    says: 'Cannot read the configuration file FILE:2:1: Map keys must be unique',
    hint: 'correct the line; it has to be YAML or JSON',
  },
  {
    what: 'broken YAML',
    file: 'archive: s3://backups/directory\ns3:\n  endpoint: "https://s3.example.com\n',
    says: 'Cannot read the configuration file FILE:4:1: Missing closing "quote',
    hint: 'correct the line; it has to be YAML or JSON',
  },
  {
    what: 'a file that is not there',
    words: ['list', '--config', 'absent.yaml'],
    says: 'Cannot read the configuration file absent.yaml named by --config: there is no such file',
    hint: 'name a file that this user may read',
  },
  {
    what: 'a folder for the file',
    env: { ROOTCELLAR_CONFIG: '/' },
    says: 'Cannot read the configuration file / named by ROOTCELLAR_CONFIG: it is a folder',
    hint: 'name a file that this user may read',
  },
  {
    what: 'an address with a password, which is not repeated',
    env: { ROOTCELLAR_S3_ENDPOINT: 'https://user:hunter2@s3.example.com' },
    says: 'Cannot use the setting s3.endpoint from ROOTCELLAR_S3_ENDPOINT: "https://***@s3.example.com" is not an http:// or https:// address without a user or password inside',
    hint: 'write for example ROOTCELLAR_S3_ENDPOINT=https://s3.example.com',
  },
  {
    what: 'a bare word for the archive',
    words: ['list', '--archive', 'backups'],
    says: 'Cannot use the setting archive from --archive: "backups" is not s3://bucket/path or a folder that begins with / or ./',
    hint: 'write for example --archive s3://backups/directory',
  },
];

const together: readonly Wrong[] = [
  {
    what: 'a KMS key without its encryption',
    words: ['list', '--s3-kms-key-id', 'key'],
    says: 'Cannot use the setting s3.kmsKeyId from --s3-kms-key-id: s3.encryption is none, which uses no such key',
    hint: 'set s3.encryption to aws:kms',
  },
  {
    what: 'an account without its password file',
    words: ['list', '--server-bind-dn', 'cn=backup'],
    says: 'Cannot use the setting server.bindDn from --server-bind-dn: server.bindPasswordFile is not set',
    hint: 'name the file that holds the password of the account',
  },
  {
    what: 'tools without the folder they are in',
    words: ['list', '--server-via', 'tools'],
    says: 'Cannot use the setting server.via from --server-via: server.home is not set',
    hint: "name the server's root folder, in whose bin folder its programs are",
  },
  {
    what: 'offline over LDAP',
    file: 'server:\n  mode: offline\n',
    says: 'Cannot use the setting server.mode from FILE:2:9: only server.via tools can work offline',
    hint: 'set server.via to tools, or leave server.mode out',
  },
  {
    what: 'StartTLS on an ldaps:// address',
    words: ['list', '--server-url', 'ldaps://localhost:1636', '--server-start-tls'],
    says: 'Cannot use the setting server.startTls from --server-start-tls: server.url is an ldaps:// address, which has TLS from the start',
    hint: 'leave one of the two out',
  },
];

const notSet = (setting: string, flag: string, variable: string): Pick<Wrong, 'says' | 'hint'> => ({
  says: `Cannot begin: the setting ${setting} is not set`,
  hint: `give ${flag}, set ${variable}, or write it into the configuration file`,
});
const server = { ROOTCELLAR_SERVER_URL: 'ldaps://127.0.0.1:1' };
const account = { ...server, ROOTCELLAR_SERVER_BIND_DN: 'cn=backup', ROOTCELLAR_SERVER_BIND_PASSWORD_FILE: '/dev/null' };
const archive = { ROOTCELLAR_ARCHIVE: './archive', ROOTCELLAR_PASSWORD_FILE: passwordFile };
const required: readonly Wrong[] = [
  ...[['init'], ['backup'], ['archive', '/'], ['list'], ['show', 'latest'], ['fetch', 'latest', '--to', 'out'], ['restore', 'latest']].map(
    (words) => ({ what: `${words[0]} without an archive`, words, ...notSet('archive', '--archive', 'ROOTCELLAR_ARCHIVE') }),
  ),
  ...[['verify'], ['forget', '--keep-last', '1'], ['prune'], ['status']].map((words) => ({
    what: `${words[0]} without an archive`,
    words,
    ...notSet('archive', '--archive', 'ROOTCELLAR_ARCHIVE'),
  })),
  ...[['init'], ['backup'], ['list'], ['prune', '--yes']].map((words) => ({
    what: `${words[0]} without a password for the archive`,
    words,
    env: { ROOTCELLAR_ARCHIVE: './archive' },
    says: 'Cannot begin: the setting passwordFile is not set, and the layout repository encrypts all it keeps with a password',
    hint:
      'name a file that holds one with --password-file or ROOTCELLAR_PASSWORD_FILE ("openssl rand -base64 32" makes a good one), ' +
      'or set ROOTCELLAR_LAYOUT (--layout) to plain, which encrypts nothing',
  })),
  { what: 'backup without a server', words: ['backup'], env: archive, ...notSet('server.url', '--server-url', 'ROOTCELLAR_SERVER_URL') },
  {
    what: 'backup without an account',
    words: ['backup'],
    env: { ...archive, ...server },
    ...notSet('server.bindPasswordFile', '--server-bind-password-file', 'ROOTCELLAR_SERVER_BIND_PASSWORD_FILE'),
  },
  {
    what: 'backup without a staging folder',
    words: ['backup'],
    env: { ...archive, ...account },
    ...notSet('staging.folder', '--staging-folder', 'ROOTCELLAR_STAGING_FOLDER'),
  },
];

const words: readonly Wrong[] = [
  {
    what: 'a missing word',
    words: ['show'],
    says: 'Cannot read the command line: missing required argument "id"',
    hint: 'run "rootcellar show --help" to see what there is',
  },
  {
    what: 'a missing option',
    words: ['fetch', 'latest'],
    says: 'Cannot read the command line: required option "--to <FOLDER>" not specified',
    hint: 'run "rootcellar fetch --help" to see what there is',
  },
  {
    what: 'half a command',
    words: ['config'],
    says: 'Cannot run "config": it needs a second word',
    hint: 'run "rootcellar config --help" to see which',
  },
  {
    what: 'a count that is none',
    words: ['forget', '--keep-last', 'x'],
    says: 'Cannot use --keep-last: "x" is not a whole number from 1',
    hint: 'write for example --keep-last 7',
  },
  {
    what: 'a duration that has no unit',
    words: ['forget', '--keep-within', '30'],
    says: 'Cannot use --keep-within: "30" is not a duration with its unit, such as 6h or 30d',
    hint: 'write for example --keep-within 30d',
  },
];

const groups = {
  'a wrong configuration': configuration,
  'settings that exclude each other': together,
  'missing settings': required,
  'wrong words': words,
};
for (const [group, cases] of Object.entries(groups)) {
  describe(`${group}: exit code 2`, { concurrency: 2 }, () => {
    for (const [index, { what, words: line = ['list'], env = {}, file, says, hint }] of cases.entries()) {
      test(`${what} is refused with its place and what to do`, async () => {
        const cwd = path.join(home.path, `${group}-${index}`);
        await mkdir(cwd);
        if (file !== undefined) await writeFile(path.join(cwd, 'rootcellar.yaml'), file);

        const result = await runRootcellar(line, { cwd, env: env as Record<string, string> });

        assertRefused(result, { exitCode: 2, says: says.replace('FILE', 'rootcellar.yaml'), hint });
        assert.equal(result.stderr, `rootcellar: ${says.replace('FILE', 'rootcellar.yaml')}\n  → ${hint}\n`);
      });
    }
  });
}

test('wrong usage is told as JSON where --json is given, with nothing on the standard output', async () => {
  const { exitCode, stdout, stderr } = await runRootcellar(['list', '--json', '--archive', 'backups'], { cwd: home.path });

  assert.deepEqual(JSON.parse(stderr), {
    event: 'error',
    code: 'E_USAGE',
    message: 'Cannot use the setting archive from --archive: "backups" is not s3://bucket/path or a folder that begins with / or ./',
    hint: 'write for example --archive s3://backups/directory',
    exitCode: 2,
  });
  assert.deepEqual([exitCode, stdout], [2, '']);
});
