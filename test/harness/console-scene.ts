import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { passwordFile } from './archive-password.ts';
import { startConsoleAgent, type ConsoleAgent } from './console-agent.ts';
import { liveThePast, type Past } from './console-past.ts';
import { startOpendj, type OpendjServer } from './opendj.ts';
import { opendjRelease } from './parts.ts';
import { runRootcellar, type RootcellarResult } from './rootcellar.ts';
import { useS3Credentials } from './s3-environment.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { startVersitygw, type VersitygwServer } from './versitygw.ts';

export interface ConsoleScene extends Past, ConsoleAgent {
  /** 300 people, `uid=user.0` and so on, and two groups. */
  readonly directory: OpendjServer;
  readonly s3: VersitygwServer;
  /** What `rootcellar` reads to work on the same archive and server. */
  readonly environment: Readonly<Record<string, string>>;
  /** For whatever a test writes. */
  readonly folder: string;
  /** Runs the program beside the agent; its exit code must be 0. */
  run(...words: string[]): Promise<RootcellarResult>;
}

export interface ConsoleSceneOptions {
  /** Settings of the agent, as variables, beside or in place of the scene's. */
  readonly settings?: Readonly<Record<string, string>>;
}

const bucket = 'backups';

/**
 * Starts a real directory server and a real S3 server, lives through a week of backups (`liveThePast`), and starts a real agent with the console. Its
 * schedules are set, but none is due for hours. Disposing it ends all and removes every folder.
 */
export async function startConsoleScene({ settings = {} }: ConsoleSceneOptions = {}): Promise<ConsoleScene> {
  const parts = new AsyncDisposableStack();
  try {
    const home = parts.use(await temporaryFolder('console-scene'));
    const [directory, s3, installation] = await Promise.all([
      startOpendj({ people: 300 }),
      startVersitygw({ buckets: [bucket] }),
      opendjRelease(),
    ]);
    parts.use(directory);
    parts.use(s3);
    // What runs in this process finds them here.
    useS3Credentials(s3);
    const environment = await environmentOf(home.path, directory, s3);
    const past = await liveThePast({ directory, s3, bucket, environment });
    const drills = {
      ROOTCELLAR_DRILL_INSTALLATION: installation,
      ROOTCELLAR_DRILL_FOLDER: path.join(home.path, 'drills'),
      ROOTCELLAR_DRILL_HEAP: '256MiB',
    };
    const agent = parts.use(await startConsoleAgent(home.path, { ...environment, ...drills, ...settings }));
    const kept = parts.move();
    return {
      ...past,
      ...agent,
      directory,
      s3,
      environment,
      folder: home.path,
      run: async (...words) => {
        const result = await runRootcellar(words, { env: environment });
        assert.equal(result.exitCode, 0, `rootcellar ${words.join(' ')}\n${result.stdout}\n${result.stderr}`);
        return result;
      },
      [Symbol.asyncDispose]: () => kept.disposeAsync(),
    };
  } finally {
    await parts.disposeAsync();
  }
}

async function environmentOf(folder: string, directory: OpendjServer, s3: VersitygwServer): Promise<Record<string, string>> {
  const staging = path.join(folder, 'staging');
  await mkdir(staging);
  return {
    ROOTCELLAR_ARCHIVE: `s3://${bucket}/directory`,
    ROOTCELLAR_PASSWORD_FILE: passwordFile,
    ROOTCELLAR_CACHE_FOLDER: path.join(folder, 'cache'),
    ROOTCELLAR_S3_ENDPOINT: s3.endpoint,
    ROOTCELLAR_S3_REGION: s3.region,
    AWS_ACCESS_KEY_ID: s3.accessKeyId,
    AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
    ROOTCELLAR_SERVER_URL: directory.ldapsUrl,
    ROOTCELLAR_SERVER_NAME: 'ds-0',
    ROOTCELLAR_SERVER_BIND_DN: directory.bindDn,
    ROOTCELLAR_SERVER_BIND_PASSWORD_FILE: directory.passwordFile,
    ROOTCELLAR_SERVER_CA_FILE: directory.caFile,
    ROOTCELLAR_STAGING_FOLDER: staging,
  };
}
