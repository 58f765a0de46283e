import assert from 'node:assert/strict';
import { test } from 'node:test';
import { flipped } from '../../../test/harness/damaged-archive.ts';
import { makeSet } from '../../../test/harness/example-set.ts';
import { temporaryFolder } from '../../../test/harness/temporary-folder.ts';
import { encodeManifest } from '../../domain/manifest.ts';
import { decodeStoredManifest, encodeStoredManifest } from './stored-manifest.ts';

async function exampleManifest() {
  await using folder = await temporaryFolder();
  return await makeSet(folder.path, '20261123100000Z', { 'userRoot/backup.info': 'info' });
}

test('decodeStoredManifest() of a manifest in which any bit was flipped finds it, or reads what was written', async () => {
  const manifest = await exampleManifest();
  const stored = Buffer.from(encodeStoredManifest(manifest));
  let found = 0;
  for (let bit = 0; bit < stored.length * 8; bit += 1) {
    const read = decodeStoredManifest(Buffer.from(flipped(stored, bit)).toString());
    if ('invalid' in read) found += 1;
    else assert.deepEqual(read, manifest, `bit ${bit}`);
  }

  // The others are in the name of the checksum or in the spaces around it.
  assert.ok(found > stored.length * 8 * 0.97, `${found} of ${stored.length * 8} were found`);
});

test('decodeStoredManifest() reads a manifest without a checksum', async () => {
  const manifest = await exampleManifest();

  assert.deepEqual(decodeStoredManifest(encodeManifest(manifest)), manifest);
});
