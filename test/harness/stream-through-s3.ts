/**
 * A program: writes and reads back as many bytes as its second argument says, through an `S3Store` made of the JSON options
 * in its first, and prints `{ "grownBytes": … }`, by how much its peak of resident memory rose.
 */
import { openS3Store } from '../../src/object-stores/s3-store.ts';
import type { S3StoreOptions } from '../../src/object-stores/s3-options.ts';

const options = JSON.parse(process.argv[2] ?? '') as S3StoreOptions;
const bytes = Number(process.argv[3]);
const chunk = Buffer.alloc(1 << 20, 'rootcellar');
const peak = (): number => process.resourceUsage().maxRSS * 1024;

// As in the program: a signal that lives as long as the process must not keep what passes.
const { signal } = new AbortController();
const store = await openS3Store(options);
await store.put('warm', chunk);
const before = peak();
await store.putStream(
  'large',
  async function* () {
    for (let given = 0; given < bytes; given += chunk.length) yield chunk;
  },
  { bytes, signal },
);
let received = 0;
for await (const part of store.getStream('large', { signal })) received += part.byteLength;
if (received !== bytes) throw new Error(`${received} of ${bytes} bytes came back`);
console.log(JSON.stringify({ grownBytes: peak() - before }));
await store.close();
