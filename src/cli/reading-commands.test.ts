import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import { FakeClock } from '../../test/harness/fake-clock.ts';
import { runInProcess, type Ended } from '../../test/harness/run-in-process.ts';
import { temporaryFolder, type TemporaryFolder } from '../../test/harness/temporary-folder.ts';

let home: TemporaryFolder;
before(async () => {
  home = await temporaryFolder('reading');
  await writeFile(path.join(home.path, 'password'), 'test\n', { mode: 0o600 });
});
after(() => home.remove());

type Run = (...words: readonly string[]) => Promise<Ended>;

/** An archive with two sets of server `prod`, of which the newer has a file less, one more and one changed. */
async function archiveOf(layout: string, name: string): Promise<Run> {
  const common = ['--archive', path.join(home.path, name), '--layout', layout, '--password-file', path.join(home.path, 'password')];
  const run: Run = (...words) => runInProcess([...words, '--quiet', ...common]);
  assert.equal((await run('init')).exitCode, 0);
  const set = path.join(home.path, `${name}-set`);
  for (const [day, files] of Object.entries({
    22: { 'userRoot/data': 'x'.repeat(5000), 'userRoot/old': 'old', 'schema/99.ldif': 'dn: cn=schema\n' },
    23: { 'userRoot/data': `${'x'.repeat(5000)}y`, 'userRoot/new': 'new!', 'schema/99.ldif': 'dn: cn=schema\n' },
  })) {
    for (const [file, content] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(set, day, file)), { recursive: true });
      await writeFile(path.join(set, day, file), content);
    }
    const clock = new FakeClock(`2026-11-${day}T10:00:00Z`);
    const words = ['archive', path.join(set, day), '--server-name', 'prod', '--quiet', ...common];
    assert.equal((await runInProcess(words, { clock })).exitCode, 0);
  }
  return run;
}

for (const layout of ['plain', 'repository']) {
  suite(`commands that read an archive of layout ${layout}`, () => {
    let run: Run;
    before(async () => {
      run = await archiveOf(layout, layout);
    });

    test('ls lists folders and files, of one path or all', async () => {
      const all = await run('ls', 'latest');
      const some = await run('ls', 'latest', 'userRoot/');

      assert.equal(all.output, 'manifest.json\nschema/\nschema/99.ldif\nuserRoot/\nuserRoot/data\nuserRoot/new\n');
      assert.equal(some.output, 'userRoot/\nuserRoot/data\nuserRoot/new\n');
    });

    test('ls --long has what the layout keeps, and ls --json all of it in one array', async () => {
      const long = await run('ls', 'latest', 'schema', '--long');
      const { output } = await run('ls', 'latest', 'schema', '--json');

      const mode = layout === 'plain' ? String.raw`-\?` : '-rw-r--r--';
      assert.match(long.output, new RegExp(`^${mode} +14 B {2}.* schema/99.ldif$`, 'm'));
      assert.match(long.output, /\n1 file, 14 B\n$/);
      const [folder, file, ...others] = JSON.parse(output) as Readonly<Record<string, unknown>>[];
      assert.deepEqual([folder?.['path'], folder?.['type']], ['schema', 'folder']);
      assert.deepEqual([file?.['path'], file?.['type'], file?.['bytes']], ['schema/99.ldif', 'file', 14]);
      assert.match(String(file?.['sha256']), /^[0-9a-f]{64}$/);
      assert.deepEqual(others, []);
      assert.equal(file?.['permissions'], layout === 'plain' ? undefined : '0644');
    });

    test('cat prints the content, and nothing else, also with --json', async () => {
      for (const more of [[], ['--json']]) {
        const { exitCode, output, errorOutput } = await run('cat', 'latest', 'schema/99.ldif', ...more);

        assert.deepEqual([exitCode, output, errorOutput], [0, 'dn: cn=schema\n', '']);
      }
      const manifest = JSON.parse((await run('cat', 'latest', 'manifest.json')).output) as { readonly server: string };
      assert.equal(manifest.server, 'prod');
    });

    test('ls and cat refuse a path at which there is nothing', async () => {
      for (const command of ['ls', 'cat']) {
        const { exitCode, output, errorOutput } = await run(command, 'latest', 'nothing');

        assert.deepEqual([exitCode, output], [1, '']);
        assert.equal(
          errorOutput,
          'rootcellar: Cannot find nothing in prod/20261123100000Z: there is nothing of this name\n' +
            '  → run "rootcellar ls" with the snapshot alone to see what is there\n',
        );
      }
    });

    test('diff lists what became of each file, and sums it up', async () => {
      const { exitCode, output } = await run('diff', 'latest~1', 'latest');

      // Of small files a blob is the whole file in either layout.
      const lines = output.split('\n');
      assert.equal(exitCode, 0);
      assert.deepEqual(lines.slice(0, 4), [
        'M userRoot/data  4.88 KiB → 4.88 KiB, 4.88 KiB new, 4.88 KiB gone',
        '+ userRoot/new  4 B, 4 B of it new',
        '- userRoot/old  3 B, 3 B of it gone',
        '',
      ]);
      assert.match(lines[4] ?? '', /^From [0-9a-f]{12} of prod, 2026-11-22 10:00:00 UTC, 4\.90 KiB$/);
      assert.match(lines[5] ?? '', /^ {2}to [0-9a-f]{12} of prod, 2026-11-23 10:00:00 UTC, 4\.90 KiB:$/);
      assert.equal(lines[6], '1 file added, 1 file removed, 1 file changed; 4.89 KiB new, 4.89 KiB gone, 14 B in both.');
      const stored =
        /^In the archive: \d blobs \([\d.]+ KiB stored\) only in the second, \d blobs \([\d.]+ KiB stored\) only in the first; /;
      if (layout === 'repository') assert.match(lines.at(-2) ?? '', stored);
    });

    test('diff --json has all of it in one document', async () => {
      const { output } = await run('diff', 'latest~1', 'latest', '--json');

      const { before, after, summary, changes, blobs } = JSON.parse(output) as Readonly<Record<string, Record<string, unknown>>>;
      assert.deepEqual([before?.['backupId'], after?.['backupId']], ['20261122100000Z', '20261123100000Z']);
      assert.deepEqual(summary, {
        filesAdded: 1,
        filesRemoved: 1,
        filesChanged: 1,
        filesRenamed: 0,
        foldersAdded: 0,
        foldersRemoved: 0,
        factsChanged: summary?.['factsChanged'],
        newBytes: 5005,
        goneBytes: 5003,
        sharedBytes: 14,
      });
      assert.deepEqual(changes?.[0], {
        change: 'content',
        path: 'userRoot/data',
        pathBefore: 'userRoot/data',
        type: 'file',
        bytesBefore: 5000,
        bytesAfter: 5001,
        newBytes: 5001,
        goneBytes: 5000,
      });
      assert.equal(blobs !== undefined, layout === 'repository');
    });

    test('diff of a snapshot with itself says that no file differs', async () => {
      const { exitCode, output } = await run('diff', 'latest', 'latest');

      assert.equal(exitCode, 0);
      assert.match(output, /\nNo file differs in content\.\n/);
    });

    test('stats adds up the archive, and each snapshot by itself', async () => {
      const { exitCode, output } = await run('stats');
      const one = await run('stats', 'latest', '--json');

      assert.equal(exitCode, 0);
      assert.match(output, /^snapshots +2, from 2026-11-22 10:00:00 to 2026-11-23 10:00:00 UTC$/m);
      assert.match(output, /^logical +9\.80 KiB when fetched$/m);
      assert.match(output, /^unneeded +nothing$/m);
      assert.match(output, /^[0-9a-f]{12} {2}2026-11-22 10:00:00 {2}prod +4\.90 KiB .*B$/m);
      const parsed = JSON.parse(one.output) as Readonly<Record<string, unknown>> & {
        readonly snapshots: readonly Record<string, unknown>[];
      };
      const { snapshotCount, logicalBytes, uniqueBytes, togetherBytes, packs } = parsed;
      const [own] = parsed.snapshots;
      assert.deepEqual([snapshotCount, logicalBytes], [1, 5019]);
      assert.equal(own?.['aloneBytes'], togetherBytes);
      if (layout === 'plain') {
        assert.deepEqual([uniqueBytes, togetherBytes, own?.['addedBytes'], packs], [5019, 5019, null, undefined]);
      } else {
        // What the other needs too is the content of one file.
        assert.equal(Number(uniqueBytes) - Number(togetherBytes), 14);
        assert.ok(Number(own?.['addedStoredBytes']) > 0 && Number(own?.['addedBytes']) > 5005);
      }
    });

    test('verify --read-data-subset says which part was read, and does not call whole what was not', async () => {
      const { exitCode, output } = await run('verify', '--read-data-subset', '1B');
      const { output: json } = await run('verify', '--read-data-subset', '1B', '--json');
      const whole = await run('verify', '--read-data-subset', '100%');

      const unit = layout === 'plain' ? 'file' : 'pack';
      const told = new RegExp(
        `^No damage found: 2 snapshots; presence and size of all were compared, and of the content at most 1 B at random was read: 1 of \\d ${unit}s ` +
          String.raw`\([\d.]+ (?:KiB|B) of [\d.]+ KiB, [\d.]+ %\); the rest was not\.\n`,
      );
      assert.equal(exitCode, 0);
      assert.match(output, told);
      const { isWhole, isDataRead, part } = JSON.parse(json) as Readonly<Record<string, Record<string, unknown> | null | boolean>>;
      assert.deepEqual([isWhole, isDataRead], [null, false]);
      assert.ok(typeof part === 'object' && part !== null);
      assert.deepEqual([part['objects'], part['unit']], [1, unit]);
      assert.match(whole.output, /^Whole: 2 snapshots; every byte was read\.\n/);
    });

    test('verify --read-data-subset refuses what is no part', async () => {
      const { exitCode, errorOutput } = await run('verify', '--read-data-subset', '31/30');

      assert.equal(exitCode, 2);
      assert.match(errorOutput, /^rootcellar: Cannot use --read-data-subset: "31\/30" is no group such as 3\/30 or today\/30 /);
    });
  });
}
