import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { EntryIndexBuilder } from '../../domain/entry-index-builder.ts';
import { EntryIndex, entryIndexOf } from '../../domain/entry-index.ts';
import { readLdifBatches } from '../../domain/read-ldif.ts';
import { SteadyIndex } from './steady-index.ts';

const dns = Array.from({ length: 500 }, (_, number) => `uid=user.${number},dc=example,dc=com`);

async function piecesOfIndex(): Promise<readonly Uint8Array[]> {
  const builder = new EntryIndexBuilder();
  const source = async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.from(dns.map((dn) => `dn: ${dn}\nuid: x\n\n`).join(''));
  };
  for await (const batch of readLdifBatches(source(), { name: 'x' })) builder.take(batch);
  return builder.finish();
}

suite('SteadyIndex', () => {
  test('answers by an index that is whole, and makes none anew', async () => {
    const index = await entryIndexOf(await piecesOfIndex());
    const steady = new SteadyIndex(index, () => assert.fail('it was made anew'));

    for (const dn of dns.slice(0, 20)) assert.deepEqual(await steady.findName(dn), await index.findName(dn));
  });

  test('makes it anew once where a page of it is damaged, and answers by that', async () => {
    const bytes = Buffer.concat(await piecesOfIndex());
    const whole = await entryIndexOf([Uint8Array.from(bytes)]);
    // The last page is of the table of blocks; the directory before it, which is read first, is whole.
    bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 0xff;
    const damaged = await EntryIndex.open(({ at, bytes: length }) => Promise.resolve(bytes.subarray(at, at + length)), bytes.length);
    let made = 0;
    const steady = new SteadyIndex(damaged, () => {
      made += 1;
      return Promise.resolve(whole);
    });

    const found = await Promise.all(dns.slice(0, 50).map((dn) => steady.findName(dn)));

    assert.deepEqual(found, await Promise.all(dns.slice(0, 50).map((dn) => whole.findName(dn))));
    assert.equal((await steady.blocks()).length, whole.blockCount);
    assert.equal(made, 1);
  });

  test('hands on what is no damage', async () => {
    const bytes = Buffer.concat(await piecesOfIndex());
    let isCutOff = false;
    const read = ({ at, bytes: length }: { readonly at: number; readonly bytes: number }) =>
      isCutOff ? Promise.reject(new Error('the network')) : Promise.resolve(bytes.subarray(at, at + length));
    const steady = new SteadyIndex(await EntryIndex.open(read, bytes.length), () => assert.fail('it was made anew'));
    isCutOff = true;

    await assert.rejects(steady.findName(dns[0] ?? ''), /the network/);
  });
});
