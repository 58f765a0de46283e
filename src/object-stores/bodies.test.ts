import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { abortable } from './bodies.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

async function* chunks(count: number, bytes: number): AsyncGenerator<Uint8Array> {
  for (let given = 0; given < count; given += 1) yield Buffer.alloc(bytes, given);
}

test('abortable() keeps no chunk that has passed', async () => {
  collectGarbage();
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  let passed = 0;

  for await (const chunk of abortable(chunks(200, 1 << 20), new AbortController().signal)) {
    passed += chunk.length;
    if (passed % (20 << 20) !== 0) continue;
    // What the turn under way refers to is not garbage yet.
    await new Promise((resolve) => setImmediate(resolve));
    for (let round = 0; round < 2; round += 1) {
      collectGarbage();
      await new Promise((resolve) => setImmediate(resolve));
    }
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  }

  assert.equal(passed, 200 << 20);
  assert.ok(most < 20 << 20, `${most} bytes were held`);
});

test('abortable() ends with the reason while the source is silent', async () => {
  const stop = new AbortController();
  const silent = async function* (): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(1);
    await new Promise(() => undefined);
  };
  const reading = (async () => {
    for await (const _chunk of abortable(silent(), stop.signal)) setImmediate(() => stop.abort(new Error('told to stop')));
  })();

  await assert.rejects(reading, { message: 'told to stop' });
});

test('abortable() ends with the reason when it was aborted while its reader was busy, and ends the source', async () => {
  const stop = new AbortController();
  let isEnded = false;
  const source = async function* (): AsyncGenerator<Uint8Array> {
    try {
      yield* chunks(3, 1);
    } finally {
      isEnded = true;
    }
  };
  const reading = (async () => {
    for await (const _chunk of abortable(source(), stop.signal)) stop.abort(new Error('told to stop'));
  })();

  await assert.rejects(reading, { message: 'told to stop' });
  assert.ok(isEnded);
});
