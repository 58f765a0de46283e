import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Manifest } from '../../src/domain/manifest.ts';
import { type FaultyHttpProxy, startFaultyHttpProxy } from '../harness/faulty-http-proxy.ts';
import type { RootcellarResult, RunningRootcellar } from '../harness/rootcellar.ts';
import { runProgram } from '../harness/run-program.ts';
import { type SecretWatch, watchSecrets } from '../harness/secret-watch.ts';
import { temporaryFolder } from '../harness/temporary-folder.ts';
import { startVersitygw, type VersitygwServer } from '../harness/versitygw.ts';

/** What is given in place of the environment of a run, or, undefined, taken out of it. */
export type Change = Readonly<Record<string, string | undefined>>;

export interface ListedSnapshot {
  readonly id: string;
  readonly time: string;
  readonly server: string;
  readonly backupId: string;
  readonly backends: readonly string[];
  readonly bytes: number;
  readonly state: string;
  readonly remarks: readonly string[];
}

/** What a run must have ended with. */
export interface Refusal {
  readonly exitCode: number;
  /** The whole sentence; `…` stands for what is not the test's to know: an ID, a moment, a pause. */
  readonly says: string;
  readonly hint: string;
}

/** A store, and a set of two small files to archive: all that the bad days of an archive need. */
export interface ArchiveScene {
  readonly s3: VersitygwServer;
  readonly secrets: SecretWatch;
  /** `a.txt` of 5000 bytes and `b.txt` of 5. */
  readonly folder: string;
  /** For whatever a test writes. */
  readonly home: string;
  /** Greps for secrets in all that was said and stored, and takes the scene down. */
  end(): Promise<void>;
  /** A place of its own in the bucket. */
  place(name: string, change?: Change): Place;
  /** A copy of one archive that was made once, with two snapshots of server `prod`: {@link snapshots}. */
  archive(name: string, change?: Change): Promise<Place>;
  /** Newest first. */
  readonly snapshots: readonly [ListedSnapshot, ListedSnapshot];
}

export interface Place {
  /** `s3://bucket/name`. */
  readonly location: string;
  /** Where the objects lie. */
  readonly objects: string;
  /** The same place, with another environment. */
  with(change: Change): Place;
  /** The same place behind a proxy of its own that can make trouble. */
  behindProxy(): Promise<Place & { readonly proxy: FaultyHttpProxy }>;
  run(...words: readonly string[]): Promise<RootcellarResult>;
  spawn(...words: readonly string[]): RunningRootcellar;
  /** Runs the program, which must end with 0. */
  succeeds(...words: readonly string[]): Promise<RootcellarResult>;
  /** Runs the program, which must end so, with nothing on its standard output. */
  refused(words: readonly string[], refusal: Refusal): Promise<RootcellarResult>;
  list(): Promise<readonly ListedSnapshot[]>;
}

const bucket = 'vault';

/** `others` are secrets to watch for beside that of the store. */
export async function startArchiveScene(others: Readonly<Record<string, string>> = {}): Promise<ArchiveScene> {
  const home = await temporaryFolder('bad-days');
  const folder = path.join(home.path, 'set');
  await mkdir(folder);
  await writeFile(path.join(folder, 'a.txt'), 'hello'.repeat(1000));
  await writeFile(path.join(folder, 'b.txt'), 'world');
  const s3 = await startVersitygw({ buckets: [bucket] });
  const secrets = watchSecrets({ 'the S3 secret': s3.secretAccessKey, ...others });
  const proxies: FaultyHttpProxy[] = [];
  const place = (name: string, change: Change = {}): Place =>
    placeWith(
      { secrets, proxies },
      {
        location: `s3://${bucket}/${name}`,
        objects: path.join(s3.folder, bucket, name),
        environment: {
          ROOTCELLAR_ARCHIVE: `s3://${bucket}/${name}`,
          ROOTCELLAR_LAYOUT: 'plain',
          ROOTCELLAR_S3_ENDPOINT: s3.endpoint,
          ROOTCELLAR_S3_ATTEMPTS: '3',
          ROOTCELLAR_SERVER_NAME: 'prod',
          AWS_ACCESS_KEY_ID: s3.accessKeyId,
          AWS_SECRET_ACCESS_KEY: s3.secretAccessKey,
          ...change,
        },
      },
    );
  const template = place('template');
  await template.succeeds('init');
  for (let made = 0; made < 2; made += 1) await template.succeeds('archive', folder);
  const [newer, older] = await template.list();
  assert.ok(newer && older);
  return {
    s3,
    secrets,
    folder,
    snapshots: [newer, older],
    home: home.path,
    place,
    archive: async (name, change) => {
      const copy = place(name, change);
      // With the attributes, in which this server keeps the checksums.
      await runProgram('cp', ['-a', template.objects, copy.objects]);
      return copy;
    },
    end: async () => {
      for (const proxy of proxies) await proxy[Symbol.asyncDispose]();
      for (const place of [s3.folder, home.path]) await secrets.lookInFolder(place);
      await s3[Symbol.asyncDispose]();
      assert.deepEqual(secrets.findings, []);
      assert.ok(secrets.looks.commandLines >= secrets.looks.runs && secrets.looks.files > 0, 'it was looked at something');
      await home.remove();
    },
  };
}

interface Ground {
  readonly location: string;
  readonly objects: string;
  readonly environment: Change;
}

interface Shared {
  readonly secrets: SecretWatch;
  /** They end with the scene, also where a test has failed. */
  readonly proxies: FaultyHttpProxy[];
}

function placeWith(shared: Shared, ground: Ground): Place {
  const { location, objects, environment } = ground;
  const spawn: Place['spawn'] = (...words) => shared.secrets.spawn(words, { env: withoutUndefined(environment) });
  const run: Place['run'] = (...words) => spawn(...words).ended;
  const succeeds: Place['succeeds'] = async (...words) => {
    const result = await run(...words);
    assert.equal(result.exitCode, 0, `rootcellar ${words.join(' ')}\n${result.stdout}\n${result.stderr}`);
    return result;
  };
  return {
    location,
    objects,
    run,
    spawn,
    succeeds,
    with: (change) => placeWith(shared, { ...ground, environment: { ...environment, ...change } }),
    behindProxy: async () => {
      const proxy = await startFaultyHttpProxy(environment['ROOTCELLAR_S3_ENDPOINT'] ?? '');
      shared.proxies.push(proxy);
      const behind = placeWith(shared, { ...ground, environment: { ...environment, ROOTCELLAR_S3_ENDPOINT: proxy.endpoint } });
      return { ...behind, proxy };
    },
    refused: async (words, refusal) => {
      const result = await run(...words);
      assertRefused(result, refusal);
      return result;
    },
    list: async () => JSON.parse((await succeeds('list', '--json')).stdout) as readonly ListedSnapshot[],
  };
}

/** The exit code, nothing on the standard output, and as the last thing said the sentence with its hint, to the letter. */
export function assertRefused({ exitCode, stdout, stderr }: RootcellarResult, { exitCode: expected, says, hint }: Refusal): void {
  const last = stderr.slice(stderr.lastIndexOf('rootcellar: '));
  assertText(last, `rootcellar: ${says}\n  → ${hint}\n`);
  assert.equal(stdout, '');
  assert.equal(exitCode, expected);
}

/** Compares texts to the letter, but for what `…` stands for in the second: anything within a line. */
export function assertText(actual: string, expected: string): void {
  const pattern = expected
    .split('…')
    .map((part) => RegExp.escape(part))
    .join('[^\\n]+?');
  if (!new RegExp(`^${pattern}$`).test(actual)) assert.equal(actual, expected);
}

/** Reads the archive as it lies there, without the program: each set has a manifest and just the files it names; no mark, no lease that lasts. */
export async function assertWhole({ objects }: Place, sets: number): Promise<void> {
  const files = await filesIn(objects);
  const manifests = files.filter((file) => file.endsWith('/manifest.json'));
  assert.equal(manifests.length, sets);
  const expected: string[] = [];
  for (const name of manifests) {
    const { files: named } = JSON.parse(await readFile(path.join(objects, name), 'utf8')) as Manifest;
    for (const file of named) {
      expected.push(path.join(path.dirname(name), file.path));
      const content = await readFile(path.join(objects, path.dirname(name), file.path));
      assert.equal(createHash('sha256').update(content).digest('hex'), file.sha256);
    }
  }
  const others = files.filter((file) => !manifests.includes(file) && file !== '.rootcellar/archive.json' && !file.includes('/leases/'));
  assert.deepEqual(others, expected.toSorted());
  for (const name of files.filter((file) => file.includes('/leases/'))) {
    const { endsAt } = JSON.parse(await readFile(path.join(objects, name), 'utf8')) as { readonly endsAt: string };
    assert.ok(Date.parse(endsAt) <= Date.now(), `the lease lasts until ${endsAt}`);
  }
}

/** Whatever lies below a folder, by its path in it, sorted; empty where there is none. */
export async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .toSorted();
}

function withoutUndefined(change: Change): Record<string, string> {
  return Object.fromEntries(Object.entries(change).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}
