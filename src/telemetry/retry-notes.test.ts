import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProgressEvent } from '../foundation/progress.ts';
import { retryNotes } from './retry-notes.ts';

function notesAt(...retries: readonly (readonly [atMilliseconds: number, attempt: number])[]): string[] {
  const events: ProgressEvent[] = [];
  let now = 0;
  const clock = { now: () => new Date(now), sleep: () => Promise.resolve() };
  const tell = retryNotes((event) => events.push(event), clock);
  for (const [at, attempt] of retries) {
    now = at;
    tell(new Error('Cannot list s3://b: it is busy'), attempt, 1500);
  }
  return events.map((event) => (event.kind === 'note' ? `${event.level}: ${event.text}` : event.kind));
}

test('retryNotes() says nothing of a first hiccup', () => {
  assert.deepEqual(notesAt([0, 1], [10, 1]), []);
});

test('retryNotes() gives one note in five seconds, and counts those that were left out', () => {
  const note = 'warning: Cannot list s3://b: it is busy; trying again in 1.5 s';

  assert.deepEqual(notesAt([0, 2], [10, 2], [4999, 3], [5000, 3], [10_000, 4]), [
    note,
    `${note} (2 more like it since the last note)`,
    note,
  ]);
});
