import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';

const root = path.join(import.meta.dirname, '..');

function runLane(environment: Readonly<Record<string, string>>) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['tools/test.ts', '--lane', 'kubernetes'], {
    cwd: root,
    encoding: 'utf8',
    // No program is found, so nothing can be started or installed.
    env: { PATH: '/nowhere', HOME: '/nowhere', ...environment },
  });
  return { status, stdout, stderr };
}

test('the lane test:kubernetes fails with one sentence where no cluster can be started', () => {
  const { status, stdout, stderr } = runLane({});

  assert.deepEqual([status, stderr], [1, '']);
  assert.match(stdout, /^Cannot start a Kubernetes: [^\n]+; to go without, set ROOTCELLAR_TEST_KUBERNETES=skip\n$/);
});

test('the lane test:kubernetes says that nothing was tried when it is told to skip', () => {
  const { status, stdout } = runLane({ ROOTCELLAR_TEST_KUBERNETES: 'skip' });

  assert.deepEqual([status, stdout], [0, 'Nothing was tried with a real Kubernetes: ROOTCELLAR_TEST_KUBERNETES=skip says so\n']);
});
