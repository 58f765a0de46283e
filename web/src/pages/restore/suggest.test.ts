import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ListedSnapshot } from '../../api/snapshots.ts';
import { atLocalTime, localTime } from './local-time.ts';
import { suggest } from './suggest.ts';

const snapshot = (day: number, more: Partial<ListedSnapshot> = {}): ListedSnapshot => ({
  id: `${day}`,
  time: `2026-11-${day}T10:00:00.000Z`,
  server: 'ds-0',
  backupId: `${day}`,
  backends: ['userRoot'],
  bytes: 1,
  state: 'complete',
  remarks: [],
  ...more,
});

test('suggest() takes the newest good one and the newest that is proven, and neither suspicious nor damaged ones', () => {
  const provenAt = '2026-11-25T00:00:00.000Z';
  const all = [
    snapshot(20, { provenAt }),
    snapshot(22, { provenAt }),
    snapshot(24),
    snapshot(25, { state: 'suspicious' }),
    snapshot(26, { state: 'damaged', provenAt }),
  ];
  assert.deepEqual([suggest(all, undefined).newest?.id, suggest(all, undefined).proven?.id], ['24', '22']);
  assert.deepEqual(
    [suggest(all, '2026-11-22T10:00:00.000Z').newest?.id, suggest(all, '2026-11-22T10:00:00.000Z').proven?.id],
    ['20', '20'],
  );
  assert.deepEqual(suggest(all, '2026-11-20T10:00:00.000Z'), { newest: undefined, proven: undefined });
});

test('atLocalTime() reads what localTime() writes, to the minute, and takes what is no time for none', () => {
  assert.equal(atLocalTime(localTime('2026-11-26T10:05:59.000Z')), '2026-11-26T10:05:00.000Z');
  assert.equal(atLocalTime(''), undefined);
  assert.equal(localTime('whenever'), '');
});
