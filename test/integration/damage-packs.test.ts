import { after, before, suite } from 'node:test';
import { type Cell, type Row, testCells } from '../harness/damage/damage-cell.ts';
import { damageScene, type DamageScene } from '../harness/damage/damage-scene.ts';

/** Whatever is damaged, what is whole of it goes into another pack; a flipped bit is put right. */
const flippedContent: Cell = { found: 'by reading', exitCode: 20, suffer: 'who needs it', remedies: ['repair packs'], after: 'whole' };
const lostContent: Cell = {
  ...flippedContent,
  remedies: ['repair packs', 'repair snapshots', 'repair snapshots --forget'],
  after: 'lost',
};
/** The pack has another length, which its listing tells. */
const anotherLength = { found: 'at once' } as const;
/** Trees are read by every verify. */
const readAnyway = { found: 'at once' } as const;
const header: Cell = { ...flippedContent, exitCode: 3, suffer: 'nobody' };
const gone: Cell = { ...lostContent, found: 'at once', remedies: ['repair index', 'repair snapshots', 'repair snapshots --forget'] };

const rows: readonly Row[] = [
  [
    'a content pack of all sets',
    {
      'a bit flipped at its start': flippedContent,
      'a bit flipped in its middle': flippedContent,
      'a bit flipped at its end': header,
      'its last byte cut off': { ...header, ...anotherLength },
      'its second half cut off': { ...lostContent, ...anotherLength },
      'nothing left in it': { ...lostContent, ...anotherLength },
      'garbage of its length in its place': lostContent,
      'another one in its place': { ...lostContent, ...anotherLength },
      'it was deleted': gone,
      'it and another one exchanged': { ...flippedContent, ...anotherLength },
    },
  ],
  [
    'a content pack of one set',
    {
      'its last byte cut off': { ...header, ...anotherLength },
      'nothing left in it': { ...lostContent, ...anotherLength },
      'it was deleted': gone,
    },
  ],
  [
    'a manifest in a content pack',
    {
      'a bit flipped at its start': { ...flippedContent, ...readAnyway },
      'a bit flipped in its middle': { ...flippedContent, ...readAnyway },
      'a bit flipped at its end': { ...flippedContent, ...readAnyway },
      'garbage of its length in its place': { ...lostContent, ...readAnyway },
    },
  ],
  [
    'the header of a content pack',
    {
      'a bit flipped at its start': header,
      'a bit flipped in its middle': header,
      'a bit flipped at its end': header,
      'its last byte cut off': { ...header, ...anotherLength },
      'its second half cut off': { ...header, ...anotherLength },
      'nothing left in it': { ...header, ...anotherLength },
      'garbage of its length in its place': header,
    },
  ],
  [
    'the blobs of a content pack',
    {
      'a bit flipped at its end': flippedContent,
      'its second half cut off': { ...lostContent, ...anotherLength },
      'nothing left in it': { ...lostContent, ...anotherLength },
      'garbage of its length in its place': lostContent,
    },
  ],
  [
    'a tree pack of all sets',
    {
      'a bit flipped at its start': { ...flippedContent, ...readAnyway },
      'a bit flipped in its middle': { ...flippedContent, ...readAnyway },
      'a bit flipped at its end': header,
      'its last byte cut off': { ...header, ...anotherLength },
      'its second half cut off': { ...lostContent, ...anotherLength },
      'nothing left in it': { ...lostContent, ...anotherLength },
      'garbage of its length in its place': { ...lostContent, ...readAnyway },
      'another one in its place': { ...lostContent, ...anotherLength },
      'it was deleted': gone,
      'it and another one exchanged': { ...flippedContent, ...anotherLength },
    },
  ],
  [
    'a tree pack of one set',
    {
      'a bit flipped in its middle': { ...flippedContent, ...readAnyway },
      'nothing left in it': { ...lostContent, ...anotherLength },
      'it was deleted': gone,
    },
  ],
  [
    'the header of a tree pack',
    {
      'a bit flipped at its start': header,
      'a bit flipped in its middle': header,
      'a bit flipped at its end': header,
      'its second half cut off': { ...header, ...anotherLength },
      'nothing left in it': { ...header, ...anotherLength },
      'garbage of its length in its place': header,
    },
  ],
];

suite('damaged packs', () => {
  let scene: DamageScene;
  before(async () => {
    scene = await damageScene();
  });
  after(() => scene[Symbol.asyncDispose]());
  testCells(() => scene, rows, { readsData: () => true, isForRestic: () => true });
});
