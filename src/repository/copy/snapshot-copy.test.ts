import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SnapshotFile } from '../format/snapshot-file.ts';
import { copyFinder, encodeSnapshotCopy } from './snapshot-copy.ts';

const id = 'a'.repeat(64);
const other = 'b'.repeat(64);
const tree = 'c'.repeat(64);

function snapshot(over: Partial<SnapshotFile> = {}): SnapshotFile {
  const time = { milliseconds: 1_795_430_806_000, nanoseconds: 5 };
  return { time, tree, paths: ['/prod'], hostname: 'prod', username: '', tags: [], programVersion: '', ...over };
}

test('encodeSnapshotCopy() keeps every field, drops the parent and names the origin', () => {
  const json = `{"time":"2026-11-23T10:46:46.000000005+01:00","parent":"${other}","tree":"${tree}","uid":1000,"excludes":["<x>"],"future":{"n":9007199254740993}}`;

  const copy = encodeSnapshotCopy(Buffer.from(json), id);

  const escaped = String.raw`\u003cx\u003e`;
  assert.equal(
    copy.toString(),
    `{"time":"2026-11-23T10:46:46.000000005+01:00","tree":"${tree}","uid":1000,"excludes":["${escaped}"],"future":{"n":9007199254740993},"original":"${id}"}`,
  );
});

test('encodeSnapshotCopy() of a copy names the first origin, and of one that is none in the field, the snapshot itself', () => {
  assert.match(encodeSnapshotCopy(Buffer.from(`{"original":"${other}"}`), id).toString(), new RegExp(other));
  assert.match(encodeSnapshotCopy(Buffer.from('{"original":"x"}'), id).toString(), new RegExp(id));
  assert.throws(() => encodeSnapshotCopy(Buffer.from('[]'), id), { code: 'E_REPOSITORY_DAMAGED', exitCode: 20 });
});

test('copyFinder() finds a snapshot of the same origin, moment and tree, and no other', () => {
  const known = { id: other, file: snapshot({ original: id }), failure: undefined };
  const find = copyFinder([{ id: 'd'.repeat(64), file: undefined, failure: undefined }, known]);

  assert.equal(find({ id, file: snapshot({ tags: ['added since'] }) }), other);
  assert.equal(find({ id: 'e'.repeat(64), file: snapshot({ original: id }) }), other);
  assert.equal(find({ id, file: snapshot({ tree: 'f'.repeat(64) }) }), undefined);
  assert.equal(find({ id, file: snapshot({ time: { milliseconds: 1_795_430_806_000, nanoseconds: 6 } }) }), undefined);
  assert.equal(find({ id: 'e'.repeat(64), file: snapshot() }), undefined);
});
