import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { rootcellarShell } from '../harness/rootcellar-shell.ts';
import { bucket, changeDirectory, contentOf, type Operator, type Scene, setScene } from './main-job-scene.ts';
import { encodeStoredManifest } from '../../src/archive/plain/stored-manifest.ts';
import { decodeManifest } from '../../src/domain/manifest.ts';

interface Entry {
  readonly path: string;
  readonly type: string;
  readonly bytes: number;
  readonly sha256?: string;
}

interface Diff {
  readonly before: { readonly id: string };
  readonly after: { readonly id: string; readonly bytes: number };
  readonly summary: Readonly<Record<string, number>>;
  readonly blobs?: { readonly onlyAfter: { readonly bytes: number }; readonly onlyBefore: { readonly bytes: number } };
  readonly changes: readonly { readonly change: string; readonly path: string; readonly pathBefore?: string; readonly newBytes: number }[];
}

interface Verified {
  readonly isWhole: boolean | null;
  readonly part: { readonly bytes: number; readonly ofBytes: number } | null;
}

// Two backups of a real OpenDJ, with changes in between, in a real S3 server over TLS: what ls, cat, diff, stats and verify say of them.
suite('reading an archive of two real backups', () => {
  let scene: Scene;
  const operators = new Map<string, Operator>();
  before(async () => {
    scene = await setScene(300);
    for (const layout of ['repository', 'plain']) {
      const operator = await scene.operator(layout, undefined, { ROOTCELLAR_LAYOUT: layout });
      await operator.run(['init']);
      operators.set(layout, operator);
    }
    for (const [place, operator] of [...operators.values()].entries()) {
      await operator.run(['backup']);
      if (place === 0) await changeDirectory(scene.directory);
    }
    await changeDirectory(scene.directory);
    for (const operator of operators.values()) await operator.run(['backup']);
  });
  after(async () => scene[Symbol.asyncDispose]());

  const at = (layout: string): Operator => {
    const operator = operators.get(layout);
    assert.ok(operator);
    return operator;
  };
  const shell = (layout: string, script: string) => rootcellarShell(script, { env: at(layout).environment, cwd: at(layout).folder });

  for (const layout of ['repository', 'plain']) {
    test(`${layout}: ls lists what fetch writes, and cat prints the very bytes of it`, async () => {
      const operator = at(layout);
      const folder = path.join(operator.folder, 'fetched');
      await operator.run(['fetch', 'latest', '--to', folder]);
      const fetched = await contentOf(folder);

      const entries = await operator.json<readonly Entry[]>(['ls', 'latest']);

      const files = entries.filter(({ type }) => type === 'file');
      assert.deepEqual(new Set(files.map((file) => file.path)), new Set([...fetched.keys(), 'manifest.json']));
      const backup = files.find((file) => file.path.startsWith('userRoot/backup-userRoot-'));
      assert.ok(backup && backup.bytes > 100_000);
      for (const { path: name } of files) {
        const printed = await shell(layout, `rootcellar cat latest '${name}'`);
        assert.deepEqual([printed.exitCode, printed.stderr], [0, '']);
        const content = fetched.get(name);
        // As it is stored in the layout plain, a manifest has a checksum, which a fetched set is without.
        const expected = name === 'manifest.json' && layout === 'plain' ? content && withChecksum(content) : content;
        if (expected !== undefined) assert.ok(printed.stdout.equals(expected), name);
        const { sha256 } = files.find((file) => file.path === name) ?? {};
        if (sha256 !== undefined) assert.equal(createHash('sha256').update(printed.stdout).digest('hex'), sha256);
      }
    });

    test(`${layout}: cat ends quietly when its reader has gone`, async () => {
      const { exitCode, stdout, stderr } = await shell(
        layout,
        `rootcellar cat latest "$(rootcellar ls latest userRoot | grep backup-userRoot)" | head -c 100; exit \${PIPESTATUS[0]}`,
      );

      assert.deepEqual([exitCode, stdout.length, stderr], [0, 100, '']);
    });

    test(`${layout}: diff takes a backup file for one under both its names`, async () => {
      const { changes, summary } = await at(layout).json<Diff>(['diff', 'latest~1', 'latest']);

      const backup = changes.find(({ path: name }) => name.startsWith('userRoot/backup-userRoot-'));
      assert.equal(backup?.change, 'content');
      assert.match(backup.pathBefore ?? '', /^userRoot\/backup-userRoot-\d{14}Z$/);
      assert.notEqual(backup.pathBefore, backup.path);
      assert.deepEqual([summary['filesAdded'], summary['filesRemoved']], [0, 0]);
      assert.ok(backup.newBytes > 0);
    });

    test(`${layout}: the runs of all turns read all, and only one of them finds an altered byte`, async () => {
      const operator = at(layout);
      const entries = await contentOf(path.join(scene.s3.folder, bucket, layout));
      // The largest: a pack of folders is read in every turn.
      const victim = [...entries]
        .filter(([name]) => (layout === 'plain' ? name.includes('backup-userRoot-') : name.startsWith('data/')))
        .toSorted(([, a], [, b]) => b.length - a.length)[0];
      assert.ok(victim);
      const file = path.join(scene.s3.folder, bucket, layout, victim[0]);
      let sum = 0;
      const codes: (number | null)[] = [];
      const altered = Buffer.from(victim[1]);
      altered[altered.length >> 1] = (altered[altered.length >> 1] ?? 0) ^ 1;
      const [, backupId = '', ...below] = victim[0].split('/');
      await writeFile(file, altered);

      try {
        for (let turn = 1; turn <= 3; turn += 1) {
          const { stdout, exitCode } = await shell(layout, `rootcellar verify --read-data-subset ${turn}/3 --json`);
          const { part, isWhole } = JSON.parse(stdout.toString()) as Verified;
          // All may be in one group.
          sum += part === null ? 1 : part.bytes / part.ofBytes;
          codes.push(exitCode);
          assert.equal(isWhole, exitCode === 0 ? null : false);
        }
        if (layout === 'plain') {
          const { exitCode } = await shell(layout, `rootcellar cat ${backupId} '${below.join('/')}' > damaged`);
          assert.equal(exitCode, 20);
        }
      } finally {
        await writeFile(file, victim[1]);
      }

      assert.ok(Math.abs(sum - 1) < 1e-9, `the turns read ${sum} of all`);
      assert.deepEqual(codes.filter((code) => code !== 0).length, 1);
      await operator.run(['verify', '--read-data']);
    });
  }

  test('diff and stats say what restic says', async () => {
    const operator = at('repository');
    const restic = await scene.restic('repository');
    const { before, after, blobs } = await operator.json<Diff>(['diff', 'latest~1', 'latest']);
    const stats = await operator.json<Readonly<Record<string, number>>>(['stats']);

    const lines = (await restic('diff', '--quiet=false', '--json', before.id, after.id)).trim().split('\n');
    const { added, removed } = JSON.parse(lines.at(-1) ?? '') as Readonly<Record<'added' | 'removed', { readonly bytes: number }>>;
    const raw = JSON.parse(await restic('stats', '--json', '--mode', 'raw-data')) as Readonly<Record<string, number>>;

    assert.deepEqual([blobs?.onlyAfter.bytes, blobs?.onlyBefore.bytes], [added.bytes, removed.bytes]);
    assert.equal(stats['uniqueBytes'], (raw['total_uncompressed_size'] ?? 0) - 32 * (raw['total_blob_count'] ?? 0));
    assert.ok((stats['storedBytes'] ?? 0) < (stats['logicalBytes'] ?? 0) / 2);
  });

  test('cat of a file whose pack is damaged ends with 20, and says that what it printed is not to be used', async () => {
    const operator = at('repository');
    const objects = path.join(scene.s3.folder, bucket, 'repository');
    // Folders take little, and their packs are left as they are, so that the file is found.
    const packs = [...(await contentOf(objects))].filter(([name, content]) => name.startsWith('data/') && content.length > 50_000);
    assert.ok(packs.length > 0);
    for (const [name, content] of packs) {
      const altered = Buffer.from(content);
      for (let place = 1000; place < altered.length; place += 2000) altered[place] = (altered[place] ?? 0) ^ 1;
      await writeFile(path.join(objects, name), altered);
    }

    const { exitCode, stdout, stderr } = await shell(
      'repository',
      `name="$(rootcellar ls latest~1 userRoot | grep backup-userRoot)"; rootcellar cat latest~1 "$name" > printed; code=$?; cat printed; exit $code`,
    );
    for (const [name, content] of packs) await writeFile(path.join(objects, name), content);

    assert.equal(exitCode, 20);
    assert.match(stderr, /^rootcellar: Cannot read /);
    assert.match(stderr, stdout.length > 0 ? /\n {2}→ what was printed is not the whole file: do not use it\n$/ : /\n {2}→ /);
    assert.equal((await readFile(path.join(operator.folder, 'printed'))).length, stdout.length);
    await operator.run(['verify', '--read-data']);
  });
});

function withChecksum(manifest: Buffer): Buffer {
  const decoded = decodeManifest(manifest.toString());
  return Buffer.from('invalid' in decoded ? '' : encodeStoredManifest(decoded));
}
