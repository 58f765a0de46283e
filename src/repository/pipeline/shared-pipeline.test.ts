import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { test } from 'node:test';
import { randomKeyMaterial } from '../sealing/key-material.ts';
import { Pipeline } from './pipeline.ts';
import { SharedPipeline } from './shared-pipeline.ts';

const opened = {
  keys: randomKeyMaterial(),
  config: { version: 2, id: 'a'.repeat(64), chunkerPolynomial: 3n, cutting: undefined },
  keyId: '',
} as const;

function sharing(): { readonly shared: SharedPipeline; readonly made: Pipeline[] } {
  const made: Pipeline[] = [];
  const make = (): Pipeline => {
    const pipeline = new Pipeline(opened, { workers: 1, slabs: 1, slabBytes: 4096 });
    made.push(pipeline);
    return pipeline;
  };
  return { shared: new SharedPipeline(make), made };
}

const hashing = (pipeline: Pipeline) => pipeline.pool.run({ kind: 'hash', parts: [] });

test('use() gives one pipeline to all who come at once or shortly after', async () => {
  const { shared, made } = sharing();
  await Promise.all([shared.use(hashing), shared.use(hashing)]);
  await assert.rejects(
    shared.use(() => Promise.reject(new Error('work failed'))),
    /work failed/,
  );
  await shared.use(hashing);
  assert.equal(made.length, 1);
});

test('use() makes another pipeline when the last one was idle for a while, or a thread of it has ended', async () => {
  const { shared, made } = sharing();
  await shared.use(hashing);
  while (made[0]?.pool.isBroken !== true) await delay(20);
  await shared.use(hashing);
  await made[1]?.close();
  await shared.use(hashing);
  assert.equal(made.length, 3);
});
