import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { runProgram } from '../test/harness/run-program.ts';
import type { S3Server } from '../test/harness/s3-server.ts';
import type { Place } from './contenders/contender.ts';

export interface OpenPlace extends Place, AsyncDisposable {
  /** Where the server keeps the bucket: each object a plain file. */
  readonly bucketFolder: string;
  /** Keeps a copy of bucket and caches as they are; the function it returns brings them back to that, as often as it is called. */
  remember(): Promise<() => Promise<void>>;
}

let placesMade = 0;

/** A new bucket, and a new folder below `home`; disposing it removes both. */
export async function openPlace(s3: S3Server, home: string, keepLast: number): Promise<OpenPlace> {
  placesMade += 1;
  const bucket = `bench-${placesMade}`;
  const own = path.join(home, bucket);
  await mkdir(own);
  const client = s3.client();
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  client.destroy();
  const { endpoint, region, accessKeyId, secretAccessKey } = s3;
  const bucketFolder = path.join(s3.folder, bucket);
  const kept = `${own}-kept`;
  return {
    endpoint,
    region,
    accessKeyId,
    secretAccessKey,
    bucket,
    bucketFolder,
    keepLast,
    home: own,
    source: path.join(own, 'source'),
    fetched: path.join(own, 'fetched'),
    remember: async () => {
      await mkdir(kept);
      // With the extended attributes, in which the server keeps what belongs to an object.
      await runProgram('cp', ['-a', bucketFolder, path.join(kept, 'bucket')]);
      await runProgram('cp', ['-a', own, path.join(kept, 'own')]);
      return async () => {
        for (const [name, folder] of [
          ['bucket', bucketFolder],
          ['own', own],
        ] as const) {
          await rm(folder, { recursive: true });
          await runProgram('cp', ['-a', path.join(kept, name), folder]);
        }
      };
    },
    [Symbol.asyncDispose]: async () => {
      for (const folder of [own, kept, bucketFolder]) await rm(folder, { recursive: true, force: true });
    },
  };
}
