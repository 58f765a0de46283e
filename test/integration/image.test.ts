import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chmod, cp, mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';

import { assembleImage, dockerfile } from '../../tools/image/assemble-image.ts';
import { readDockerfile } from '../../tools/image/dockerfile.ts';
import { imagePaths } from '../../tools/image/make-root.ts';
import { runProgram } from '../harness/run-program.ts';
import { type TemporaryFolder, temporaryFolder } from '../harness/temporary-folder.ts';

const root = path.join(import.meta.dirname, '../..');
const megabyte = 1_000_000;

let folder: TemporaryFolder;
let layerBytes: number;
/** The image's files, as a node has them. */
let files: string;

before(async () => {
  folder = await temporaryFolder('image');
  const archive = path.join(folder.path, 'image.tar');
  ({ layerBytes } = await assembleImage(archive, 1_700_000_000));
  files = await unpacked(archive, 'files');
});
after(() => folder.remove());

interface Descriptor {
  readonly digest: string;
  readonly size: number;
}

/** Unpacks the archive as a container runtime does, by what its index points at; every digest is compared. */
async function unpacked(archive: string, name: string): Promise<string> {
  const layout = path.join(folder.path, `${name}.layout`);
  const target = path.join(folder.path, name);
  for (const each of [layout, target]) await mkdir(each);
  await runProgram('tar', ['-xf', archive, '-C', layout]);
  const { manifests } = JSON.parse(await readFile(path.join(layout, 'index.json'), 'utf8')) as { readonly manifests: [Descriptor] };
  const manifest = JSON.parse((await blob(layout, manifests[0])).toString()) as {
    readonly config: Descriptor;
    readonly layers: [Descriptor];
  };
  const config = JSON.parse((await blob(layout, manifest.config)).toString()) as {
    readonly rootfs: { readonly diff_ids: readonly string[] };
  };
  assert.deepEqual(config.rootfs.diff_ids, [manifest.layers[0].digest]);
  await blob(layout, manifest.layers[0]);
  await runProgram('tar', ['-xf', blobFile(layout, manifest.layers[0]), '-C', target, '--same-permissions']);
  return target;
}

function blobFile(layout: string, { digest }: Descriptor): string {
  return path.join(layout, 'blobs', digest.replace(':', '/'));
}

async function blob(layout: string, descriptor: Descriptor): Promise<Buffer> {
  const bytes = await readFile(blobFile(layout, descriptor));
  assert.equal(`sha256:${createHash('sha256').update(bytes).digest('hex')}`, descriptor.digest);
  assert.equal(bytes.length, descriptor.size);
  return bytes;
}

/** Each file with its hash, mode and time: what must be the same in another making. */
async function fingerprint(place: string): Promise<readonly string[]> {
  const entries = await readdir(place, { recursive: true, withFileTypes: true });
  const lines = entries.map(async (entry) => {
    const file = path.join(entry.parentPath, entry.name);
    if (entry.isSymbolicLink()) return `${path.relative(place, file)} link`;
    const { mode, mtimeMs } = await stat(file);
    const hash = entry.isFile()
      ? createHash('sha256')
          .update(await readFile(file))
          .digest('hex')
      : '';
    return [path.relative(place, file), (mode & 0o7777).toString(8), mtimeMs / 1000, hash].join(' ');
  });
  return (await Promise.all(lines)).toSorted();
}

/** As they are, not by a link: the bundle names each file of them by where it really is. */
async function copyPackages(target: string): Promise<void> {
  const packages = path.join(root, 'node_modules');
  await runProgram('cp', ['-al', packages, target]).catch(() => runProgram('cp', ['-a', packages, target]));
}

/** Runs it as a user of group 0 that the image does not know; the environment is the image's. */
function runInImage(words: readonly string[]): Promise<string> {
  const asStranger = process.getuid?.() === 0 ? ['chroot', '--userspec=12345:0', files] : ['unshare', '--map-root-user', 'chroot', files];
  const [program = '', ...rest] = [...asStranger, imagePaths.program, ...words];
  // The coverage of this process is not the image's: there is no folder for it there, which Node would say.
  return runProgram(program, rest, {
    environment: { ...environmentOfImage, NODE_V8_COVERAGE: '', PATH: `${process.env['PATH']}:/usr/sbin:/sbin` },
  });
}

let environmentOfImage: Readonly<Record<string, string>>;
before(async () => {
  environmentOfImage = readDockerfile(await readFile(dockerfile, 'utf8')).environment;
});

describe('image/Dockerfile', () => {
  test('says who runs it, what it runs, and what it is', async () => {
    const { version, description, license } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as Record<string, string>;

    assert.deepEqual(readDockerfile(await readFile(dockerfile, 'utf8')), {
      user: '9031:0',
      entrypoint: ['/usr/bin/rootcellar'],
      command: ['--help'],
      workingFolder: '/',
      environment: { PATH: '/usr/bin', HOME: '/tmp', XDG_CACHE_HOME: '/var/cache', LANG: 'C.UTF-8' },
      labels: {
        'org.opencontainers.image.title': 'rootcellar',
        'org.opencontainers.image.description': description,
        'org.opencontainers.image.licenses': license,
        'org.opencontainers.image.version': version,
        'org.opencontainers.image.revision': '',
      },
    });
  });

  test('has the Node of package.json, and of what it builds only what make-image-root.ts makes', async () => {
    const { devDependencies } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as {
      readonly devDependencies: Record<string, string>;
    };
    const text = await readFile(dockerfile, 'utf8');

    assert.equal(/^ARG NODE_IMAGE=node:(.*)-bookworm-slim$/m.exec(text)?.[1], devDependencies['node']);
    assert.deepEqual(text.match(/^(FROM|RUN|COPY) .*$/gm), [
      'FROM ${NODE_IMAGE} AS build',
      'COPY . .',
      'RUN node tools/with-node-24.mjs tools/make-image-root.ts /image',
      'FROM scratch',
      'COPY --from=build /image/ /',
    ]);
  });

  test('is refused by readDockerfile() when its last stage does what is not read', () => {
    assert.throws(
      () => readDockerfile('FROM scratch\nUSER 1:0\nVOLUME ["/data"]\n'),
      /^Error: image\/Dockerfile has VOLUME in its last stage, which is not read$/,
    );
  });

  test('makes the very files of the assembled image, from what its .dockerignore lets through', async () => {
    const context = path.join(folder.path, 'context');
    const allowed = (await readFile(`${dockerfile}.dockerignore`, 'utf8')).split('\n').filter((line) => line.startsWith('!'));
    for (const line of allowed) {
      const name = line.slice(1);
      const isThere = await stat(path.join(root, name)).then(
        () => true,
        () => false,
      );
      if (isThere) await cp(path.join(root, name), path.join(context, name), { recursive: true });
    }
    // What "npm ci" does there.
    await copyPackages(context);

    await runProgram(process.execPath, ['tools/make-image-root.ts', path.join(folder.path, 'made')], {
      folder: context,
      environment: {
        ...process.env,
        PATH: `${path.join(root, 'node_modules/.bin')}:${process.env['PATH']}`,
        SOURCE_DATE_EPOCH: '1700000000',
      },
    });

    assert.deepEqual(await fingerprint(path.join(folder.path, 'made')), await fingerprint(files));
  });
});

describe('the image', () => {
  test('is under 200 MB', () => {
    assert.ok(layerBytes > 100 * megabyte && layerBytes < 200 * megabyte, `${layerBytes}`);
  });

  test('has nothing but Node, its libraries and the package: no shell, nothing that changes its user', async () => {
    const entries = await readdir(files, { recursive: true, withFileTypes: true });
    const programs: string[] = [];
    for (const entry of entries.filter((each) => each.isFile())) {
      const file = path.join(entry.parentPath, entry.name);
      const { mode } = await stat(file);
      assert.equal(mode & 0o6022, 0, `${file} may be changed by others, or changes who runs it`);
      assert.ok((mode & 0o444) === 0o444, `${file} is not for all to read`);
      if ((mode & 0o111) !== 0) programs.push(path.relative(files, file));
    }

    const beside = programs.filter((name) => !/^lib(64)?\//.test(name)).toSorted();
    assert.deepEqual(beside, ['opt/rootcellar/bin/rootcellar.mjs', 'usr/bin/node']);
  });

  test('runs as any user of group 0, where nothing can be written', async () => {
    for (const name of ['tmp', 'var/cache/rootcellar']) await chmod(path.join(files, name), 0o555);
    const { version } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as { readonly version: string };

    assert.equal(await runInImage(['version']), `rootcellar ${version} (Node ${process.versions.node})\n`);
    // What comes with the package beside the program.
    assert.match(await runInImage(['explain', 'E_BUSY']), /E_BUSY/);
  });

  test('reads its configuration file where it is looked for in a container', async () => {
    const file = path.join(files, 'etc/rootcellar/rootcellar.yaml');
    await writeFile(file, 'archive: s3://backups/directory\n');

    assert.match(await runInImage(['config', 'show']), /^archive +s3:\/\/backups\/directory +\/etc\/rootcellar\/rootcellar.yaml/m);
  });

  test('says what is in it: each package of the program and of the console by its hash, Node, the libraries of the system, and all licences', async () => {
    const lock = JSON.parse(await readFile(path.join(root, 'package-lock.json'), 'utf8')) as {
      readonly packages: Record<string, { readonly dev?: boolean; readonly integrity?: string }>;
    };
    // What the bundle of the console holds is told by its licences.
    const text = await readFile(path.join(files, imagePaths.package, 'dist/third-party-licenses.txt'), 'utf8');
    const isOfConsole = (name: string): boolean => text.includes(`\n${name.replace('node_modules/', '')} `);
    assert.ok(isOfConsole('node_modules/preact') && !isOfConsole('node_modules/vite'));
    const hashes = Object.entries(lock.packages)
      .filter(([name, { dev }]) => name !== '' && (dev !== true || isOfConsole(name)))
      .map(([, { integrity = '' }]) => Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex'));
    const bill = JSON.parse(await readFile(path.join(files, imagePaths.sbom), 'utf8')) as {
      readonly specVersion: string;
      readonly components: readonly {
        readonly name: string;
        readonly purl: string;
        readonly hashes?: readonly { readonly content: string }[];
      }[];
    };

    assert.equal(bill.specVersion, '1.6');
    assert.ok(hashes.length > 20);
    assert.deepEqual(new Set(bill.components.flatMap((each) => each.hashes ?? []).map(({ content }) => content)), new Set(hashes));
    const others = bill.components.filter(({ purl }) => !purl.startsWith('pkg:npm/')).map(({ name }) => name);
    assert.ok(others.includes('node') && others.includes('libc6'), others.join());
    const licenses = await readdir(path.join(files, imagePaths.licenses));
    assert.deepEqual(licenses.toSorted(), [...others, 'packages-of-rootcellar', 'rootcellar'].toSorted());
    assert.match(text, /@aws-sdk\/client-s3/);
    assert.ok((await readdir(path.join(files, imagePaths.package, 'dist/web'))).includes('index.html'));
  });
});
