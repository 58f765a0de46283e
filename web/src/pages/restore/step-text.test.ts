import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RestorePlan } from '../../../../src/restore/plan.ts';
import type { RestoreBackendStep } from '../../../../src/restore/steps.ts';
import { rollBackSteps } from './roll-back-steps.ts';
import { stepText } from './step-text.ts';

const others = [{ name: 'ds-2:4444', entriesNow: 2003, isWritable: true, isReplicating: true }];
const plan = (isFenced: boolean): RestorePlan => ({
  snapshot: {
    id: 'a',
    time: '2026-11-26T10:00:00Z',
    server: 'ds-1',
    backupId: 'b',
    backends: [],
    bytes: 1,
    state: 'complete',
    remarks: [],
  },
  target: { location: 'ldaps://ds-1:1636', product: 'OpenDJ', version: '5.0.3' },
  source: 'backup',
  lostSince: '2026-11-26T10:00:00Z',
  topology: { baseDns: ['dc=example,dc=com'], target: 'ds-1:4444', others, isFenced, isAllAtOnce: false },
  steps: [],
  done: [],
  bytesToFetch: 1,
  outlook: undefined,
  warnings: [],
});

test('stepText() says whose entries are replaced by whose, and from where on there is no way back', () => {
  const { what, meaning = '' } = stepText({ kind: 'initialize', replica: 'ds-2:4444' }, plan(true));
  assert.equal(what, 'Initialise ds-2:4444 from ds-1:4444');
  assert.match(meaning, /^Its 2,003 entries are replaced; .* only the way forward\.$/);
});

test('stepText() warns of what clients write only where they may write', () => {
  assert.deepEqual(stepText({ kind: 'suspend' }, plan(true)), { what: 'Suspend replication of dc=example,dc=com' });
  assert.match(stepText({ kind: 'suspend' }, plan(false)).meaning ?? '', /gets lost, or makes replicas differ/);
});

test('stepText() says of a number that it does not know it', () => {
  const backend: RestoreBackendStep['backend'] = {
    id: 'userRoot',
    role: 'user',
    backupId: 'b',
    folder: 'userRoot',
    baseDns: [],
    isEncrypted: false,
    isCompressed: false,
  };
  const step = { kind: 'restore-backend', backend, entriesNow: undefined, entriesInSet: 1234567 } as const;
  assert.equal(stepText(step, plan(true)).what, 'Replace backend userRoot: an unknown number of entries now, 1,234,567 in the backup');
});

test('rollBackSteps() touches no entry where nothing was restored', () => {
  const nothing = {
    snapshot: 'a',
    backupId: 'b',
    target: 'ds-1:4444',
    source: undefined,
    baseDns: ['dc=example,dc=com'],
    backends: ['userRoot'],
  };
  const unfenced = ['ds-1:4444'];
  assert.deepEqual(rollBackSteps({ ...nothing, isResumed: true, compared: [], unfenced, goOn: undefined }), [
    'Resume replication of dc=example,dc=com',
    'Let clients write to ds-1:4444 again',
  ]);
});
