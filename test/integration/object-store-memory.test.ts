import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

import { useS3Credentials } from '../harness/s3-environment.ts';
import { startVersitygw } from '../harness/versitygw.ts';

const mebibyte = 1024 * 1024;

test('S3Store streams 300 MiB each way within 150 MiB of memory', { timeout: 120_000 }, async () => {
  await using server = await startVersitygw({ tls: true, buckets: ['archive'] });
  useS3Credentials(server);
  const program = path.join(import.meta.dirname, '../harness/stream-through-s3.ts');
  const options = JSON.stringify({ bucket: 'archive', endpoint: server.endpoint, caFile: server.caFile });

  const { stdout } = await promisify(execFile)(process.execPath, [program, options, String(300 * mebibyte)]);

  const { grownBytes } = JSON.parse(stdout) as { readonly grownBytes: number };
  assert.ok(grownBytes < 150 * mebibyte, `${Math.round(grownBytes / mebibyte)} MiB`);
  console.log(`grown by ${Math.round(grownBytes / mebibyte)} MiB`);
});
