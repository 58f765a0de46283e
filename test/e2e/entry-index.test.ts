import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { Attribute, Change } from 'ldapts';
import type { Archive, SavedSnapshot } from '../../src/archive/archive.ts';
import { isContentOf } from '../../src/domain/block-table.ts';
import { normalDn } from '../../src/domain/dn.ts';
import { EntryIndex } from '../../src/domain/entry-index.ts';
import type { ManifestFile } from '../../src/domain/manifest.ts';
import { parseLdif } from '../../src/domain/read-ldif.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import { openS3Store } from '../../src/object-stores/s3-store.ts';
import { archivePassword } from '../harness/archive-password.ts';
import { repositoryArchive } from '../harness/repository-archive.ts';
import { useS3Credentials } from '../harness/s3-environment.ts';
import { realClock } from '../harness/real-clock.ts';
import { bucket, type Operator, type Scene, setScene } from './main-job-scene.ts';

const people = 2000;

interface Opened {
  readonly archive: Archive;
  readonly snapshot: Snapshot;
  readonly exported: ManifestFile;
  readonly indexFile: ManifestFile;
  readonly index: EntryIndex;
}

suite('the index of an export', { timeout: 1_200_000 }, () => {
  let scene: Scene;
  let operator: Operator;
  let first: SavedSnapshot;
  before(async () => {
    scene = await setScene(people);
    useS3Credentials(scene.s3);
    operator = await scene.operator('indexed');
    await operator.run(['init']);
    first = await operator.json<SavedSnapshot>(['backup']);
  });
  after(async () => scene[Symbol.asyncDispose]());

  const openArchive = async () => {
    const store = await openS3Store({ bucket, prefix: 'indexed', endpoint: scene.s3.endpoint, caFile: scene.s3.caFile });
    return repositoryArchive(store, { clock: realClock, password: archivePassword });
  };
  const readPart = async ({ archive, snapshot }: Pick<Opened, 'archive' | 'snapshot'>, file: ManifestFile, at: number, bytes: number) => {
    const [part] = await Array.fromAsync(archive.readRanges(snapshot, file, [{ at, bytes }]));
    assert.ok(part);
    return part.content;
  };
  const open = async (archive: Archive, id: string): Promise<Opened> => {
    const snapshot = (await archive.list()).find((one) => one.id === id);
    assert.ok(snapshot);
    const { backends, files } = await archive.manifest(snapshot);
    const told = backends.find((one) => one.id === 'userRoot')?.export;
    const fileOf = (path: string | undefined) => files.find((file) => file.path === path) ?? assert.fail(`no file ${path}`);
    const [exported, indexFile] = [fileOf(told?.path), fileOf(told?.index)];
    const index = await EntryIndex.open(({ at, bytes }) => readPart({ archive, snapshot }, indexFile, at, bytes), indexFile.bytes);
    assert.equal(index.entries, told?.entries);
    assert.equal(index.exportBytes, exported.bytes);
    return { archive, snapshot, exported, indexFile, index };
  };

  test('finds every entry of a real export by its DN and its entryUUID, through the archive', async () => {
    const archive = await openArchive();
    try {
      const opened = await open(archive, first.id);
      const whole = Buffer.concat(await Array.fromAsync(archive.read(opened.snapshot, opened.exported)));
      const entries = parseLdif(whole, { name: 'whole' });
      assert.ok(entries.length > people);
      for (const { dn, names, values } of entries.filter((_entry, place) => place % 50 === 0)) {
        const uuid = values[names.indexOf('entryUUID')] ?? '';
        for (const blocks of [await opened.index.findName(normalDn(dn)), await opened.index.findUuid(uuid)]) {
          const contents = await Promise.all(blocks.map(({ at, bytes }) => readPart(opened, opened.exported, at, bytes)));
          assert.ok(blocks.every((block, place) => isContentOf(contents[place] ?? Buffer.of(), block)));
          const found = contents.flatMap((content) => parseLdif(content, { name: 'a block' }));
          assert.ok(
            found.some((one) => one.dn === dn),
            dn,
          );
        }
      }
    } finally {
      await archive.close();
    }
  });

  test('costs nothing where nothing was changed, and little where ten entries were', async (context) => {
    const newBytesOf = async (before: string, after: string) => {
      const { changes } = await operator.json<{ readonly changes: readonly { readonly path: string; readonly newBytes: number }[] }>([
        'diff',
        before,
        after,
      ]);
      return changes.find(({ path }) => path === 'export/userRoot.ldif.index')?.newBytes ?? 0;
    };
    const second = await operator.json<SavedSnapshot>(['backup']);
    assert.equal(await newBytesOf(first.id, second.id), 0);

    const client = await scene.directory.connect();
    for (let number = 0; number < 10; number += 1) {
      const modification = new Attribute({ type: 'telephoneNumber', values: [`+1 555 00${number}`] });
      await client.modify(
        `uid=user.${number * 150},ou=People,${scene.directory.baseDn}`,
        new Change({ operation: 'replace', modification }),
      );
    }
    await client.unbind();
    const third = await operator.json<SavedSnapshot>(['backup']);
    const added = await newBytesOf(second.id, third.id);

    const archive = await openArchive();
    try {
      const [before, after] = [await open(archive, second.id), await open(archive, third.id)];
      context.diagnostic(
        `${added} of ${after.indexFile.bytes} bytes of the index are new, and of the export ${after.exported.bytes} bytes`,
      );
      const [old, now] = [await before.index.blocks(), await after.index.blocks()];
      const differing = Array.from({ length: now.length }, (_, number) => number).filter((number) => !now.isSame(number, old, number));
      assert.equal(now.length, old.length);
      assert.ok(differing.length > 0 && differing.length <= 10, `${differing.length} blocks differ`);
      // Where the cuts lie is the archive's own; behind the last change is a third of the index.
      assert.ok(added > 0 && added < after.indexFile.bytes, `${added} bytes`);
    } finally {
      await archive.close();
    }
  });
});
