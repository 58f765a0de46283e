import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { DeleteObjectCommand, ListObjectVersionsCommand, ListObjectsV2Command, PutObjectRetentionCommand } from '@aws-sdk/client-s3';

import type { GivenCredentials } from '../harness/aws-credential-services.ts';
import { type RootcellarResult, runRootcellar } from '../harness/rootcellar.ts';
import type { S3Server } from '../harness/s3-server.ts';
import { type TemporaryFolder, temporaryFolder } from '../harness/temporary-folder.ts';

export type RoleName = 'writer' | 'reader' | 'pruner';

export interface RolesPlace {
  readonly server: S3Server;
  /** Made with Object Lock. */
  readonly bucket: string;
  /** Gives each role a user who may do just what its policy says, by a store's own means. */
  users(policies: Readonly<Record<RoleName, IamPolicy>>): Promise<Record<RoleName, GivenCredentials>>;
}

export interface IamPolicy {
  readonly Statement: readonly {
    readonly Sid: string;
    readonly Effect: string;
    readonly Action: readonly string[];
    readonly Resource: readonly string[];
  }[];
}

const roles: readonly RoleName[] = ['writer', 'reader', 'pruner'];

/** Each role with the policy that the program prints for it can do its work in a real store, and nothing of the others'. */
export function describeRoles(
  name: string,
  layout: 'repository' | 'plain',
  makePlace: () => Promise<RolesPlace>,
  { knowsConditions = false }: { readonly knowsConditions?: boolean } = {},
): void {
  describe(`the roles on ${name}, layout ${layout}`, () => {
    let place: RolesPlace;
    let home: TemporaryFolder;
    let users: Record<RoleName, GivenCredentials>;
    const archive = (): string => `s3://${place.bucket}/some/${layout}`;

    const run = (words: readonly string[], user: GivenCredentials): Promise<RootcellarResult> => {
      const { endpoint, caFile } = place.server;
      const env = {
        ROOTCELLAR_ARCHIVE: archive(),
        ROOTCELLAR_LAYOUT: layout,
        ROOTCELLAR_S3_ENDPOINT: endpoint,
        ...(caFile !== undefined && { ROOTCELLAR_S3_CA_FILE: caFile }),
        ROOTCELLAR_PASSWORD_FILE: path.join(home.path, 'password'),
        ROOTCELLAR_OBJECT_LOCK_MODE: 'compliance',
        ROOTCELLAR_OBJECT_LOCK_DAYS: '2',
        ROOTCELLAR_SERVER_NAME: 'prod',
        AWS_ACCESS_KEY_ID: user.accessKeyId,
        AWS_SECRET_ACCESS_KEY: user.secretAccessKey,
        ...(user.sessionToken !== undefined && { AWS_SESSION_TOKEN: user.sessionToken }),
      };
      return runRootcellar(words, { env });
    };
    const succeed = async (role: RoleName, ...words: string[]): Promise<RootcellarResult> => {
      const result = await run(words, users[role]);
      assert.equal(result.exitCode, 0, `${role}: ${words.join(' ')}\n${result.stdout}${result.stderr}`);
      return result;
    };
    const refused = async (role: RoleName, ...words: string[]): Promise<string> => {
      const result = await run(words, users[role]);
      assert.equal(result.exitCode, 1, `${role}: ${words.join(' ')}\n${result.stdout}${result.stderr}`);
      assert.match(result.stderr, /the credentials may not do that \(it takes s3:/);
      return result.stderr;
    };
    const list = async (role: RoleName): Promise<{ readonly id: string }[]> => {
      const listed: unknown = JSON.parse((await succeed(role, 'list', '--json')).stdout);
      assert.ok(Array.isArray(listed));
      return listed;
    };
    const stage = async (own: string): Promise<string> => {
      const folder = path.join(home.path, 'set');
      await rm(folder, { recursive: true, force: true });
      await mkdir(folder);
      await writeFile(path.join(folder, 'common'), common);
      await writeFile(path.join(folder, 'own'), own.repeat(1000));
      return folder;
    };
    const common = randomBytes(300_000);

    before(async () => {
      [place, home] = await Promise.all([makePlace(), temporaryFolder('roles')]);
      await writeFile(path.join(home.path, 'password'), 'the password\n', { mode: 0o600 });
      const printed = roles.map(async (role) => {
        const { stdout } = await run(['policy', '--role', role], { accessKeyId: 'nobody', secretAccessKey: 'nothing' });
        return [role, JSON.parse(stdout)] as const;
      });
      users = await place.users(Object.fromEntries(await Promise.all(printed)) as Record<RoleName, IamPolicy>);
    });
    after(() => home.remove());

    test('the pruner makes the archive', async () => {
      if (layout === 'repository') await refused('writer', 'init');
      await refused('reader', 'init');
      await succeed('pruner', 'init');
    });

    test('the writer archives, looks and verifies, and leaves nothing that it cannot remove', async () => {
      for (const own of ['one', 'two', 'three']) await succeed('writer', 'archive', await stage(own));

      assert.equal((await list('writer')).length, 3);
      const { stdout } = await succeed('writer', 'verify', '--read-data');
      assert.match(stdout, /^Whole: 3 snapshots; every byte was read\.\nLocked: 3 snapshots; asked is /);
      const { stdout: looked } = await run(['doctor', '--json'], users.writer);
      const { findings } = JSON.parse(looked) as { readonly findings: readonly { readonly check: string; readonly state: string }[] };
      const troubled = findings.filter(({ check, state }) => check.startsWith('archive:') && state !== 'ok');
      assert.deepEqual(troubled, []);
    });

    test('the reader lists, verifies and fetches, and writes nothing', async () => {
      assert.equal((await list('reader')).length, 3);
      await succeed('reader', 'verify', '--read-data');
      const target = path.join(home.path, 'fetched');
      await succeed('reader', 'fetch', 'latest', '--to', target);

      const fetched = await readFile(path.join(target, 'common'));
      assert.equal(createHash('sha256').update(fetched).digest('hex'), createHash('sha256').update(common).digest('hex'));
      await refused('reader', 'archive', await stage('four'));
      await refused('reader', 'forget', '--keep-last', '1', '--yes');
    });

    test('the writer cannot forget, nor remove or hide an object or a version of it', async () => {
      await refused('writer', 'forget', '--keep-last', '1', '--yes');

      const s3 = place.server.client();
      const { Versions = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket: place.bucket, Prefix: `some/${layout}/` }));
      s3.destroy();
      const asWriter = place.server.client({ credentials: credentialsOf(users.writer) });
      const volatile = /\/(locks|\.rootcellar(-store)?)\//;
      const needed = Versions.filter(({ Key = '' }) => !volatile.test(Key) || Key.endsWith('archive.json'));
      assert.ok(needed.length > 5);
      for (const { Key, VersionId } of needed) {
        const at = { Bucket: place.bucket, Key };
        for (const input of [at, { ...at, VersionId }]) {
          await assert.rejects(asWriter.send(new DeleteObjectCommand(input)), { name: 'AccessDenied' });
        }
      }
      asWriter.destroy();
      assert.equal((await list('writer')).length, 3);
    });

    if (knowsConditions) {
      test('neither the writer nor the pruner can lock for ever what is there, or lift a lock', async () => {
        const s3 = place.server.client();
        const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: place.bucket, Prefix: `some/${layout}/` }));
        s3.destroy();
        const locked = Contents.find(({ Key = '' }) => !/\/(locks|\.rootcellar(-store)?)\//.test(Key));
        const inDays = (days: number) => new Date(Date.now() + days * 86_400_000);
        for (const role of ['writer', 'pruner'] as const) {
          const asRole = place.server.client({ credentials: credentialsOf(users[role]) });
          const lock = (RetainUntilDate: Date) =>
            asRole.send(
              new PutObjectRetentionCommand({
                Bucket: place.bucket,
                Key: locked?.Key,
                Retention: { Mode: 'COMPLIANCE', RetainUntilDate },
              }),
            );
          // The rule says two days, and a margin of one.
          await lock(inDays(3.5));
          await assert.rejects(lock(inDays(30_000)), { name: 'AccessDenied' });
          await assert.rejects(lock(inDays(1)));
          asRole.destroy();
        }
      });
    }

    test('the pruner forgets and prunes, what is left is whole, and the writer goes on', async () => {
      await succeed('pruner', 'forget', '--keep-last', '1', '--yes');
      for (let phase = 0; phase < 2; phase += 1) await succeed('pruner', 'prune', '--prune-grace', '1ms', '--yes');
      await succeed('writer', 'archive', await stage('five'));

      assert.equal((await list('reader')).length, 2);
      await succeed('reader', 'verify', '--read-data');
    });
  });
}

function credentialsOf({ accessKeyId, secretAccessKey, sessionToken }: GivenCredentials) {
  return { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
}
