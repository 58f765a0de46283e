import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleRunRecord } from '../../../test/harness/example-run-record.ts';
import { parsePings } from './ping-file.ts';
import { pingOf, pingRunId } from './ping.ts';

test('pingOf() tells success and failure, a note of what was canceled, and nothing of what is tried again or was not begun', () => {
  const signals = (['success', 'failure', 'partial', 'canceled', 'skipped'] as const).map(
    (outcome) => pingOf(exampleRunRecord({ outcome }))?.signal,
  );

  assert.deepEqual(signals, ['success', 'fail', 'fail', 'log', undefined]);
  assert.equal(pingOf(exampleRunRecord({ outcome: 'failure', isTriedAgain: true })), undefined);
});

test('pingOf() sends the reason and the end of the log, at most 10 kB of whole characters', () => {
  const short = pingOf(exampleRunRecord({ outcome: 'failure', log: ['begun', 'ended'] }));
  assert.equal(short?.body, 'E_SERVER_UNREACHABLE: Cannot connect to ldaps://localhost:1636: nothing listens there\nbegun\nended');

  for (const character of ['x', 'ü', '€', '😀']) {
    const body = pingOf(exampleRunRecord({ outcome: 'failure', log: [character.repeat(20_000), 'the end'] }))?.body ?? '';
    assert.ok(Buffer.byteLength(body) <= 10_000 && Buffer.byteLength(body) > 9990);
    assert.match(body, new RegExp(`^${character}+\nthe end$`, 'u'));
  }
});

test('pingRunId() is a UUID, the same for the same run', () => {
  const id = pingRunId('20261123T060030000Z-i00000');

  assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(pingRunId('20261123T060030000Z-i00000'), id);
  assert.notEqual(pingRunId('20261123T060030000Z-i00001'), id);
});

test('parsePings() reads a line for each job, and passes over comments and empty lines', () => {
  const pings = parsePings(
    '# checks\n\nbackup https://hc.example.com/ping/1\n  verify\thttp://hc.example.com/ping/2?create=1 \r\n',
    '/pings',
  );

  assert.deepEqual(
    [...pings].map(([job, url]) => `${job} ${url.href}`),
    ['backup https://hc.example.com/ping/1', 'verify http://hc.example.com/ping/2?create=1'],
  );
});

for (const [line, state] of [
  ['restore https://hc.example.com/ping/1', 'it does not begin with one of backup, verify, drill, forget, prune'],
  ['https://hc.example.com/ping/1', 'it does not begin with one of backup, verify, drill, forget, prune'],
  ['verify', 'behind verify is not just one http:// or https:// address'],
  ['verify ftp://hc.example.com/1', 'behind verify is not just one http:// or https:// address'],
  ['verify https://hc.example.com/ping/1 more', 'behind verify is not just one http:// or https:// address'],
  ['backup https://hc.example.com/ping/1', 'there is a line for backup already'],
] as const) {
  test(`parsePings() refuses "${line}" without saying the address`, () => {
    assert.throws(() => parsePings(`backup https://hc.example.com/ping/0\n${line}\n`, '/pings'), {
      code: 'E_USAGE',
      exitCode: 2,
      message: `Cannot use line 2 of the file /pings of the setting notify.pingFile: ${state}`,
    });
  });
}
