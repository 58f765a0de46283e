import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ObjectVersion } from '../../object-stores/object-store.ts';
import { type KeyFacts, sweepKey } from './sweep-key.ts';

const oldest = new Date('2026-11-23T00:00:00Z');
const old = new Date('2026-11-22T00:00:00Z');
const young = new Date('2026-11-23T12:00:00Z');

/** Versions in the order given, the first one current: `o` an object, `m` a marker; a capital for one of late; `x` an object of other content. */
function versionsOf(text: string): ObjectVersion[] {
  return text.split('').map((letter, place) => {
    const kind = letter.toLowerCase() === 'm' ? 'marker' : 'object';
    const etag = kind === 'marker' ? '' : letter.toLowerCase();
    const modifiedAt = letter === letter.toUpperCase() ? young : old;
    return { key: 'data/1', versionId: String(place), kind, isCurrent: place === 0, bytes: 1, etag, modifiedAt };
  });
}

interface Case {
  readonly versions: string;
  readonly facts?: Partial<Omit<KeyFacts, 'oldest' | 'isGenuine'>> & { readonly isGenuine?: boolean };
  /** The places of those that go. */
  readonly goes: string;
  readonly suspicion?: 'hidden' | 'overwritten';
}

const cases: Readonly<Record<string, Case>> = {
  'nothing of an object that is there': { versions: 'o', goes: '' },
  'all of what was removed long ago': { versions: 'mo', goes: '01' },
  'all of what was removed twice': { versions: 'mmo', goes: '012' },
  'nothing of what was removed of late': { versions: 'Mo', goes: '' },
  'nothing of what is hidden and needed': { versions: 'mo', facts: { isInUse: true }, goes: '', suspicion: 'hidden' },
  'the same written twice, but for the one that is seen': { versions: 'oo', goes: '1' },
  'nothing of what was written over': { versions: 'xo', goes: '', suspicion: 'overwritten' },
  'nothing of what was written over, whenever that was': { versions: 'XO', goes: '', suspicion: 'overwritten' },
  'what lies under the right content': { versions: 'oxo', facts: { isGenuine: true }, goes: '12' },
  'what lies under the right content, but for what came of late': { versions: 'OXo', facts: { isGenuine: true }, goes: '2' },
  'older versions of what is replaced again and again': { versions: 'OXxmo', facts: { isLocked: false }, goes: '234' },
  'an old marker under an object that came back': { versions: 'omo', goes: '12' },
};

for (const [what, { versions, facts = {}, goes, suspicion }] of Object.entries(cases)) {
  test(`sweepKey() takes ${what}`, async () => {
    const { isLocked = true, isInUse = false, isGenuine = false } = facts;

    const swept = await sweepKey(versionsOf(versions), { isLocked, isInUse, isGenuine: async () => isGenuine, oldest });

    assert.equal(swept.versions.map(({ versionId }) => versionId).join(''), goes);
    assert.equal(swept.suspicion, suspicion);
  });
}
