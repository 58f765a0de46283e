import assert from 'node:assert/strict';
import { mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { suite, test } from 'node:test';
import { isFailure } from '../../foundation/failure.ts';
import { makeZip } from '../../../test/harness/example-zip.ts';
import { temporaryFolder } from '../../../test/harness/temporary-folder.ts';
import { inspectInstallation, unpackInstallation } from './installation.ts';

async function zipOf(folder: string, name: string, files: Readonly<Record<string, string>>): Promise<string> {
  const place = path.join(folder, name);
  await writeFile(place, makeZip(Object.entries(files).map(([file, text]) => ({ name: file, content: Buffer.from(text) }))));
  return place;
}

const buildInfo = '5.0.3.1514d3b97572e09f1fc8527113987fe8d698eeb3';

suite('inspectInstallation()', () => {
  test('knows OpenDJ in a zip by its own build information, and what it takes unpacked', async () => {
    await using folder = await temporaryFolder();
    const place = await zipOf(folder.path, 'any-name.zip', { 'opendj/setup': '#!/bin/sh', 'opendj/template/config/buildinfo': buildInfo });

    assert.deepEqual(await inspectInstallation(place), {
      place,
      kind: 'zip',
      product: 'OpenDJ',
      version: '5.0.3',
      bytes: 9 + buildInfo.length,
    });
  });

  test('knows PingDirectory in a zip by the names that its vendor gives', async () => {
    await using folder = await temporaryFolder();
    const place = await zipOf(folder.path, 'PingDirectory-10.3.0.0.zip', { 'PingDirectory/setup': '#!/bin/sh' });

    const { product, version } = await inspectInstallation(place);

    assert.deepEqual([product, version], ['PingDirectory', '10.3.0.0']);
  });

  test('asks the programs of an unpacked PingDirectory, as it is published, for their version', async () => {
    await using folder = await temporaryFolder();
    await mkdir(path.join(folder.path, 'bin'));
    await writeFile(path.join(folder.path, 'setup'), '#!/bin/sh\n', { mode: 0o755 });
    await writeFile(path.join(folder.path, 'bin/backup'), '#!/bin/sh\necho "Ping Identity Directory Server 10.3.0.0"\n', { mode: 0o755 });

    const { product, version, kind } = await inspectInstallation(folder.path);

    assert.deepEqual([product, version, kind], ['PingDirectory', '10.3.0.0', 'folder']);
  });

  test('refuses another product, in a zip and in a folder', async () => {
    await using folder = await temporaryFolder();
    const zip = await zipOf(folder.path, 'other-1.0.zip', { 'other/setup': '' });
    const unpacked = path.join(folder.path, 'unpacked');
    await mkdir(unpacked);
    await writeFile(path.join(unpacked, 'setup'), '');

    for (const place of [zip, unpacked]) {
      await assert.rejects(
        inspectInstallation(place),
        (error) => isFailure(error, 'E_INSTALLATION') && error.message.endsWith('neither OpenDJ nor PingDirectory'),
      );
    }
  });
});

suite('unpackInstallation()', () => {
  test('makes programs of what a zip without modes has where programs are', async () => {
    await using folder = await temporaryFolder();
    const files = {
      'opendj/setup': '',
      'opendj/bin/restore': '',
      'opendj/lib/_script-util.sh': '',
      'opendj/template/config/buildinfo': buildInfo,
    };
    const place = await zipOf(folder.path, 'opendj.zip', files);
    const home = path.join(folder.path, 'home');

    await unpackInstallation(await inspectInstallation(place), home, undefined);

    const modes = await Promise.all(
      Object.keys(files).map(async (name) => (await stat(path.join(home, name.slice('opendj/'.length)))).mode & 0o777),
    );
    assert.deepEqual(modes, [0o700, 0o700, 0o700, 0o600]);
  });

  test('refuses a zip with a name that leads out of the folder, and writes nothing there', async () => {
    await using folder = await temporaryFolder();
    const place = await zipOf(folder.path, 'opendj.zip', {
      'opendj/setup': '',
      'opendj/../../outside': 'x',
      'opendj/template/config/buildinfo': buildInfo,
    });

    await assert.rejects(inspectInstallation(place), (error) => isFailure(error, 'E_INSTALLATION'));
    await assert.rejects(stat(path.join(folder.path, 'outside')));
  });

  test('copies the file behind a link, so that the server outlives the installation', async () => {
    await using folder = await temporaryFolder();
    const [place, home] = [path.join(folder.path, 'product'), path.join(folder.path, 'home')];
    await mkdir(path.join(place, 'template/config'), { recursive: true });
    await writeFile(path.join(place, 'setup'), '');
    await writeFile(path.join(place, 'template/config/buildinfo'), buildInfo);
    await writeFile(path.join(folder.path, 'real.jar'), 'content');
    await symlink(path.join(folder.path, 'real.jar'), path.join(place, 'linked.jar'));

    await unpackInstallation(await inspectInstallation(place), home, undefined);

    assert.equal(await readFile(path.join(home, 'linked.jar'), 'utf8'), 'content');
    assert.ok((await stat(path.join(home, 'linked.jar'))).isFile());
  });
});
