import { hostname } from 'node:os';
import type { Archive } from './archive/archive.ts';
import type { Leases } from './archive/lease.ts';
import type { Config } from './config/schema.ts';
import type { DirectoryServer } from './directory-servers/directory-server.ts';
import type { Clock } from './foundation/clock.ts';
import { formatDuration } from './foundation/durations.ts';
import { messageOf, wrongUsage, type Failure } from './foundation/failure.ts';
import type { ReportProgress } from './foundation/progress.ts';
import type { RetryRule } from './foundation/retry.ts';
import type { ObjectStore } from './object-stores/object-store.ts';
import type { Staging } from './staging/staging.ts';
import { createLogger, type Logger, type LoggerOptions } from './telemetry/logger.ts';
import type { Scrubber } from './telemetry/scrubber.ts';

/** What the configuration comes to: the implementations behind the ports. Each is made when it is first asked for, and only once. */
export interface Parts {
  readonly log: Logger;
  /** The name of this machine. */
  readonly hostName: string;
  readonly store: () => Promise<ObjectStore>;
  readonly archive: () => Promise<Archive>;
  readonly leases: () => Promise<Leases>;
  readonly server: () => Promise<DirectoryServer>;
  /** @throws Failure E_USAGE when no staging folder is configured */
  readonly staging: () => Staging;
  /** Closes what was made. */
  readonly close: () => Promise<void>;
}

export interface Surroundings {
  /** The command, as a lease names it to others. */
  readonly work: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly scrubber: Scrubber;
  readonly report: ReportProgress;
  readonly log: Pick<LoggerOptions, 'level' | 'format' | 'write'>;
}

/**
 * Picks the implementations; the only place that names them. They are loaded when they are first asked for, as the clients of S3 and LDAP
 * take longer to load than a short command takes in all.
 */
export function compose(config: Config, around: Surroundings): Parts {
  const log = createLogger({ ...around.log, clock: around.clock, scrubber: around.scrubber });
  const store = once(() => openStore(config, around, log));
  const archive = once(async () => openArchive(config, await store.get(), around));
  const leases = once(async () => openLeases(config, await store.get(), around));
  const server = once(() => openServer(config, around));
  return {
    log,
    hostName: hostname(),
    store: store.get,
    archive: archive.get,
    leases: leases.get,
    server: server.get,
    staging: () => stagingOf(config),
    close: async () => {
      await server.ifMade((made) => made.close());
      await store.ifMade((made) => made.close());
    },
  };
}

async function openStore(config: Config, around: Surroundings, log: Logger): Promise<ObjectStore> {
  const { parseStoreLocation } = await import('./object-stores/open-store.ts');
  const location = parseStoreLocation(required(config.archive, 'archive'), process.cwd());
  const rule: RetryRule = { attempts: config.s3.attempts, firstPauseMilliseconds: 250, longestPauseMilliseconds: 20_000 };
  const { clock, random } = around;
  if (location.kind === 'folder') {
    const { LocalFolderStore } = await import('./object-stores/local-folder-store.ts');
    return new LocalFolderStore({ folder: location.folder, clock });
  }
  const [{ openS3Store }, { RetryingStore }] = await Promise.all([
    import('./object-stores/s3-store.ts'),
    import('./object-stores/retrying-store.ts'),
  ]);
  const s3 = await openS3Store({
    ...s3Options(config.s3, around),
    bucket: location.bucket,
    prefix: location.prefix,
    partRetry: { rule, clock, random },
  });
  return new RetryingStore(await throttled(s3, config, clock), rule, {
    clock,
    random,
    onRetry: (...retry) => tellRetry(retry, around.report, log),
  });
}

async function throttled(store: ObjectStore, { s3 }: Config, clock: Clock): Promise<ObjectStore> {
  const rate = s3.maxBytesPerSecond;
  if (rate === undefined) return store;
  const { ThrottledStore } = await import('./object-stores/throttled-store.ts');
  return new ThrottledStore(store, { uploadBytesPerSecond: rate, downloadBytesPerSecond: rate, clock });
}

function s3Options(s3: Config['s3'], { environment }: Surroundings) {
  const proxy = (name: string): string | undefined => environment[name] ?? environment[name.toLowerCase()];
  return {
    endpoint: s3.endpoint,
    region: s3.region,
    forcePathStyle: s3.pathStyle === 'auto' ? s3.pathStyle : s3.pathStyle === 'true',
    caFile: s3.caFile,
    proxy: { httpProxy: proxy('HTTP_PROXY'), httpsProxy: proxy('HTTPS_PROXY'), noProxy: proxy('NO_PROXY') },
    storageClass: s3.storageClass,
    encryption: s3.encryption === 'none' ? undefined : { mode: s3.encryption, kmsKeyId: s3.kmsKeyId },
    checksums: s3.checksums,
    requestTimeoutMilliseconds: s3.requestTimeout,
    partBytes: s3.partSize,
    partsAtOnce: s3.concurrency,
  } as const;
}

function tellRetry([error, attempt, pause]: readonly [unknown, number, number], report: ReportProgress, log: Logger): void {
  log.info({ err: error, attempt, pauseMilliseconds: pause }, 'request will be tried again');
  // A first hiccup is daily life of a store and no news.
  if (attempt > 1) report({ kind: 'note', level: 'warning', text: `${messageOf(error)}; trying again in ${formatDuration(pause)}` });
}

async function openArchive(config: Config, store: ObjectStore, { clock }: Surroundings): Promise<Archive> {
  if (config.layout === 'repository') {
    throw wrongUsage(
      'Cannot open the archive in the layout repository: this version has only the layout plain',
      'set layout to plain, or leave it out',
    );
  }
  const { PlainArchive } = await import('./archive/plain/plain-archive.ts');
  return new PlainArchive(store, { clock, graceMilliseconds: config.prune.grace });
}

async function openLeases(config: Config, store: ObjectStore, { clock, work }: Surroundings): Promise<Leases> {
  const [{ StoredLeases }, { isAlive, thisProcess }] = await Promise.all([
    import('./archive/lease.ts'),
    import('./archive/lease-holder.ts'),
  ]);
  return new StoredLeases(store, { clock, seconds: config.lease.duration / 1000, holder: thisProcess(work), isAlive });
}

async function openServer(config: Config, around: Surroundings): Promise<DirectoryServer> {
  throw new Error(`to be wired ${config.server.via} ${around.work}`);
}

function stagingOf({ staging }: Config): Staging {
  const folder = required(staging.folder, 'staging.folder');
  return { folder, serverFolder: staging.serverFolder ?? folder };
}

function required(value: string | undefined, name: string): string {
  if (value !== undefined) return value;
  throw notSet(name);
}

function notSet(name: string): Failure {
  const words = name
    .split('.')
    .flatMap((key) => key.split(/(?=[A-Z])/))
    .map((word) => word.toLowerCase());
  return wrongUsage(
    `Cannot begin: the setting ${name} is not set`,
    `give --${words.join('-')}, set ROOTCELLAR_${words.join('_').toUpperCase()}, or write it into the configuration file`,
  );
}

interface Once<Made> {
  readonly get: () => Promise<Made>;
  readonly ifMade: (use: (made: Made) => Promise<void>) => Promise<void>;
}

function once<Made>(make: () => Promise<Made>): Once<Made> {
  let made: Promise<Made> | undefined;
  return {
    get: () => (made ??= make()),
    ifMade: async (use) => {
      // What could not be made was reported to who asked for it, and holds nothing open.
      const value = await made?.catch(() => undefined);
      if (value !== undefined) await use(value);
    },
  };
}
