// node bench/entries/in-process.ts OPTIONS: what the entry commands do, without the start of a process; prints the seconds of each as JSON.
import { RepositoryArchive } from '../../src/archive/repository/repository-archive.ts';
import { standardSchema } from '../../src/domain/schema/standard-schema.ts';
import { BlockCache } from '../../src/entries/exports/block-cache.ts';
import { historyOf } from '../../src/entries/look/entry-history.ts';
import { openExports, openThoseWithExports } from '../../src/entries/exports/snapshot-exports.ts';
import { writeDiff } from '../../src/entries/compare/write-diff.ts';
import { Secret } from '../../src/foundation/secret.ts';
import { readLdif } from '../../src/domain/read-ldif.ts';
import { openS3Store } from '../../src/object-stores/s3-store.ts';

/** The argument, as JSON. */
export interface InProcessOptions {
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  readonly prefix: string;
  readonly password: string;
  readonly cacheFolder: string;
  readonly historyOf: string;
  readonly rounds: number;
}

/** Seconds, the median of the rounds; each round begins without anything kept but what lies on disk. */
export interface InProcessFigures {
  readonly open: number;
  readonly diffSummary: number;
  readonly diffLdif: number;
  readonly history: number;
  /** Every entry of one export read out of the archive. */
  readonly fullRead: number;
  readonly differing: number;
  readonly moments: number;
}

const wholeDirectory = { baseDn: undefined, matches: () => true };

if (import.meta.main) console.log(JSON.stringify(await figures(JSON.parse(process.argv[2] ?? '') as InProcessOptions)));

async function figures(options: InProcessOptions): Promise<InProcessFigures> {
  const rounds: InProcessFigures[] = [];
  for (let round = 0; round < options.rounds; round += 1) rounds.push(await oneRound(options));
  const median = (key: keyof InProcessFigures): number =>
    rounds.map((round) => round[key]).toSorted((a, b) => a - b)[rounds.length >> 1] ?? 0;
  return {
    open: median('open'),
    diffSummary: median('diffSummary'),
    diffLdif: median('diffLdif'),
    history: median('history'),
    fullRead: median('fullRead'),
    differing: median('differing'),
    moments: median('moments'),
  };
}

async function oneRound(options: InProcessOptions): Promise<InProcessFigures> {
  const { endpoint, region, bucket, prefix, password, cacheFolder } = options;
  const store = await openS3Store({ endpoint, region, bucket, prefix });
  const clock = { now: () => new Date(), sleep: () => Promise.resolve() };
  const owner = { hostname: 'bench', username: 'bench', pid: process.pid };
  const archive = new RepositoryArchive(store, { clock, owner, password: new Secret(password), cacheFolder, graceMilliseconds: 0 });
  const began = performance.now();
  await archive.open();
  const snapshots = await archive.list();
  const open = since(began);
  const [newest, before] = snapshots;
  if (newest === undefined || before === undefined) throw new Error('two snapshots are needed');
  let differing = 0;
  const diff = async (format: 'summary' | 'ldif'): Promise<number> => {
    const start = performance.now();
    const cache = new BlockCache();
    const sides = [await openExports(archive, before, cache, {}), await openExports(archive, newest, cache, {})] as const;
    const request = { before: sides[0].exports, after: sides[1].exports, selection: wholeDirectory, schema: standardSchema };
    const sink = async (): Promise<boolean> => true;
    const { counts } = await writeDiff(request, { format, sink, areSecretsShown: false, examples: 20 }, {});
    differing = Object.values(counts).reduce((sum, count) => sum + count, 0);
    return since(start);
  };
  const diffSummary = await diff('summary');
  const diffLdif = await diff('ldif');
  const historyBegan = performance.now();
  const { opened } = await openThoseWithExports(archive, snapshots, new BlockCache(), {});
  const moments = (await historyOf(opened.toReversed(), options.historyOf, standardSchema, {}))?.length ?? 0;
  const history = since(historyBegan);
  const readBegan = performance.now();
  const manifest = await archive.manifest(newest);
  const file = manifest.files.find(({ path }) => path === 'export/userRoot.ldif');
  if (file === undefined) throw new Error('the set has no export');
  let entries = 0;
  for await (const batch of readLdif(archive.read(newest, file), { name: file.path })) entries += batch.length;
  if (entries === 0) throw new Error('nothing was read');
  const fullRead = since(readBegan);
  await archive.close();
  await store.close();
  return { open, diffSummary, diffLdif, history, fullRead, differing, moments };
}

function since(began: number): number {
  return (performance.now() - began) / 1000;
}
