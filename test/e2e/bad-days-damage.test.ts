import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type ArchiveScene, assertText, filesIn, startArchiveScene } from './bad-days-archive.ts';

const archiveMark = '.rootcellar/archive.json';
const hints = {
  damaged: 'use another snapshot; "rootcellar verify --read-data" tells which are whole',
};

let scene: ArchiveScene;
before(async () => {
  scene = await startArchiveScene();
});
after(() => scene.end());

describe('an archive that is not what it was', { concurrency: 2 }, () => {
  test('every command that needs an archive says that there is none, with exit code 10', async () => {
    const place = scene.place('nothing', {
      ROOTCELLAR_SERVER_URL: 'ldaps://127.0.0.1:1',
      ROOTCELLAR_SERVER_BIND_DN: 'cn=Directory Manager',
      ROOTCELLAR_SERVER_BIND_PASSWORD_FILE: path.join(scene.folder, 'b.txt'),
      ROOTCELLAR_STAGING_FOLDER: scene.home,
    });
    const commands = [
      ['backup'],
      ['archive', scene.folder],
      ['list'],
      ['show', 'latest'],
      ['fetch', 'latest', '--to', path.join(scene.home, 'nothing')],
      ['restore', 'latest', '--yes'],
      ['verify'],
      ['forget', '--keep-last', '1'],
      ['prune'],
      ['status'],
    ];

    for (const words of commands) {
      await place.refused(words, {
        exitCode: 10,
        says: 'Cannot open the archive s3://vault/nothing: there is none',
        hint: 'check ROOTCELLAR_ARCHIVE (--archive), or make it with "rootcellar init"',
      });
    }
    assert.deepEqual(await filesIn(place.objects), []);
  });

  test('init leaves an archive that is there as it is', async () => {
    const place = await scene.archive('twice');
    const files = await filesIn(place.objects);

    const { stdout } = await place.succeeds('init');

    assert.equal(stdout, 'The archive s3://vault/twice (layout plain) is there already; nothing was changed.\n');
    assert.deepEqual(await filesIn(place.objects), files);
  });

  test('an archive of another layout, of a newer version, or with an unreadable mark is not opened', async () => {
    const place = await scene.archive('foreign');
    const mark = path.join(place.objects, archiveMark);
    const marks: readonly (readonly [string, string, string])[] = [
      [
        JSON.stringify({ version: 1, layout: 'repository', id: 'x', created: 'x' }),
        'Cannot open s3://vault/foreign as a plain archive: it is of layout "repository", version 1',
        'set ROOTCELLAR_LAYOUT (--layout) to that of the archive, or use the newer program that made it',
      ],
      [
        JSON.stringify({ version: 7, layout: 'plain', id: 'x', created: 'x' }),
        'Cannot open s3://vault/foreign as a plain archive: it is of layout "plain", version 7',
        'set ROOTCELLAR_LAYOUT (--layout) to that of the archive, or use the newer program that made it',
      ],
      [
        'garbage',
        `Cannot open the archive s3://vault/foreign: its mark ${archiveMark} cannot be read`,
        'look at that object; if nothing else wrote it, remove it and run "rootcellar init" again; manifest.json files are not touched by that',
      ],
    ];
    for (const [content, says, hint] of marks) {
      // Anew, so that it has no checksum that would be wrong.
      await rm(mark);
      await writeFile(mark, content);
      await place.refused(['list'], { exitCode: 1, says, hint });
    }
  });

  const damages: readonly (readonly [string, (file: string) => Promise<void>, quick: string | undefined, data: string, fetched: string])[] =
    [
      [
        'altered',
        (file) => writeFile(file, 'worlt'),
        undefined,
        'does not have the checksum that the store keeps of it',
        'it does not have the checksum that the store keeps of it',
      ],
      [
        'replaced',
        async (file) => {
          await rm(file);
          await writeFile(file, 'worlt');
        },
        undefined,
        `hashes to ${hashOf('worlt')}… instead of ${hashOf('world')}…`,
        `it hashes to ${hashOf('worlt')}… instead of ${hashOf('world')}…`,
      ],
      [
        'truncated',
        async (file) => {
          await rm(file);
          await writeFile(file, 'wor');
        },
        'has 3 bytes instead of 5',
        'has 3 bytes instead of 5',
        'it has 3 bytes instead of 5',
      ],
      ['removed', (file) => rm(file), 'is missing', 'is missing', 'it is missing'],
    ];
  for (const [what, spoil, quick, data, fetched] of damages) {
    test(`a file that was ${what} later is named by verify and refused by fetch`, async () => {
      const place = await scene.archive(`file-${what}`);
      const [newest] = scene.snapshots;
      await spoil(path.join(place.objects, 'prod', newest.backupId, 'b.txt'));
      const target = path.join(scene.home, `file-${what}`);

      const atOnce = await place.run('verify');
      const bytes = await place.run('verify', '--read-data');

      const report = (finding: string, how: string): string =>
        `Damaged: 1 of 2 snapshots; ${how}.\n${newest.id.slice(0, 12)} of prod\n  ✗ b.txt ${finding}\n`;
      const compared = 'presence and size were compared; --read-data reads every byte';
      assert.deepEqual(
        [atOnce.exitCode, atOnce.stdout],
        quick === undefined ? [0, `Whole: 2 snapshots; ${compared}.\n`] : [20, report(quick, compared)],
      );
      assert.deepEqual([bytes.exitCode, bytes.stdout], [20, report(data, 'every byte was read')]);
      await place.refused(['fetch', 'latest', '--to', target], {
        exitCode: 20,
        says: `Cannot read prod/${newest.backupId}/b.txt: ${fetched}`,
        hint: hints.damaged,
      });
      assert.ok(!(await filesIn(target)).includes('b.txt'));
    });
  }

  const manifests: readonly (readonly [string, (file: string) => Promise<void>, string])[] = [
    ['removed', (file) => rm(file), 'its manifest.json is missing'],
    ['altered', (file) => writeFile(file, 'garbage'), 'its manifest.json does not have the checksum that the store keeps of it'],
    [
      'replaced by garbage',
      async (file) => {
        await rm(file);
        await writeFile(file, 'garbage');
      },
      'its manifest.json cannot be read: it is not JSON',
    ],
  ];
  for (const [index, [what, spoil, remark]] of manifests.entries()) {
    test(`a manifest that was ${what} makes its own snapshot damaged, and no other command fails for it`, async () => {
      const place = await scene.archive(`manifest-${index}`);
      const [newest, older] = scene.snapshots;
      await spoil(path.join(place.objects, 'prod', newest.backupId, 'manifest.json'));

      const listed = await place.list();
      const verified = await place.run('verify');

      assert.deepEqual(
        listed.map(({ backupId, state, remarks }) => ({ backupId, state, remarks })),
        [
          { backupId: newest.backupId, state: 'damaged', remarks: [remark] },
          { backupId: older.backupId, state: 'complete', remarks: [] },
        ],
      );
      assert.equal(verified.exitCode, 20);
      assertText(
        verified.stdout,
        `Damaged: 1 of 2 snapshots; presence and size were compared; --read-data reads every byte.\n… of prod\n  ✗ ${remark}\n`,
      );
      await place.refused(['fetch', newest.backupId, '--to', path.join(scene.home, `manifest-${index}`)], {
        exitCode: 20,
        says: `Cannot read snapshot prod/${newest.backupId}: ${remark}`,
        hint: 'use another snapshot; "rootcellar verify" tells which are whole',
      });
      await place.succeeds('archive', scene.folder);
    });
  }
});

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
