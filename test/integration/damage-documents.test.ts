import { after, before, suite } from 'node:test';
import { type Cell, type Row, testCells } from '../harness/damage/damage-cell.ts';
import { damageScene, type DamageScene, type RepositoryClass } from '../harness/damage/damage-scene.ts';
import { type Damage, damages } from '../harness/damage/damages.ts';

const opens: Cell = { found: 'at once', exitCode: 20, suffer: 'who needs it', remedies: ['repair config'], after: 'whole' };
const ownKey: Cell = { ...opens, exitCode: 12 };
const ownKeyLost: Cell = { ...ownKey, after: 'by another password' };
const otherKey: Cell = { ...opens, exitCode: 3, suffer: 'nobody' };
const index: Cell = { ...opens, remedies: ['repair index'] };
const healedSnapshot: Cell = { ...opens, remedies: ['repair snapshots'] };
/** The set is whole, so it gets a snapshot again; the file of which nothing can be made goes. */
const snapshotAgain: Cell = { ...opens, remedies: ['repair snapshots', 'repair snapshots --forget', 'repair snapshots --recover'] };
/** Ours alone, and of use only while others work: the next prune makes it anew. */
const pruned: Cell = { ...otherKey, remedies: ['prune'] };
/** That it is gone looks as if it had never been; nothing suffers. */
const unknown: Cell = { found: 'never', exitCode: 0, suffer: 'nobody', remedies: [], after: 'whole' };
const noted: Cell = { ...unknown, found: 'as a note' };
/** The sets that it says were forgotten on purpose look like lost ones, and can be had back as long as they are there. */
const lookLost: Cell = { ...noted, remedies: ['repair snapshots --recover'] };

function allWith(cell: Cell, others: Readonly<Partial<Record<Damage, Cell>>>): Row[1] {
  return { ...Object.fromEntries(damages.map((damage) => [damage, cell])), ...others };
}

const flips = (cell: Cell): Row[1] => ({
  'a bit flipped at its start': cell,
  'a bit flipped in its middle': cell,
  'a bit flipped at its end': cell,
});

const { 'it and another one exchanged': _, ...ofConfig } = allWith(opens, {});

const rows: readonly Row[] = [
  ['the config', ofConfig],
  ['the key of another password', allWith(otherKey, { 'it was deleted': unknown, 'it and another one exchanged': opens })],
  [
    'the key in use',
    allWith(ownKeyLost, {
      ...flips(ownKey),
      'it was deleted': { ...ownKeyLost, remedies: [] },
      'it and another one exchanged': opens,
    }),
  ],
  ['an index of all sets', allWith(index, {})],
  ['an index of one set', allWith(index, {})],
  [
    'a snapshot',
    allWith(snapshotAgain, {
      ...flips(healedSnapshot),
      'it was deleted': { ...noted, suffer: 'who needs it', remedies: ['repair snapshots --recover'] },
      'it and another one exchanged': healedSnapshot,
    }),
  ],
  ['a lock', allWith(pruned, { 'it was deleted': unknown })],
  ['a mark of prune', allWith(pruned, { 'it was deleted': unknown })],
  [
    'a record of forgotten sets',
    allWith(
      { ...pruned, remedies: ['repair snapshots --recover', 'prune'] },
      { 'another one in its place': lookLost, 'it was deleted': lookLost, 'it and another one exchanged': unknown },
    ),
  ],
  [
    'a lease',
    allWith(noted, {
      // Of a line's end only.
      'its last byte cut off': unknown,
      'another one in its place': unknown,
      'it was deleted': unknown,
      'it and another one exchanged': unknown,
    }),
  ],
];

/** Where ours alone is damaged, restic sees what it saw before. */
const ofOursAlone: readonly RepositoryClass[] = ['a mark of prune', 'a record of forgotten sets', 'a lease'];

suite('damaged documents', () => {
  let scene: DamageScene;
  before(async () => {
    scene = await damageScene();
  });
  after(() => scene[Symbol.asyncDispose]());
  testCells(() => scene, rows, { readsData: () => false, isForRestic: (of) => !ofOursAlone.includes(of) });
});
