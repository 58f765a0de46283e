import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, suite, test } from 'node:test';
import {
  assertContent,
  contentOf,
  type Copied,
  copyScene,
  facts,
  type Listed,
  passwords,
  resticOn,
  settingsFor,
} from '../harness/copy-scene.ts';
import { resticAt } from '../harness/restic.ts';
import { startVersitygw, type VersitygwServer } from '../harness/versitygw.ts';

let near: VersitygwServer;
let far: VersitygwServer;
before(async () => {
  [near, far] = await Promise.all([
    startVersitygw({ buckets: ['archive'] }),
    startVersitygw({ tls: true, buckets: ['elsewhere'], lockedBuckets: ['locked'] }),
  ]);
});
after(async () => {
  await near[Symbol.asyncDispose]();
  await far[Symbol.asyncDispose]();
});

const shared = randomBytes(3_000_000);

suite('copy from a bucket to a bucket of another server', () => {
  /** The second server is known to the configuration file, its account by a profile: neither server knows the other one's account. */
  async function setUp(name: string) {
    const actions = ['s3:ListBucket', 's3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:ListBucketMultipartUploads'];
    const [nearUser, farUser] = await Promise.all([
      near.addUser(`near-${name}`, { bucket: 'archive', actions }),
      far.addUser(`far-${name}`, { bucket: 'elsewhere', actions }),
    ]);
    const scene = await copyScene(`s3://archive/${name}`, settingsFor({ ...near, ...nearUser }));
    const credentials = path.join(scene.folder, 'credentials');
    const profiles = Object.entries({ near: nearUser, far: farUser }).flatMap(([profile, { accessKeyId, secretAccessKey }]) => [
      `[${profile}]`,
      `aws_access_key_id = ${accessKeyId}`,
      `aws_secret_access_key = ${secretAccessKey}`,
    ]);
    await writeFile(credentials, `${profiles.join('\n')}\n`);
    const config = {
      copy: {
        archive: `s3://elsewhere/${name}`,
        passwordFile: 'second',
        s3: { endpoint: far.endpoint, region: far.region, caFile: far.caFile, profile: 'far' },
      },
    };
    await writeFile(path.join(scene.folder, 'rootcellar.yaml'), JSON.stringify(config));
    const more = { AWS_SHARED_CREDENTIALS_FILE: credentials };
    return {
      scene,
      more,
      copy: (words: readonly string[], expected = 0) => scene.json<Copied>(['copy', ...words], expected, more),
      run: (words: readonly string[], expected?: number) => scene.run(words, expected, more),
      restic: (place: 'first' | 'second', environment = {}) =>
        place === 'first'
          ? resticOn(near, `archive/${name}`, passwords.first, environment)
          : resticOn(far, `elsewhere/${name}`, passwords.second, environment),
      [Symbol.asyncDispose]: () => scene[Symbol.asyncDispose](),
    };
  }

  test('restic checks and restores the copy, takes it for one, and nothing is copied twice', async () => {
    await using set = await setUp('whole');
    const { scene, copy, restic } = set;
    await scene.run(['init']);
    const first = await scene.archive('one', { data: Buffer.concat([shared, Buffer.from('one')]), info: 'one' });
    const second = await scene.archive('two', { data: Buffer.concat([shared, Buffer.from('two')]), info: 'two' });

    const done = await copy(['--init', '--verify']);

    assert.deepEqual([done.targetState, done.copied.map(({ id }) => id), done.isWhole], ['made', [first.id, second.id], true]);
    const listed = await assertContent(await restic('second'), 2);
    assert.deepEqual(
      listed.map(({ id, original }) => ({ id, original })).toSorted((a, b) => (a.id < b.id ? -1 : 1)),
      done.copied.map(({ id, copy: copied }) => ({ id: copied, original: id })).toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    );
    const restored = path.join(scene.folder, 'restored');
    const byRestic = await restic('second');
    await byRestic('restore', done.copied[1]?.copy ?? '', '--target', restored);
    await rm(path.join(restored, 'manifest.json'));
    assert.deepEqual(await contentOf(restored), await contentOf(path.join(scene.folder, 'two')));

    const again = await copy([]);
    assert.deepEqual([again.copied, again.present.length, again.readBytes, again.writtenBytes], [[], 2, 0, 0]);
    const third = await scene.archive('three', { data: Buffer.concat([shared, Buffer.from('three')]) });
    const next = await copy(['latest']);
    assert.deepEqual(
      next.copied.map(({ id }) => id),
      [third.id],
    );
    assert.ok(next.readBytes < shared.length / 2, `it read ${next.readBytes} bytes`);
    await assertContent(await restic('second'), 3);
    await assertContent(await restic('first'), 3);
  });

  test('--new-keys gives keys of their own, and is refused where the keys are the same', async () => {
    await using set = await setUp('new-keys');
    const { scene, copy, restic } = set;
    await scene.run(['init']);
    await scene.archive('one', { data: shared });

    await copy(['--init', '--new-keys']);

    await assertContent(await restic('second'), 1);
    const masters = await Promise.all((['first', 'second'] as const).map(async (place) => (await restic(place))('cat', 'masterkey')));
    assert.notEqual(masters[0], masters[1]);
    const alike = await setUp('same-keys');
    await using _alike = alike;
    await alike.scene.run(['init']);
    await alike.copy(['--init']);
    const same = await Promise.all((['first', 'second'] as const).map(async (place) => (await alike.restic(place))('cat', 'masterkey')));
    assert.equal(same[0], same[1]);
    const refused = await alike.run(['copy', '--init', '--new-keys'], 2);
    assert.match(
      refused.stderr,
      /^rootcellar: Cannot copy to s3:\/\/elsewhere\/same-keys with new keys: it is there already, and its keys are /,
    );
    const alone = await alike.run(['copy', '--new-keys'], 2);
    assert.match(alone.stderr, /^rootcellar: Cannot copy with --new-keys alone: only a new archive gets new keys\n/);
  });

  test('restic copies the other way round, and knows what is there', async () => {
    await using set = await setUp('round');
    const { scene, copy, run, more } = set;
    await scene.run(['init']);
    await scene.archive('one', { data: shared, info: 'one' });
    await copy(['--init']);
    const third = path.join(scene.folder, 'third');
    const inFolder = await resticAt({
      repository: third,
      password: passwords.first,
      environment: {
        RESTIC_FROM_PASSWORD: passwords.second,
        AWS_ACCESS_KEY_ID: far.accessKeyId,
        AWS_SECRET_ACCESS_KEY: far.secretAccessKey,
        RESTIC_CACERT: far.caFile ?? '',
      },
    });
    await inFolder('init');

    await inFolder('copy', '--from-repo', `s3:${far.endpoint}/elsewhere/round`);
    await run(['copy', '--init', '--to', './fourth', '--archive', third, '--verify']);
    // Ours is a copy to restic too, so it copies nothing there.
    const intoFourth = await resticAt({
      repository: path.join(scene.folder, 'fourth'),
      password: passwords.second,
      environment: { RESTIC_FROM_PASSWORD: passwords.first },
    });
    await intoFourth('copy', '--from-repo', third);

    await assertContent(intoFourth, 1);
    await assertContent(inFolder, 1);
    const listed = await Promise.all(
      [third, './fourth'].map((archive) =>
        scene.json<Listed[]>(['list', '--archive', archive, '--password-file', archive === third ? 'first' : 'second']),
      ),
    );
    assert.deepEqual(facts(listed[0] ?? []), facts(await scene.json<Listed[]>(['list'])));
    assert.deepEqual(facts(listed[1] ?? []), facts(listed[0] ?? []));
    await scene.run(['verify', '--read-data', '--archive', third]);
    const home = await scene.json<Copied>(['copy', '--archive', third, '--to', 's3://archive/round'], 0, {
      ...more,
      ROOTCELLAR_COPY_S3_ENDPOINT: near.endpoint,
      ROOTCELLAR_COPY_S3_PROFILE: 'near',
      ROOTCELLAR_COPY_PASSWORD_FILE: 'first',
    });
    assert.deepEqual([home.copied, home.present.length], [[], 1]);
  });

  test('a second archive with Object Lock has all locked that was copied', async () => {
    await using scene = await copyScene('s3://archive/to-lock', settingsFor(near));
    await scene.run(['init']);
    await scene.archive('one', { data: shared });
    const second = {
      ROOTCELLAR_COPY_ARCHIVE: 's3://locked/copy',
      ROOTCELLAR_COPY_PASSWORD_FILE: 'second',
      ROOTCELLAR_COPY_S3_ENDPOINT: far.endpoint,
      ROOTCELLAR_COPY_S3_CA_FILE: far.caFile ?? '',
      ROOTCELLAR_COPY_OBJECT_LOCK_MODE: 'governance',
      ROOTCELLAR_COPY_OBJECT_LOCK_DAYS: '7',
    };

    await scene.run(['copy', '--init'], 0, second);

    const verified = await scene.json<{ readonly isWhole: boolean; readonly isLocked: boolean }>(['verify', '--read-data'], 0, {
      ROOTCELLAR_ARCHIVE: 's3://locked/copy',
      ROOTCELLAR_PASSWORD_FILE: 'second',
      ROOTCELLAR_S3_ENDPOINT: far.endpoint,
      ROOTCELLAR_S3_CA_FILE: far.caFile ?? '',
      ROOTCELLAR_OBJECT_LOCK_MODE: 'governance',
      ROOTCELLAR_OBJECT_LOCK_DAYS: '7',
    });
    assert.deepEqual([verified.isWhole, verified.isLocked], [true, true]);
  });
});

suite('copy from a folder to a bucket', () => {
  const toFar = {
    ROOTCELLAR_COPY_S3_ENDPOINT: () => far.endpoint,
    ROOTCELLAR_COPY_S3_CA_FILE: () => far.caFile ?? '',
    ROOTCELLAR_COPY_PASSWORD_FILE: () => 'second',
    AWS_ACCESS_KEY_ID: () => far.accessKeyId,
    AWS_SECRET_ACCESS_KEY: () => far.secretAccessKey,
    AWS_REGION: () => far.region,
  };
  const settings = () => Object.fromEntries(Object.entries(toFar).map(([name, value]) => [name, value()]));

  test('into an archive that init made, sealed anew with its keys', async () => {
    await using scene = await copyScene('./first-archive', settings());
    await scene.run(['init']);
    await scene.archive('one', { data: Buffer.concat([shared, Buffer.from('one')]), text: 'one line\n'.repeat(50_000) });
    await scene.archive('two', { data: Buffer.concat([shared, Buffer.from('two')]), text: 'two lines\n'.repeat(50_000) });
    await scene.run(['init', '--archive', 's3://elsewhere/own-keys', '--password-file', 'second'], 0, {
      ROOTCELLAR_S3_ENDPOINT: far.endpoint,
      ROOTCELLAR_S3_CA_FILE: far.caFile ?? '',
    });

    const { copied, writtenBytes } = await scene.json<Copied>(['copy', '--to', 's3://elsewhere/own-keys']);

    assert.equal(copied.length, 2);
    assert.ok(writtenBytes < 1.5 * shared.length, `it wrote ${writtenBytes} bytes`);
    await assertContent(await resticOn(far, 'elsewhere/own-keys', passwords.second), 2);
  });

  test('killed with SIGKILL at one moment or another it goes on at once', async () => {
    await using scene = await copyScene('./first-archive', settings());
    await scene.run(['init']);
    for (const name of ['one', 'two', 'three']) await scene.archive(name, { data: randomBytes(20_000_000), shared });
    const snapshotsAtKill: number[] = [];
    for (const events of [1, 2, 3, 5, 8]) {
      const to = ['--to', `s3://elsewhere/killed-${events}`];
      const copying = scene.spawn(['copy', ...to, '--init', '--s3-max-bytes-per-second', '12MiB', '--json']);
      await copying.prints(new RegExp(`(?:\\{"event":"(?:begin|advance|end)".*\\s){${events}}`));
      copying.kill('SIGKILL');
      assert.equal((await copying.ended).endedBy, 'SIGKILL');
      const folder = path.join(far.folder, 'elsewhere', `killed-${events}`, 'snapshots');
      snapshotsAtKill.push((await readdir(folder).catch(() => [])).length);

      const { copied, present } = await scene.json<Copied>(['copy', ...to]);

      assert.deepEqual([copied.length, present.length], [3 - (snapshotsAtKill.at(-1) ?? 0), snapshotsAtKill.at(-1)]);
      const listed = await assertContent(await resticOn(far, `elsewhere/killed-${events}`, passwords.second), 3);
      assert.equal(new Set(listed.map(({ original }) => original)).size, 3);
    }
    assert.deepEqual(snapshotsAtKill, [0, 0, 1, 1, 2]);
  });
});
