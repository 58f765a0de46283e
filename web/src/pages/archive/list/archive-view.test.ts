import assert from 'node:assert/strict';
import test, { describe } from 'node:test';
import { isDay, plainView, readView, viewPath, type ArchiveView } from './archive-view.ts';

describe('readView()', () => {
  test('gives back what viewPath() wrote', () => {
    const view: ArchiveView = {
      shape: 'table',
      server: 'ds 1&x=y',
      state: 'pinned',
      backend: 'userRoot',
      text: 'ä +',
      from: '2026-01-01',
      to: '2026-12-31',
      sort: 'newBytes',
      order: 'ascending',
      day: '2026-11-26',
    };
    const query = Object.fromEntries(new URL(viewPath(view), 'http://localhost').searchParams);
    assert.deepEqual(readView(query), view);
  });

  test('takes what makes no sense for nothing', () => {
    const query = { view: 'globe', state: 'fine', from: '2026-02-30', to: 'now', sort: 'constructor', order: 'sideways', day: '1' };
    assert.deepEqual(readView(query), plainView);
  });
});

test('viewPath() leaves out what goes without saying', () => assert.equal(viewPath(plainView), '/archive'));

test('isDay() knows which days there are', () => {
  assert.ok(isDay('2028-02-29'));
  assert.equal(isDay('2027-02-29'), false);
  assert.equal(isDay('2026-11-26T00:00'), false);
});
