import assert from 'node:assert/strict';
import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { cutLimits, type CutSizes } from '../cut-sizes.ts';
import { gearTablePlace, loadKernels, makeMemory, pageBytes, startKernels } from './kernels.ts';

const sizes: CutSizes = { min: 1024, average: 2048, max: 8192 };
const limits = cutLimits(sizes);
const table = randomBytes(2048);
const module = loadKernels();

function start(data: Uint8Array) {
  const kernels = startKernels(module, makeMemory(pageBytes + data.length));
  const memory = new Uint8Array(kernels.memory.buffer);
  memory.set(table, gearTablePlace);
  memory.set(data, pageBytes);
  return kernels;
}

function cuts(data: Uint8Array): number[] {
  const kernels = start(data);
  const found: number[] = [];
  for (let at = 0; at < data.length; at += found.at(-1) ?? 0) {
    found.push(kernels.cut(pageBytes + at, data.length - at, sizes.min, sizes.average, sizes.max, limits.strict, limits.loose));
  }
  return found;
}

/** The same by the definition: the hash of the last 64 bytes at each place. */
function slowCuts(data: Buffer): number[] {
  const found: number[] = [];
  for (let from = 0; from < data.length;) {
    const most = Math.min(sizes.max, data.length - from);
    let length = most;
    for (let end = sizes.min + 1; end <= most; end += 1) {
      let hash = 0n;
      for (const byte of data.subarray(from + end - 64, from + end))
        hash = BigInt.asUintN(64, (hash << 1n) + table.readBigUInt64LE(byte * 8));
      if (hash < (end <= sizes.average ? limits.strict : limits.loose)) {
        length = end;
        break;
      }
    }
    found.push(length);
    from += length;
  }
  return found;
}

test('cut() cuts where the definition says', () => {
  const data = randomBytes(200_000);

  assert.deepEqual(cuts(data), slowCuts(data));
});

test('cut() keeps to its sizes and comes near the average', () => {
  const found = cuts(randomBytes(4_000_000));

  const whole = found.slice(0, -1);
  assert.ok(whole.every((length) => length > sizes.min && length <= sizes.max));
  const average = whole.reduce((sum, length) => sum + length, 0) / whole.length;
  assert.ok(average > 1500 && average < 3000, `${average}`);
});

test('cut() finds the same chunks again after bytes were put in', () => {
  // The same bytes each time: of random ones a few in a million lie so that the cuts meet again late.
  const data = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(Buffer.alloc(1_000_000));
  const changed = Buffer.concat([data.subarray(0, 300_000), Buffer.from('7 bytes'), data.subarray(300_000)]);
  const hashes = (bytes: Buffer) => {
    let at = 0;
    return cuts(bytes).map((length) =>
      createHash('sha256')
        .update(bytes.subarray(at, (at += length)))
        .digest('hex'),
    );
  };
  const before = new Set(hashes(data));

  const fresh = hashes(changed).filter((hash) => !before.has(hash));

  assert.ok(fresh.length <= 4, `${fresh.length}`);
});

test('cut() forces a cut at the maximum, and gives all where there is less than the minimum', () => {
  // Zeros have one hash everywhere, which is not below the limits for this table.
  const zeros = Buffer.alloc(20_000);

  assert.deepEqual(cuts(zeros), slowCuts(zeros));
  assert.deepEqual(cuts(randomBytes(1000)), [1000]);
});
