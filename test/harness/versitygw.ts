import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import { programPath } from './parts.ts';
import { runProgram } from './run-program.ts';
import { type S3Credentials, type S3Server, type S3ServerOptions, type S3ServerPlace, startS3Server } from './s3-server.ts';

export interface UserRights {
  readonly bucket: string;
  /** `s3:PutObject` and the like. */
  readonly actions: readonly string[];
}

export interface VersitygwServer extends S3Server {
  /**
   * Makes a user who may do only these actions in the bucket, and nothing else. Replaces what other such users were allowed in
   * that bucket; the buckets belong to the root user, who may everything.
   */
  addUser(name: string, rights: UserRights): Promise<S3Credentials>;

  /**
   * Makes users who may do in the bucket what these statements of IAM policies say, each by its name. versitygw has no conditions, so what
   * hangs on one is left out; a statement that only limits others is left out whole. Replaces what users were allowed there before.
   */
  addUsers<Name extends string>(
    bucket: string,
    rights: Readonly<Record<Name, readonly PolicyStatement[]>>,
  ): Promise<Record<Name, S3Credentials>>;
}

export interface PolicyStatement {
  readonly Effect: string;
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: unknown;
}

const credentials: S3Credentials = { accessKeyId: 'rootcellar-test', secretAccessKey: 'gateway-0nly-knows-Zk3' };

/** Starts the everyday S3 server of the tests, in about a tenth of a second. */
export async function startVersitygw(options: S3ServerOptions = {}): Promise<VersitygwServer> {
  const program = await programPath('versitygw');
  const server = await startS3Server({ program, credentials, prepare, commandLine, environment }, options);
  return Object.assign(server, {
    addUser: (name: string, rights: UserRights) => addUser(program, server, name, rights),
    addUsers: <Name extends string>(bucket: string, rights: Readonly<Record<Name, readonly PolicyStatement[]>>) =>
      addUsers(program, server, bucket, rights),
  });
}

async function prepare({ home }: S3ServerPlace): Promise<void> {
  for (const name of ['versions', 'users']) await mkdir(path.join(home, name));
}

function commandLine({ port, data, home, certificates }: S3ServerPlace, extra: readonly string[]): string[] {
  const tls =
    certificates === undefined ? [] : ['--cert', path.join(certificates, 'public.crt'), '--key', path.join(certificates, 'private.key')];
  // Without --keep-alive it closes each connection, and a stalled one ends at once instead of hanging.
  const gateway = ['--port', `127.0.0.1:${port}`, '--quiet', '--keep-alive', '--iam-dir', path.join(home, 'users'), ...tls, ...extra];
  return [...gateway, 'posix', '--versioning-dir', path.join(home, 'versions'), data];
}

function environment(): Record<string, string> {
  return { ROOT_ACCESS_KEY_ID: credentials.accessKeyId, ROOT_SECRET_ACCESS_KEY: credentials.secretAccessKey };
}

async function addUser(program: string, server: S3Server, name: string, { bucket, actions }: UserRights): Promise<S3Credentials> {
  const user = await createUser(program, server, name);
  const statement = { Effect: 'Allow', Principal: { AWS: [name] } };
  // It refuses a statement that names actions on objects without their resource, or actions on the bucket without its own.
  const onBucket = actions.filter(
    (action) => /^s3:(List|GetBucket|PutBucket|DeleteBucket)/.test(action) && action !== 's3:ListMultipartUploadParts',
  );
  const onObjects = actions.filter((action) => !onBucket.includes(action));
  const statements = [
    { ...statement, Action: onBucket, Resource: `arn:aws:s3:::${bucket}` },
    { ...statement, Action: onObjects, Resource: `arn:aws:s3:::${bucket}/*` },
  ].filter(({ Action }) => Action.length > 0);
  await putPolicy(server, bucket, statements);
  return user;
}

async function addUsers<Name extends string>(
  program: string,
  server: S3Server,
  bucket: string,
  rights: Readonly<Record<Name, readonly PolicyStatement[]>>,
): Promise<Record<Name, S3Credentials>> {
  const given = Object.entries<readonly PolicyStatement[]>(rights);
  const allowed = given.flatMap(([name, own]) =>
    own.filter(({ Effect }) => Effect === 'Allow').map((statement) => ({ name, ...statement })),
  );
  // Who may the same shares a statement: the policy is kept in an extended attribute, and may be as long as a block of the disk.
  const shared = Map.groupBy(allowed, ({ Action, Resource }) => JSON.stringify([Action, Resource]));
  const statements = [...shared.values()].flatMap((group) => {
    const [first] = group;
    const names = [...new Set(group.map(({ name }) => name))];
    return first === undefined ? [] : [{ Effect: 'Allow', Action: first.Action, Resource: first.Resource, Principal: { AWS: names } }];
  });
  const users: [string, S3Credentials][] = [];
  // One after the other: they are kept in one file.
  for (const [name] of given) users.push([name, await createUser(program, server, name)]);
  await putPolicy(server, bucket, statements);
  // The names are those that were asked for.
  return Object.fromEntries(users) as Record<Name, S3Credentials>;
}

async function createUser(program: string, server: S3Server, name: string): Promise<S3Credentials> {
  const user = { accessKeyId: name, secretAccessKey: `${name}-0nly-knows-Yb5` };
  const admin = ['admin', '--endpoint-url', server.endpoint, ...(server.caFile === undefined ? [] : ['--allow-insecure'])];
  await runProgram(program, [...admin, 'create-user', '--access', user.accessKeyId, '--secret', user.secretAccessKey, '--role', 'user'], {
    environment: {
      PATH: process.env['PATH'],
      ADMIN_ACCESS_KEY_ID: credentials.accessKeyId,
      ADMIN_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    },
  });
  return user;
}

async function putPolicy(server: S3Server, bucket: string, statements: readonly unknown[]): Promise<void> {
  const s3 = server.client();
  await s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: JSON.stringify({ Version: '2012-10-17', Statement: statements }) }));
  s3.destroy();
}
