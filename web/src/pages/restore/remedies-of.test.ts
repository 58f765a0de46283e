import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noChoices } from './choices.ts';
import { initializeAddressOf, restoresIn } from './commands-in.ts';
import { remediesOf } from './remedies-of.ts';

const choices = { ...noChoices, step: 'plan' as const, snapshot: 'abc' };
const addresses = (code: string, hint?: string, more = {}): readonly string[] =>
  remediesOf({ code, hint }, { ...choices, ...more }).map(({ address }) => address);

test('remediesOf() offers for a replica first the one that is well, then all of them', () => {
  const hint =
    'if only this replica is broken, initialise it from one that is well: "rootcellar initialize --from ds-1:4444"; to bring all …';
  assert.deepEqual(addresses('E_REPLICATED', hint), [
    '/restore/initialize?from=ds-1%3A4444',
    '/restore?step=plan&snapshot=abc&topology=yes',
  ]);
  assert.deepEqual(addresses('E_REPLICATED', 'add --topology'), ['/restore?step=plan&snapshot=abc&topology=yes']);
});

test('remediesOf() offers of an unfinished restore to go on with just that one, and to undo it', () => {
  const hint =
    'run "rootcellar restore 20261123104646Z --backend userRoot --topology --from-export", which goes on where it was, or run "rootcellar roll-back"';
  assert.deepEqual(addresses('E_RESTORE_UNFINISHED', hint), [
    '/restore?step=plan&snapshot=20261123104646Z&backend=userRoot&from-export=yes&topology=yes',
    '/restore/roll-back',
  ]);
});

test('remediesOf() offers the export for a backup that cannot be restored, the backup for one without an export, one server for what is not replicated', () => {
  for (const code of ['E_SNAPSHOT_DAMAGED', 'E_SERVER_MISMATCH', 'E_KEYS_MISSING', 'E_PIN_WRONG']) {
    assert.deepEqual(addresses(code), ['/restore?step=plan&snapshot=abc&from-export=yes']);
    assert.deepEqual(addresses(code, undefined, { isFromExport: true }), []);
  }
  assert.deepEqual(addresses('E_EXPORT_MISSING', undefined, { isFromExport: true }), ['/restore?step=plan&snapshot=abc']);
  for (const code of ['E_USAGE', 'E_BACKEND_NOT_REPLICATED'])
    assert.deepEqual(addresses(code, undefined, { isTopology: true }), ['/restore?step=plan&snapshot=abc']);
  assert.deepEqual(addresses('E_SERVER_UNREACHABLE', 'see that it runs'), []);
});

test('restoresIn() finds no restore where a hint names none', () => {
  assert.deepEqual(restoresIn(undefined), []);
  assert.deepEqual(restoresIn('run "rootcellar roll-back" again'), []);
});

test('initializeAddressOf() leads to the same replica, however the command line names it, and else to any that is well', () => {
  for (const words of [
    ['initialize', '--from=ds-1:4444', '--yes'],
    ['initialize', '--from', 'ds-1:4444'],
  ])
    assert.equal(initializeAddressOf(words), '/restore/initialize?from=ds-1%3A4444');
  assert.equal(initializeAddressOf(['initialize', '--yes']), '/restore/initialize');
});
