import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { exampleArchive, saveExample } from '../../test/harness/example-archive.ts';
import { printFile, type ByteSink } from './print-file.ts';

/** Takes `pieces` pieces, then has gone. */
function sink(isTerminal: boolean, pieces = Infinity): ByteSink & { readonly content: () => Buffer } {
  const taken: Uint8Array[] = [];
  const write = async (piece: Uint8Array): Promise<boolean> => {
    if (taken.length >= pieces) return false;
    taken.push(Uint8Array.from(piece));
    return true;
  };
  return { write, isTerminal, content: () => Buffer.concat(taken) };
}

const binary = randomBytes(200_000);
const text = 'dn: dc=example,dc=com\r\n\tünïcödé\n'.repeat(5000);

async function setUp() {
  const parts = await exampleArchive();
  const files = { binary, text, escape: 'colour \u001b[31m' };
  return { ...parts, snapshot: await saveExample(parts.archive, '20261122000000Z', files) };
}

test('printFile() writes the very bytes, to a terminal only text', async () => {
  const { archive, snapshot } = await setUp();
  for (const [path, content, isTerminal] of [
    ['binary', binary, false],
    ['text', Buffer.from(text), false],
    ['text', Buffer.from(text), true],
  ] as const) {
    const to = sink(isTerminal);

    await printFile(archive, snapshot, path, to, { allowBinary: false });

    assert.ok(to.content().equals(content));
  }
});

test('printFile() writes nothing of what could steer a terminal, unless it is told to', async () => {
  const { archive, snapshot } = await setUp();
  for (const path of ['binary', 'escape']) {
    const to = sink(true);
    await assert.rejects(printFile(archive, snapshot, path, to, { allowBinary: false }), {
      code: 'E_USAGE',
      exitCode: 2,
      message: `Cannot print ${path} at a terminal: it is not text, and could change how the terminal behaves`,
    });
    assert.equal(to.content().length, 0);

    await printFile(archive, snapshot, path, to, { allowBinary: true });
    assert.ok(to.content().length > 0);
  }
});

test('printFile() ends without a complaint when nobody takes any more', async () => {
  const { archive, snapshot } = await setUp();
  const to = sink(false, 1);

  await printFile(archive, snapshot, 'binary', to, { allowBinary: false });

  const { length } = to.content();
  assert.ok(length > 0 && length < binary.length, `${length} bytes were taken`);
});

test('printFile() rejects with 20 when what it printed turns out to be damaged', async () => {
  const { archive, store, snapshot } = await setUp();
  await store.put('prod/20261122000000Z/text', Buffer.from(text.replace('example', 'exemple')));
  const to = sink(false);

  await assert.rejects(printFile(archive, snapshot, 'text', to, { allowBinary: false }), {
    code: 'E_FILE_DAMAGED',
    exitCode: 20,
    hint: 'what was printed is not the whole file: do not use it',
    message: /^Cannot read prod\/20261122000000Z\/text: it hashes to \w{12}… instead of \w{12}…$/,
  });
  assert.equal(to.content().length, Buffer.byteLength(text));
});

test('printFile() prints the manifest as it is stored', async () => {
  const { archive, store, snapshot } = await setUp();
  const to = sink(true);

  await printFile(archive, snapshot, '/manifest.json', to, { allowBinary: false });

  assert.deepEqual(to.content(), Buffer.from(await store.get('prod/20261122000000Z/manifest.json')));
});
