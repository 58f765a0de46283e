import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { PlainArchive } from '../../src/archive/plain/plain-archive.ts';
import type { MemoryStore } from '../../src/object-stores/memory-store.ts';
import { type Damage, damages, inflict, type Victim } from '../harness/damage/damages.ts';
import { exampleArchive, saveExample } from '../harness/example-archive.ts';
import { type Outcome, runOn } from '../harness/run-on-archive.ts';

/** Sets stand alone, so each damage hurts just one; nothing is stored twice, so what can be done is to forget it and to back up again. */
interface Cell {
  /** `by reading`: by verify with `--read-data` alone · `never`: nothing that counts has changed. */
  readonly found: 'at once' | 'by reading' | 'never';
  /** Of the verify that finds it. */
  readonly exitCode: 0 | 1 | 10 | 20;
  /** Of the two sets those that suffer. */
  readonly suffer: readonly ('older' | 'newer')[];
  /** What verify says of it. */
  readonly says: RegExp;
}

const content: Cell = { found: 'by reading', exitCode: 20, suffer: ['newer'], says: /userRoot\/file hashes to / };
const length: Cell = { ...content, found: 'at once', says: /userRoot\/file has \d+ bytes instead of \d+/ };
const manifest: Cell = { ...content, found: 'at once', says: /its manifest\.json cannot be read: / };
const ofTheOther: Cell = { ...manifest, says: /its manifest\.json is that of prod\/20261123100000Z/ };
const mark: Cell = { found: 'at once', exitCode: 1, suffer: [], says: /its mark \.rootcellar\/archive\.json cannot be read/ };
const lease: Cell = { found: 'at once', exitCode: 0, suffer: [], says: /leases\/prod\.json cannot be read, and so keeps nobody away/ };
const harmless: Cell = { found: 'never', exitCode: 0, suffer: [], says: /^Whole: 2 snapshots/ };

const [older, newer] = ['20261123100000Z', '20261123110000Z'];
const victims = {
  'a data file': { key: `prod/${newer}/userRoot/file`, other: `prod/${older}/userRoot/file` },
  'a manifest': { key: `prod/${newer}/manifest.json`, other: `prod/${older}/manifest.json` },
  'the mark of the archive': { key: '.rootcellar/archive.json', other: new Uint8Array() },
  'a lease': { key: '.rootcellar/leases/prod.json', other: '.rootcellar/leases/a-longer-name.json' },
} as const satisfies Readonly<Record<string, Victim>>;

function all(cell: Cell, others: Partial<Record<Damage, Cell>>): Readonly<Record<Damage, Cell>> {
  return { ...(Object.fromEntries(damages.map((damage) => [damage, cell])) as Record<Damage, Cell>), ...others };
}

const rows: Readonly<Record<keyof typeof victims, Readonly<Partial<Record<Damage, Cell>>>>> = {
  'a data file': all(length, {
    'a bit flipped at its start': content,
    'a bit flipped in its middle': content,
    'a bit flipped at its end': content,
    'garbage of its length in its place': content,
    'it was deleted': { ...length, says: /userRoot\/file is missing/ },
    'it and another one exchanged': { ...length, suffer: ['older', 'newer'] },
  }),
  'a manifest': all(manifest, {
    // Of a line's end only.
    'its last byte cut off': harmless,
    'another one in its place': ofTheOther,
    'it was deleted': { ...manifest, says: /its manifest\.json is missing/ },
    'it and another one exchanged': { ...ofTheOther, suffer: ['older', 'newer'] },
  }),
  'the mark of the archive': {
    'a bit flipped at its start': mark,
    'its second half cut off': mark,
    'nothing left in it': mark,
    'garbage of its length in its place': mark,
    'it was deleted': { ...mark, exitCode: 10, says: /there is none/ },
  },
  'a lease': all(lease, {
    'its last byte cut off': harmless,
    'another one in its place': harmless,
    'it was deleted': harmless,
    'it and another one exchanged': harmless,
  }),
};

suite('damage in the layout plain', () => {
  for (const [of, cells] of Object.entries(rows) as [keyof typeof victims, (typeof rows)['a lease']][]) {
    for (const [damage, cell] of Object.entries(cells) as [Damage, Cell][]) {
      test(`verify() of ${of}, ${damage}: found ${cell.found} (${cell.exitCode}), ${describeSuffering(cell)}`, async () => {
        const { store, clock, archive } = await twoSets();
        await inflict(store, victims[of], damage);
        const look = (...words: string[]) => runOn(new PlainArchive(store, { clock, graceMilliseconds: 0 }), ['verify', ...words], clock);

        const [atOnce, byReading] = [await look(), await look('--read-data')];

        assert.deepEqual([byReading.exitCode, sufferersIn(byReading)], [cell.exitCode, cell.suffer], byReading.text);
        assert.match(byReading.text, cell.says);
        const expected = cell.found === 'by reading' ? [0, []] : [cell.exitCode, cell.suffer];
        assert.deepEqual([atOnce.exitCode, sufferersIn(atOnce)], expected, atOnce.text);
        assert.match(atOnce.text, cell.found === 'by reading' ? /^Whole: 2 snapshots; presence and size were compared/ : cell.says);
        if (cell.exitCode !== 20) return;
        await assertOthersWhole(archive, store, cell.suffer);
      });
    }
  }
});

function describeSuffering({ suffer }: Cell): string {
  return suffer.length === 0 ? 'no set suffers' : `${suffer.join(' and ')} suffers, and once it is forgotten all is whole`;
}

async function twoSets() {
  const made = await exampleArchive();
  await saveExample(made.archive, older);
  await saveExample(made.archive, newer, { 'userRoot/backup.info': 'descriptor', 'userRoot/file': `longer content of ${newer}` });
  const leases = [await made.leases.take('prod'), await made.leases.take('a-longer-name')];
  for (const lease of leases) await lease.release();
  return made;
}

function sufferersIn({ json }: Outcome): readonly string[] {
  const { snapshots = [] } = (json ?? {}) as {
    readonly snapshots?: readonly { readonly time: string; readonly damages: readonly unknown[] }[];
  };
  const hurt = snapshots.filter(({ damages: found }) => found.length > 0).map(({ time }) => (time.includes('T10:') ? 'older' : 'newer'));
  return hurt.toReversed();
}

/** What sets lose here is nowhere else: it can be forgotten, and the others are as they were. */
async function assertOthersWhole(archive: PlainArchive, store: MemoryStore, suffer: readonly string[]): Promise<void> {
  const listed = await archive.list();
  const lost = listed.filter(({ backupId }) => suffer.includes(backupId === older ? 'older' : 'newer'));
  assert.equal(lost.length, suffer.length);
  await archive.forget(lost);
  const left = await archive.list();
  assert.equal(left.length, 2 - suffer.length);
  for (const snapshot of left) assert.deepEqual(await archive.verify(snapshot, true), []);
  const keys = (await Array.fromAsync(store.list('prod/'))).map(({ key }) => key);
  assert.equal(keys.length, 3 * left.length);
}
