import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FakeClock } from '../../../../test/harness/fake-clock.ts';
import { digestOf } from '../tokens.ts';
import { Sessions, type SignedInBy } from './sessions.ts';

const limits = { idle: 60_000, most: 300_000 };
const ofToken = (token: string): SignedInBy => ({ kind: 'token', digest: digestOf(token) });
const use = { isUse: true };

describe('Sessions', () => {
  test('ends a session that is not used, and one that is used all the time as well', async () => {
    const clock = new FakeClock();
    const sessions = new Sessions(clock, limits);
    const { id } = sessions.begin(ofToken('one'));

    await clock.advance(59_999);
    assert.ok(sessions.find(id, use));
    for (let times = 0; times < 8; times += 1) {
      await clock.advance(30_000);
      assert.ok(sessions.find(id, use));
    }
    await clock.advance(1);
    assert.equal(sessions.find(id, use), undefined);

    const unused = sessions.begin(ofToken('one'));
    await clock.advance(30_000);
    assert.ok(sessions.find(unused.id, { isUse: false }));
    await clock.advance(30_000);
    assert.equal(sessions.find(unused.id, use), undefined);
  });

  test('ends what the clock would let live on when it is set back, but for a minute', async () => {
    const clock = new FakeClock();
    const sessions = new Sessions(clock, limits);
    const { id } = sessions.begin(ofToken('one'));

    await clock.advance(-50_000);
    assert.ok(sessions.find(id, use));
    await clock.advance(-50_000);
    assert.equal(sessions.find(id, use), undefined);
  });

  test('has a new ID and another csrfToken for each session, and knows none in another spelling', () => {
    const sessions = new Sessions(new FakeClock(), limits);
    const [one, other] = [sessions.begin(ofToken('one')), sessions.begin(ofToken('one'))];

    assert.notEqual(one.id, other.id);
    assert.notEqual(one.session.csrfToken, other.session.csrfToken);
    assert.equal(sessions.find(`${one.id} `, use), undefined);
    sessions.end(one.id);
    assert.equal(sessions.find(one.id, use), undefined);
    assert.ok(sessions.find(other.id, use));
  });

  test('keeps 20 of one and 1000 in all; who signs in often ends own sessions only', () => {
    const sessions = new Sessions(new FakeClock(), limits);
    const first = sessions.begin(ofToken('first'));
    const busy = Array.from({ length: 25 }, () => sessions.begin(ofToken('busy')).id);
    assert.deepEqual(
      busy.map((id) => sessions.find(id, { isUse: false }) !== undefined),
      [...Array.from({ length: 5 }, () => false), ...Array.from({ length: 20 }, () => true)],
    );
    assert.ok(sessions.find(first.id, { isUse: false }));

    for (let at = 0; at < 979; at += 1) sessions.begin({ kind: 'person', subject: `p${at}`, name: 'x', role: 'viewer' });
    assert.ok(sessions.find(first.id, { isUse: false }));
    sessions.begin(ofToken('one more'));
    assert.equal(sessions.find(first.id, { isUse: false }), undefined);
  });
});
