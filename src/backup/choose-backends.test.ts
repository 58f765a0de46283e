import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleBackend, exampleDescription } from '../../test/harness/example-server.ts';
import { chooseBackends } from './choose-backends.ts';

const server = exampleDescription();

function idsOf(...parts: Parameters<typeof chooseBackends>): string[] {
  return chooseBackends(...parts).map((backend) => backend.id);
}

test('chooseBackends() takes what a rebuild needs, those with users’ entries last', () => {
  assert.deepEqual(idsOf(server, []), ['config', 'schema', 'userRoot']);
});

test('chooseBackends() leaves out an own backend that the server cannot back up', () => {
  const backends = [exampleBackend(), exampleBackend({ id: 'config', role: 'config', canBeBackedUp: false })];

  assert.deepEqual(idsOf(exampleDescription({ backends }), []), ['userRoot']);
});

test('chooseBackends() takes just those that are named, each once', () => {
  assert.deepEqual(idsOf(server, ['userRoot', 'tasks', 'userRoot']), ['tasks', 'userRoot']);
});

const refusals: readonly (readonly [string, Parameters<typeof chooseBackends>, object])[] = [
  [
    'a name that the server does not have',
    [server, ['userRoot', 'people']],
    {
      code: 'E_BACKEND_MISSING',
      message: 'Cannot back up backend "people": the server has none of this name',
      hint: 'name some of userRoot, config, schema, tasks, or leave backup.backends out to take all that a rebuild needs',
    },
  ],
  [
    'a backend that the server cannot back up',
    [server, ['monitor']],
    {
      code: 'E_BACKEND_MISSING',
      message: 'Cannot back up backend "monitor": the server cannot make a backup of this one',
      hint: 'leave it out of backup.backends',
    },
  ],
  [
    'a server that shows no backend with users’ entries',
    [exampleDescription({ backends: server.backends.slice(1) }), []],
    {
      code: 'E_BACKEND_MISSING',
      message: "Cannot choose what to back up: the server shows no backend with users' entries",
      hint: 'give the account the privilege config-read, or name the backends with --backup-backends',
    },
  ],
  [
    'a disabled backend, which would be missing from the set',
    [exampleDescription({ backends: [exampleBackend(), exampleBackend({ id: 'old', isEnabled: false })] }), []],
    {
      code: 'E_BACKEND_DISABLED',
      message: 'Cannot back up backend "old": the server has it, but it is disabled',
      hint: 'enable it on the server (dsconfig set-backend-prop --set enabled:true), or name the others with --backup-backends',
    },
  ],
];
for (const [what, request, expected] of refusals) {
  test(`chooseBackends() refuses ${what}`, () => {
    assert.throws(() => chooseBackends(...request), expected);
  });
}
