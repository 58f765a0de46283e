import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { isAlive, thisProcess } from './lease-holder.ts';

test('isAlive() knows this process', () => {
  assert.equal(isAlive(thisProcess('backup')), true);
});

test('isAlive() tells a process ID that was given again from the process that had it', () => {
  assert.equal(isAlive({ ...thisProcess('backup'), processBegan: '1' }), false);
});

test('isAlive() knows that a process of this machine has ended', async () => {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');

  assert.equal(isAlive({ ...thisProcess('backup'), processId: child.pid ?? 0 }), false);
});

test('isAlive() says nothing of another host or process space', () => {
  assert.equal(isAlive({ ...thisProcess('backup'), host: 'elsewhere' }), undefined);
  assert.equal(isAlive({ ...thisProcess('backup'), space: 'another' }), undefined);
});
