import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Fault, FaultAction } from '../harness/faulty-http-proxy.ts';
import { type ArchiveScene, assertText, assertWhole, filesIn, startArchiveScene } from './bad-days-archive.ts';

const archiveMark = '.rootcellar/archive.json';
const hints = {
  busy: 'wait and run again; when it lasts, look at the load and the state of the store',
  unreachable: 'check ROOTCELLAR_S3_ENDPOINT (--s3-endpoint: http or https, host, port), DNS, proxy and network policy, then run again',
  damaged: 'use another snapshot; "rootcellar verify --read-data" tells which are whole',
  altered: 'run again; when it stays so, run verify and look at the disks of the store and the network in between',
};

let scene: ArchiveScene;
before(async () => {
  scene = await startArchiveScene();
});
after(() => scene.end());

const answer = (status: number, code: string): FaultAction => ({ kind: 'answer', status, code });

describe('a store that has trouble for a while', { concurrency: 2 }, () => {
  const passing: readonly (readonly [string, readonly Fault[], readonly string[]])[] = [
    [
      'answers 503 SlowDown twice',
      [{ method: 'PUT', url: /a\.txt/, times: 2, action: answer(503, 'SlowDown') }],
      ['the store answered 503 (SlowDown)'],
    ],
    [
      'answers 500 twice',
      [{ method: 'PUT', url: /a\.txt/, times: 2, action: answer(500, 'InternalError') }],
      ['the store answered 500 (InternalError)'],
    ],
    [
      'resets connections',
      [
        { method: 'PUT', url: /a\.txt/, times: 2, action: { kind: 'drop-before' } },
        { method: 'PUT', url: /leases/, action: { kind: 'drop-before' } },
        { method: 'GET', url: /list-type=2/, action: { kind: 'drop-before' } },
      ],
      ['the connection broke (ECONNRESET)'],
    ],
    ['is silent once beyond the request timeout', [{ method: 'PUT', url: /a\.txt/, action: { kind: 'hang' } }], []],
    ['receives other bytes once', [{ method: 'PUT', url: /a\.txt/, action: { kind: 'tamper-request' } }], []],
    ['loses the answer to a file', [{ method: 'PUT', url: /a\.txt/, action: { kind: 'drop-after' } }], []],
    ['loses the answer to the manifest', [{ method: 'PUT', url: /manifest\.json/, action: { kind: 'drop-after' } }], []],
    ['gives back another manifest once', [{ method: 'GET', url: /manifest\.json/, action: { kind: 'tamper-answer' } }], []],
    ['loses the answer to the mark', [{ method: 'PUT', url: /unfinished/, action: { kind: 'drop-after' } }], []],
    ['loses the answer to the lease', [{ method: 'PUT', url: /leases/, action: { kind: 'drop-after' } }], []],
    ['loses the answer to the renewal of the lease', [{ method: 'PUT', url: /leases/, after: 1, action: { kind: 'drop-after' } }], []],
    ['loses the answer to the return of the lease', [{ method: 'PUT', url: /leases/, after: 2, action: { kind: 'drop-after' } }], []],
    ['loses the answer to a deletion', [{ method: 'DELETE', url: /unfinished/, action: { kind: 'drop-after' } }], []],
  ];
  for (const [index, [what, faults, notes]] of passing.entries()) {
    test(`archive succeeds where the store ${what}`, async () => {
      const place = await (await scene.archive(`passing-${index}`, { ROOTCELLAR_S3_REQUEST_TIMEOUT: '2s' })).behindProxy();
      place.proxy.arm(...faults);

      const { stderr } = await place.succeeds('archive', scene.folder);

      for (const { url } of faults) assert.ok(place.proxy.requests.filter((seen) => url?.test(seen.url)).length > 1, 'it was tried again');
      const warnings = stderr.split('\n').filter((line) => line.startsWith('!'));
      assert.equal(warnings.length, notes.length, stderr);
      for (const state of notes) {
        assertText(warnings.join(''), `! Cannot write "prod/…/a.txt" to s3://vault/passing-${index}: ${state}; trying again in …`);
      }
      await assertWhole(place, 3);
    });
  }

  test('archive succeeds where single parts of an upload fail and the answer to its end is lost', async () => {
    const large = path.join(scene.home, 'large');
    await mkdir(large);
    await writeFile(path.join(large, 'large.bin'), randomBytes(12 * 1024 * 1024));
    const place = await (await scene.archive('large')).behindProxy();
    place.proxy.arm(
      { method: 'PUT', url: /large\.bin.*partNumber=2/, times: 2, action: answer(503, 'SlowDown') },
      { method: 'POST', url: /large\.bin\?uploadId/, action: { kind: 'drop-after' } },
    );

    await place.succeeds('archive', large);

    await assertWhole(place, 3);
  });

  test('fetch and verify read again what was cut or altered under way, and call nothing damaged', async () => {
    const place = await (await scene.archive('altered-once')).behindProxy();
    const target = path.join(scene.home, 'altered-once');
    place.proxy.arm(
      { method: 'GET', url: /a\.txt/, action: { kind: 'truncate', bytes: 1000 } },
      { method: 'GET', url: /b\.txt/, action: { kind: 'tamper-answer' } },
    );
    const { stdout } = await place.succeeds('fetch', 'latest', '--to', target);
    assertText(stdout, `Fetched snapshot … of prod to ${target}: 2 files, 4.89 KiB; every byte was checked.\n`);

    place.proxy.arm({ method: 'GET', url: /a\.txt/, action: { kind: 'tamper-answer' } });
    assert.match((await place.succeeds('verify', '--read-data')).stdout, /^Whole: 2 snapshots; every byte was read\.\n$/);
  });
});

describe('a store whose trouble lasts', { concurrency: 2 }, () => {
  const lasting: readonly (readonly [string, FaultAction, string, string])[] = [
    ['answers 503', answer(503, 'SlowDown'), 'the store answered 503 (SlowDown)', hints.busy],
    ['answers 500', answer(500, 'InternalError'), 'the store answered 500 (InternalError)', hints.busy],
    ['resets every connection', { kind: 'drop-before' }, 'the connection broke (ECONNRESET)', hints.unreachable],
    ['never answers', { kind: 'hang' }, 'the store did not answer in time', hints.unreachable],
  ];
  for (const [index, [what, action, state, hint]] of lasting.entries()) {
    test(`list ends in bounded time where the store ${what}`, async () => {
      const place = await scene.place(`lasting-${index}`, { ROOTCELLAR_S3_REQUEST_TIMEOUT: '1s' }).behindProxy();
      place.proxy.arm({ times: 999, action });
      const begin = performance.now();

      await place.refused(['list'], { exitCode: 1, says: `Cannot read "${archiveMark}" in s3://vault/lasting-${index}: ${state}`, hint });

      assert.equal(place.proxy.requests.length, 3);
      assert.ok(performance.now() - begin < 20_000);
    });

    test(`archive leaves nothing but what was there where the store ${what} for the files`, async () => {
      const place = await (await scene.archive(`files-${index}`, { ROOTCELLAR_S3_REQUEST_TIMEOUT: '1s' })).behindProxy();
      const files = await filesIn(place.objects);
      place.proxy.arm({ method: 'PUT', url: /\.txt/, times: 999, action });

      await place.refused(['archive', scene.folder], {
        exitCode: 1,
        says: `Cannot write "prod/….txt" to s3://vault/files-${index}: ${state}`,
        hint,
      });

      assert.deepEqual(await filesIn(place.objects), files);
    });
  }

  test('archive tries the parts of an upload no more often than s3.attempts says', async () => {
    const large = path.join(scene.home, 'large-lasting');
    await mkdir(large);
    await writeFile(path.join(large, 'large.bin'), randomBytes(12 * 1024 * 1024));
    const place = await (await scene.archive('parts')).behindProxy();
    const files = await filesIn(place.objects);
    place.proxy.arm({ method: 'PUT', url: /large\.bin.*partNumber=2/, times: 999, action: answer(503, 'SlowDown') });

    await place.refused(['archive', large], {
      exitCode: 1,
      says: 'Cannot write "prod/…/large.bin" to s3://vault/parts: the store answered 503 (SlowDown)',
      hint: hints.busy,
    });

    assert.equal(place.proxy.requests.filter(({ url }) => /large\.bin.*partNumber=2/.test(url)).length, 3);
    assert.deepEqual(await filesIn(place.objects), files);
  });

  test('archive says that the store is full, and that it receives other bytes than were sent', async () => {
    const place = await (await scene.archive('refusing')).behindProxy();
    const files = await filesIn(place.objects);
    place.proxy.arm({ method: 'PUT', url: /a\.txt/, times: 1, action: answer(507, 'XMinioStorageFull') });
    await place.refused(['archive', scene.folder], {
      exitCode: 1,
      says: 'Cannot write "prod/…/a.txt" to s3://vault/refusing: the store has no room left (XMinioStorageFull)',
      hint: 'give the store more room, or forget and prune what is no longer needed, then run again',
    });
    place.proxy.arm({ method: 'PUT', url: /a\.txt/, times: 999, action: { kind: 'tamper-request' } });
    await place.refused(['archive', scene.folder], {
      exitCode: 1,
      says: 'Cannot write "prod/…/a.txt" to s3://vault/refusing: the bytes that arrived are not those that were sent (checksum mismatch)',
      hint: hints.altered,
    });

    assert.deepEqual(await filesIn(place.objects), files);
  });

  test('archive waits for what is on its way before it clears up, so that nothing comes to lie behind that', async () => {
    const place = await (await scene.archive('late')).behindProxy();
    const arrived = Promise.withResolvers<void>();
    const files = await filesIn(place.objects);
    place.proxy.arm(
      { method: 'PUT', url: /a\.txt/, action: answer(507, 'XMinioStorageFull') },
      { method: 'PUT', url: /b\.txt/, action: { kind: 'late', milliseconds: 1000, done: arrived.resolve } },
    );

    const { exitCode } = await place.run('archive', scene.folder);

    assert.equal(exitCode, 1);
    await arrived.promise;
    assert.deepEqual(await filesIn(place.objects), files);
  });

  test('fetch refuses what arrives altered again and again, and leaves no such file', async () => {
    const place = await (await scene.archive('altered-always')).behindProxy();
    const target = path.join(scene.home, 'altered-always');
    place.proxy.arm({ method: 'GET', url: /a\.txt/, times: 999, action: { kind: 'tamper-answer' } });

    await place.refused(['fetch', 'latest', '--to', target], {
      exitCode: 20,
      says: 'Cannot read prod/…/a.txt: it does not have the checksum that the store keeps of it',
      hint: hints.damaged,
    });

    assert.deepEqual(
      (await filesIn(target)).filter((file) => file !== 'b.txt'),
      [],
    );
  });

  test('many requests that fail at once make one note, not a flood', async () => {
    const place = scene.place('flood');
    await place.succeeds('init');
    for (let index = 10; index < 40; index += 1) {
      const folder = path.join(place.objects, `prod/202611231200${index}Z`);
      await mkdir(folder, { recursive: true });
      await writeFile(path.join(folder, 'manifest.json'), '{}');
    }
    const behind = await place.behindProxy();
    behind.proxy.arm({ method: 'GET', url: /manifest\.json/, times: 999, action: answer(503, 'SlowDown') });

    const { stderr } = await behind.refused(['list'], {
      exitCode: 1,
      says: 'Cannot read "prod/…/manifest.json" in s3://vault/flood: the store answered 503 (SlowDown)',
      hint: hints.busy,
    });

    assert.equal(stderr.split('\n').filter((line) => line.startsWith('!')).length, 1, stderr);
  });
});
