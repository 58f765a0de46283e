import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { smallVolume } from '../harness/small-volume.ts';
import {
  type ArchiveScene,
  assertText,
  type Change,
  filesIn,
  type ListedSnapshot,
  type Place,
  startArchiveScene,
} from './bad-days-archive.ts';

let scene: ArchiveScene;
before(async () => {
  scene = await startArchiveScene();
});
after(() => scene.end());

/** Puts a set beside the newest one, the same but for its ID and time; the ID of its snapshot begins with `prefix`. */
async function addSet(
  place: Place,
  { server = 'prod', prefix = '', bytes }: { server?: string; prefix?: string; bytes?: number } = {},
): Promise<string> {
  const [{ backupId: model }] = scene.snapshots;
  const manifest = JSON.parse(await readFile(path.join(place.objects, 'prod', model, 'manifest.json'), 'utf8')) as {
    readonly files: readonly object[];
  };
  for (let second = 10; ; second += 1) {
    const backupId = `202001010000${String(second).padStart(2, '0')}Z`;
    const time = new Date(Date.UTC(2020, 0, 1, 0, 0, second)).toISOString();
    const files = bytes === undefined ? manifest.files : manifest.files.map((file) => ({ ...file, bytes }));
    const text = JSON.stringify({ ...manifest, server, backupId, time, files });
    if (!createHash('sha256').update(text).digest('hex').startsWith(prefix)) continue;
    const folder = path.join(place.objects, server, backupId);
    await mkdir(folder, { recursive: true });
    for (const name of ['a.txt', 'b.txt']) await writeFile(path.join(folder, name), await readFile(path.join(scene.folder, name)));
    await writeFile(path.join(folder, 'manifest.json'), text);
    return backupId;
  }
}

const target = (name: string): string => path.join(scene.home, name);

describe('naming a snapshot', { concurrency: 2 }, () => {
  test('one that is not there is not taken for another', async () => {
    const place = await scene.archive('unknown');
    const [{ id }] = scene.snapshots;

    for (const wanted of ['ffffffffffff', id.slice(0, 1)]) {
      await place.refused(['fetch', wanted, '--to', target('unknown')], {
        exitCode: 1,
        says: `Cannot find snapshot "${wanted}": none of the 2 snapshots has this ID`,
        hint: 'run "rootcellar list" to see them all',
      });
    }
  });

  test('a beginning that two share is refused, with both of them named', async () => {
    const place = await scene.archive('ambiguous');
    const [newest] = scene.snapshots;
    const prefix = newest.id.slice(0, 2);
    await addSet(place, { prefix });

    await place.refused(['show', prefix], {
      exitCode: 1,
      says: `Cannot tell which snapshot "${prefix}" is: it names 2: ${newest.id.slice(0, 12)} (prod, ${newest.time}), ${prefix}… (prod, 2020-01-01T00:…Z)`,
      hint: 'give more digits of the ID, or --server NAME',
    });
  });

  test('latest is refused where the archive keeps two servers, and found with --server', async () => {
    const place = await scene.archive('two-servers');
    await addSet(place, { server: 'other' });

    await place.refused(['show', 'latest'], {
      exitCode: 1,
      says: 'Cannot tell which snapshot "latest" is: the archive keeps 2 servers (prod, other)',
      hint: 'add --server NAME',
    });
    const { stdout } = await place.succeeds('show', 'latest', '--server', 'other', '--json');
    assert.equal((JSON.parse(stdout) as ListedSnapshot).server, 'other');
  });

  test('an empty archive has no latest, nothing to verify or to forget, and protects nobody', async () => {
    const place = scene.place('empty');
    await place.succeeds('init');

    await place.refused(['fetch', 'latest', '--to', target('empty')], {
      exitCode: 1,
      says: 'Cannot find the latest snapshot: the archive has none',
      hint: 'make one with "rootcellar backup"',
    });
    const told = async (...words: string[]) => {
      const { exitCode, stdout } = await place.run(...words);
      return [exitCode, stdout];
    };
    assert.deepEqual(await told('list'), [0, 'There are no snapshots yet.\n']);
    assert.deepEqual(await told('verify'), [0, 'There are no snapshots to verify.\n']);
    assert.deepEqual(await told('forget', '--keep-last', '1'), [0, 'Nothing to forget: there are no snapshots yet.\n']);
    assert.deepEqual(await told('status'), [1, 'Not protected: the archive s3://vault/empty has no backup of any server.\n']);
  });
});

describe('forget', { concurrency: 2 }, () => {
  test('refuses the newest good snapshot by its ID, and a rule that says nothing', async () => {
    const place = await scene.archive('forget-refused');
    const files = await filesIn(place.objects);
    const [{ id }] = scene.snapshots;

    await place.refused(['forget', id, '--yes'], {
      exitCode: 1,
      says: `Cannot forget ${id.slice(0, 12)}: it is the newest good snapshot of server "prod"`,
      hint: 'make a newer backup first',
    });
    await place.refused(['forget', '--yes'], {
      exitCode: 2,
      says: 'Cannot forget by an empty rule: it would say nothing of what to keep',
      hint: 'give at least one of --keep-last, --keep-hourly, --keep-daily, --keep-weekly, --keep-monthly, --keep-yearly, --keep-within, or the IDs of snapshots',
    });

    assert.deepEqual(await filesIn(place.objects), files);
  });

  test('changes nothing without --yes, keeps the floor whatever the rule, and the newest whatever the floor', async () => {
    const place = await scene.archive('forget-floor');
    const [newest, second] = scene.snapshots;
    const third = await addSet(place);
    const files = await filesIn(place.objects);
    const forgotten = async (change: Change, ...words: string[]): Promise<readonly string[]> => {
      const { stdout } = await place.with(change).succeeds('forget', '--json', ...words);
      return (JSON.parse(stdout) as { readonly forget: readonly ListedSnapshot[] }).forget.map(({ backupId }) => backupId);
    };

    assert.deepEqual(await forgotten({}, '--keep-within', '1s'), [second.backupId, third].slice(Number(isWithinASecond(newest, second))));
    assert.deepEqual(await forgotten({ ROOTCELLAR_RETENTION_MINIMUM: '2' }, '--keep-last', '1'), [third]);
    assert.deepEqual(await filesIn(place.objects), files);
    await place.succeeds('forget', '--keep-last', '1', '--yes');

    assert.deepEqual(
      (await place.list()).map(({ backupId }) => backupId),
      [newest.backupId],
    );
  });
});

describe('fetch', { concurrency: 2 }, () => {
  test('refuses a folder that holds other things, and leaves them alone', async () => {
    const place = await scene.archive('foreign-folder');
    await mkdir(target('foreign-folder'));
    await writeFile(path.join(target('foreign-folder'), 'mine.txt'), 'mine');

    await place.refused(['fetch', 'latest', '--to', target('foreign-folder')], {
      exitCode: 2,
      says: `Cannot fetch to ${target('foreign-folder')}: it holds mine.txt, which is not of this snapshot`,
      hint: 'name an empty folder, or one that an earlier fetch of this snapshot began',
    });

    assert.deepEqual(await filesIn(target('foreign-folder')), ['mine.txt']);
  });

  test('goes on where it was when it was killed', async () => {
    const place = await (await scene.archive('killed')).behindProxy();
    place.proxy.arm({ method: 'GET', url: /a\.txt/, action: { kind: 'stall', bytes: 1000 } });
    const words = ['fetch', 'latest', '--to', target('killed')];
    const first = place.spawn(...words);
    await until(
      async () => (await filesIn(target('killed'))).includes('b.txt') && place.proxy.requests.some(({ url }) => url.includes('a.txt')),
    );
    first.kill('SIGKILL');
    assert.equal((await first.ended).endedBy, 'SIGKILL');

    const { stdout } = await place.succeeds(...words);

    assertText(
      stdout,
      `Fetched snapshot … of prod to ${target('killed')}: 2 files, 4.89 KiB, of which 5 B were there already; every byte was checked.\n`,
    );
    assert.deepEqual(await filesIn(target('killed')), ['a.txt', 'b.txt']);
    assert.equal(place.proxy.requests.filter(({ url }) => url.includes('b.txt')).length, 1);
  });

  test('says before it begins that the volume has too little room', async () => {
    const place = await scene.archive('too-large');
    const backupId = await addSet(place, { bytes: 2 ** 52 });

    await place.refused(['fetch', backupId, '--to', target('too-large')], {
      exitCode: 1,
      says: `Cannot fetch to ${target('too-large')}: it needs 8.00 PiB, and … are free`,
      hint: 'make room, or name a folder on a larger volume',
    });

    assert.deepEqual(await filesIn(target('too-large')), []);
  });
});

test('fetch to a volume that gets full says so, leaves no part of a file, and goes on once there is room', async () => {
  const place = await scene.archive('full-volume');
  await using volume = await smallVolume(64);
  const folder = path.join(volume.path, 'restored');
  await mkdir(folder);
  // Two pages of memory hold the bytes, and by them there is room; that a.txt takes both of them shows only when b.txt is written.
  await volume.fill(8192);

  await place.refused(['fetch', 'latest', '--to', folder], {
    exitCode: 1,
    says: `Cannot write ${folder}/….txt: the volume is full`,
    hint: 'make room and run the command again; it goes on where it was',
  });
  assert.deepEqual(
    (await filesIn(folder)).filter((file) => !file.endsWith('.txt')),
    [],
  );
  await volume.empty();
  await place.succeeds('fetch', 'latest', '--to', folder);

  assert.deepEqual(await filesIn(folder), ['a.txt', 'b.txt']);
});

describe('what scripts rely on', { concurrency: 2 }, () => {
  test('list --json is one array, newest first, with just these fields', async () => {
    const place = await scene.archive('contract-list');
    const backupId = await addSet(place);

    const { stdout } = await place.succeeds('list', '--json');

    const listed = JSON.parse(stdout) as readonly ListedSnapshot[];
    const fields = ['id', 'time', 'server', 'backupId', 'backends', 'bytes', 'state', 'remarks'];
    for (const snapshot of listed) assert.deepEqual(Object.keys(snapshot), fields);
    assert.deepEqual(
      listed.map((snapshot) => snapshot.backupId),
      [...scene.snapshots.map((snapshot) => snapshot.backupId), backupId],
    );
    const [{ time, id, ...rest }] = listed as readonly [ListedSnapshot];
    assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.match(id, /^[0-9a-f]{64}$/);
    assert.deepEqual(rest, {
      server: 'prod',
      backupId: scene.snapshots[0].backupId,
      backends: [],
      bytes: 5005,
      state: 'complete',
      remarks: [],
    });
  });

  const commands: readonly (readonly string[])[] = [
    ['init'],
    ['archive', 'FOLDER'],
    ['show', 'latest'],
    ['fetch', 'latest', '--to', 'TARGET'],
    ['verify', '--read-data'],
    ['forget', '--keep-last', '1', '--yes'],
    ['prune'],
    ['status'],
    ['doctor'],
    ['config', 'show'],
    ['config', 'settings'],
    ['config', 'schema'],
    ['completion', 'bash'],
    ['version'],
  ];
  test('--json of every command is one document, and what it says meanwhile is one on each line', async () => {
    const place = await scene.archive('contract-json');

    for (const words of commands) {
      const line = words.map((word) => word.replace('FOLDER', scene.folder).replace('TARGET', target('contract-json')));
      const { stdout, stderr } = await place.succeeds(...line, '--json');
      assert.equal(typeof JSON.parse(stdout), 'object', words.join(' '));
      for (const said of stderr.split('\n').filter(Boolean)) assert.equal(typeof (JSON.parse(said) as { event: unknown }).event, 'string');
    }
  });

  test('a failure is one JSON line with code, message, hint and exit code, and nothing goes to the standard output', async () => {
    const { exitCode, stdout, stderr } = await scene.place('contract-none').run('list', '--json');

    assert.deepEqual(JSON.parse(stderr), {
      event: 'error',
      code: 'E_ARCHIVE_MISSING',
      message: 'Cannot open the archive s3://vault/contract-none: there is none',
      hint: 'check ROOTCELLAR_ARCHIVE (--archive), or make it with "rootcellar init"',
      exitCode: 10,
    });
    assert.deepEqual([exitCode, stdout], [10, '']);
  });

  test('a run that another holds the lease of ends with 11, and says who', async () => {
    const place = await scene.archive('contract-busy');
    const now = Date.now();
    const endsAt = new Date(now + 60_000).toISOString();
    const holder = { host: 'pod-7', processId: 42, space: 'elsewhere', processBegan: '1', work: 'backup' };
    const lease = path.join(place.objects, '.rootcellar/leases/prod.json');
    // Anew, so that it has no checksum that would be wrong.
    await rm(lease);
    await writeFile(lease, JSON.stringify({ holder, fence: 9, renewedAt: new Date(now).toISOString(), endsAt }));

    await place.refused(['archive', scene.folder], {
      exitCode: 11,
      says: 'Cannot begin: process 42 on pod-7 is running a backup of server "prod" in s3://vault/contract-busy',
      hint: `wait until it ends, or give --lock-wait; were it dead, its lease would end at ${endsAt}`,
    });
  });

  test('a run that is told to stop ends with 130, and leaves no half snapshot and no lease', async () => {
    const place = await (await scene.archive('contract-stopped')).behindProxy();
    const files = await filesIn(place.objects);
    place.proxy.arm({ method: 'PUT', url: /a\.txt/, times: 99, action: { kind: 'hang' } });
    const run = place.spawn('archive', scene.folder);
    await until(() => Promise.resolve(place.proxy.requests.some(({ url }) => url.includes('a.txt'))));

    run.kill('SIGTERM');

    const { exitCode, stdout, stderr } = await run.ended;
    assert.deepEqual([exitCode, stdout], [130, '']);
    assert.match(stderr, /\nrootcellar: The command was interrupted\n$/);
    assert.deepEqual(await filesIn(place.objects), files);
  });

  test('a reader that has gone is no trouble', async () => {
    const run = (await scene.archive('contract-pipe')).spawn('list');
    run.process.stdout.destroy();

    const { exitCode, stderr } = await run.ended;

    assert.deepEqual([exitCode, stderr], [0, '']);
  });
});

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await delay(20);
}

function isWithinASecond(newest: ListedSnapshot, second: ListedSnapshot): boolean {
  return Date.parse(newest.time) - Date.parse(second.time) <= 1000;
}
