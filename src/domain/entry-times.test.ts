import assert from 'node:assert/strict';
import { test } from 'node:test';
import { timesOf } from './entry-times.ts';
import { parseGeneralizedTime } from './generalized-time.ts';

const at = (text: string) => (parseGeneralizedTime(text) ?? 0) / 1000;

test('parseGeneralizedTime() reads what the servers write, and nothing else', () => {
  assert.equal(parseGeneralizedTime('20261126014550Z'), Date.UTC(2026, 10, 26, 1, 45, 50));
  assert.equal(parseGeneralizedTime('20261126014550.798Z'), Date.UTC(2026, 10, 26, 1, 45, 50, 798));
  for (const text of ['', '2026', '20261126014550', '20261126014550+0100', 'x20261126014550Z', '20261126014550Z\n']) {
    assert.equal(parseGeneralizedTime(text), undefined, text);
  }
});

test('timesOf() tells creation and the latest change, of a password too', () => {
  const names = ['cn', 'createTimestamp', 'MODIFYTIMESTAMP', 'pwdChangedTime', 'ds-pwp-last-login-time', 'pwdPolicySubentry'];
  const values = ['20300101000000Z', '20260101000000Z', '20260301000000Z', '20260401000000.5Z', '20260201000000.000Z', '20300101000000Z'];

  assert.deepEqual(timesOf({ dn: 'dc=x', names, values }, at('20270101000000Z')), {
    created: at('20260101000000Z'),
    touched: at('20260401000000Z'),
  });
});

test('timesOf() passes over what is later than asked, and what is no time', () => {
  const names = ['createTimestamp', 'modifyTimestamp', 'pwdAccountLockedTime'];
  const values = ['20260101000000Z', 'soon', '20990101000000Z'];

  const times = timesOf({ dn: 'dc=x', names, values }, at('20270101000000Z'));

  assert.deepEqual(times, { created: at('20260101000000Z'), touched: at('20260101000000Z') });
  assert.deepEqual(timesOf({ dn: 'dc=x', names: ['cn'], values: ['x'] }, 1), { created: 0, touched: 0 });
});
