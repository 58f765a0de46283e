import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scratchJvmOptions } from './jvm-options.ts';

const mebibyte = 1024 * 1024;

test('scratchJvmOptions() spares a server for a small set the compiler that pays only in the long run', () => {
  assert.equal(scratchJvmOptions(512 * mebibyte, 64 * mebibyte), '-Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1');
  assert.equal(scratchJvmOptions(2048 * mebibyte, 64 * mebibyte + 1), '-Xmx2048m -XX:+UseSerialGC');
});

test('scratchJvmOptions() leaves the heap to Java where none is asked for', () => {
  assert.equal(scratchJvmOptions(undefined, 0), '-XX:+UseSerialGC -XX:TieredStopAtLevel=1');
});
