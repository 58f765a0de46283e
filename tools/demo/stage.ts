import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type OpendjServer, startOpendj } from '../../test/harness/opendj.ts';
import { opendjTemplate } from '../../test/harness/opendj-template.ts';
import { programPath } from '../../test/harness/parts.ts';
import { temporaryFolder } from '../../test/harness/temporary-folder.ts';
import { startVersitygw, type VersitygwServer } from '../../test/harness/versitygw.ts';
import { root } from '../run-tests.ts';
import { quoted, waitFor } from './terminal.ts';

export const bucket = 'backups';

/** The two servers of the demonstration and a folder for all that it writes. */
export interface Stage extends AsyncDisposable {
  readonly directory: OpendjServer;
  readonly s3: VersitygwServer;
  readonly folder: string;
  /** What `rootcellar` reads; every secret of it is in a file. */
  readonly environment: Readonly<Record<string, string>>;
  /** A script for a shell, with the same environment. */
  readonly environmentFile: string;
}

/** Starts both servers on free loopback ports; disposing it stops them and removes every folder. */
export async function setStage(people: number): Promise<Stage> {
  const cleanUp = new AsyncDisposableStack();
  try {
    const home = cleanUp.use(await temporaryFolder('demo'));
    // What is not in the cache yet is got side by side: downloads of the one leave the cores to the other.
    await Promise.all([programPath('versitygw'), opendjTemplate(people)]);
    waitFor('versitygw, an S3 server, over TLS');
    const s3 = cleanUp.use(await startVersitygw({ tls: true, buckets: [bucket] }));
    waitFor(`OpenDJ, a directory server, with ${people.toLocaleString('en')} people (about 5 s)`);
    const directory = cleanUp.use(await startOpendj({ people }));
    const environment = await makeEnvironment(home.path, directory, s3);
    const environmentFile = path.join(home.path, 'environment.sh');
    await writeFile(environmentFile, `${shellLines(environment).join('\n')}\n`);
    const kept = cleanUp.move();
    return { directory, s3, folder: home.path, environment, environmentFile, [Symbol.asyncDispose]: () => kept.disposeAsync() };
  } finally {
    await cleanUp.disposeAsync();
  }
}

/** The environment as lines of a POSIX shell. */
export function shellLines(environment: Readonly<Record<string, string>>): string[] {
  const variables = Object.entries(environment).map(([name, value]) => `export ${name}=${quoted(value)}`);
  return [...variables, `alias rootcellar=${quoted(path.join(root, 'bin/rootcellar.mjs'))}`];
}

async function makeEnvironment(folder: string, directory: OpendjServer, s3: VersitygwServer): Promise<Record<string, string>> {
  const staging = path.join(folder, 'staging');
  await mkdir(staging);
  const password = path.join(folder, 'archive-password');
  await writeFile(password, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600 });
  const credentials = path.join(folder, 's3-credentials');
  const lines = ['[default]', `aws_access_key_id = ${s3.accessKeyId}`, `aws_secret_access_key = ${s3.secretAccessKey}`, ''];
  await writeFile(credentials, lines.join('\n'), { mode: 0o600 });
  const hasProxy = Object.keys(process.env).some((name) => /^https?_proxy$/i.test(name));
  return {
    ROOTCELLAR_ARCHIVE: `s3://${bucket}/directory`,
    ROOTCELLAR_PASSWORD_FILE: password,
    ROOTCELLAR_S3_ENDPOINT: s3.endpoint,
    ROOTCELLAR_S3_REGION: s3.region,
    ROOTCELLAR_S3_CA_FILE: s3.caFile ?? '',
    AWS_SHARED_CREDENTIALS_FILE: credentials,
    ROOTCELLAR_SERVER_URL: directory.ldapsUrl,
    ROOTCELLAR_SERVER_CA_FILE: directory.caFile,
    ROOTCELLAR_SERVER_BIND_DN: directory.bindDn,
    ROOTCELLAR_SERVER_BIND_PASSWORD_FILE: directory.passwordFile,
    ROOTCELLAR_SERVER_NAME: 'opendj-0',
    ROOTCELLAR_STAGING_FOLDER: staging,
    ...(hasProxy && { NO_PROXY: '127.0.0.1' }),
  };
}
