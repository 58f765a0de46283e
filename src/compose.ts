import { homedir, hostname, userInfo } from 'node:os';
import path from 'node:path';
import type { AccessPolicy, Role } from './archive/access-policy.ts';
import type { Archive } from './archive/archive.ts';
import type { Leases } from './archive/lease.ts';
import type { AuditTrail } from './archive/stored-audit.ts';
import type { RunHistory } from './archive/stored-runs.ts';
import type { Slots } from './archive/stored-slots.ts';
import type { ObjectLockSettings } from './archive/object-lock/extend-locks.ts';
import { drillFolderOf, openScratch, openServer, openTopology, podFolder } from './compose-servers.ts';
import { readSecret } from './compose-settings.ts';
import { required } from './config/required-setting.ts';
import type { Config } from './config/schema.ts';
import type { DirectoryServer } from './directory-servers/directory-server.ts';
import type { ScratchServers } from './directory-servers/scratch-server.ts';
import type { Topology } from './directory-servers/topology.ts';
import type { Clock } from './foundation/clock.ts';
import { type Failure, wrongUsage } from './foundation/failure.ts';
import { guarded } from './foundation/guarded.ts';
import type { ReportProgress } from './foundation/progress.ts';
import type { RetryRule, RetryTools } from './foundation/retry.ts';
import type { Secret } from './foundation/secret.ts';
import type { PodProbe } from './kubernetes/pod-probe.ts';
import type { ObjectStore } from './object-stores/object-store.ts';
import type { LockOwner } from './repository/repository.ts';
import type { Staging } from './staging/staging.ts';
import { createLogger, type Logger, type LoggerOptions } from './telemetry/logger.ts';
import { retryNotes } from './telemetry/retry-notes.ts';
import type { Scrubber } from './telemetry/scrubber.ts';

/** What the configuration comes to: the implementations behind the ports. Each is made when it is first asked for, and only once. */
export interface Parts {
  readonly log: Logger;
  /** The name of this machine. */
  readonly hostName: string;
  /** The user that this runs as. */
  readonly userName: string;
  /** Reads a secret from its file, and keeps it out of all output. `namedBy`: the setting or the option that names the file. */
  readonly secret: (file: string, namedBy: string) => Promise<Secret>;
  /** Keeps a secret that was read elsewhere out of all output. */
  readonly keepSecret: (secret: Secret) => void;
  readonly store: () => Promise<ObjectStore>;
  readonly archive: () => Promise<Archive>;
  readonly leases: () => Promise<Leases>;
  /** What the agents of the configured group agree on, and what they did. */
  readonly agentRecords: () => Promise<AgentRecords>;
  /** What `copy` copies to: as the settings `copy` say, with what the command line says instead. */
  readonly secondArchive: (given: SecondPlace) => Promise<SecondArchive>;
  readonly server: () => Promise<DirectoryServer>;
  /** The pod of the server, where its files are brought through the Kubernetes API; undefined where a folder is shared. */
  readonly pod: (() => Promise<PodProbe>) | undefined;
  /** The replicas of the directory that `server` is one of. */
  readonly topology: () => Promise<Topology>;
  /** New servers on this machine. */
  readonly scratch: () => Promise<ScratchServers>;
  /** Below which drills work. */
  readonly drillFolder: () => string;
  /** The least rights of a role in the archive. @throws Failure E_USAGE when that is not in S3 */
  readonly accessPolicy: (role: Role) => Promise<AccessPolicy>;
  /** @throws Failure E_USAGE when no staging folder is configured */
  readonly staging: () => Staging;
  /** Closes what was made. */
  readonly close: () => Promise<void>;
}

export interface AgentRecords {
  /** Of the agents' own, shorter time. */
  readonly leases: Leases;
  readonly history: RunHistory;
  readonly slots: Slots;
  /** Who did what by the agents' API. */
  readonly trail: AuditTrail;
}

export interface SecondPlace {
  readonly archive: string | undefined;
  readonly passwordFile: string | undefined;
}

export interface SecondArchive {
  readonly archive: Archive;
  readonly leases: Leases;
  /** Holds the password that it is opened with; undefined where the layout has none. */
  readonly passwordFile: string | undefined;
}

export interface Surroundings {
  /** The command, as a lease names it to others. */
  readonly work: string;
  /** Asked before each change of a store or of the directory server; throws where the run may not go on. */
  readonly mayGoOn?: (() => void) | undefined;
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
  const topology = once(() => openTopology(config, around));
  const others: ObjectStore[] = [];
  return {
    log,
    hostName: hostname(),
    userName: userName(),
    secret: (file, namedBy) => readSecret(file, namedBy, around),
    keepSecret: (secret) => around.scrubber.add(secret),
    store: store.get,
    archive: archive.get,
    leases: leases.get,
    agentRecords: async () => openAgentRecords(config, await store.get(), { ...around, archive: archive.get }),
    secondArchive: async (given) => {
      const second = secondConfig(config, given);
      const opened = await openStore(second, around, log);
      others.push(opened);
      const { passwordFile } = second;
      const archiveThere = await openArchive(second, opened, around, secondPasswordSetting(config, given));
      return { archive: archiveThere, leases: await openLeases(second, opened, around), passwordFile };
    },
    server: server.get,
    pod:
      config.kubernetes.pod === undefined ? undefined : async () => (await import('./compose-kubernetes.ts')).openPodProbe(config, around),
    topology: topology.get,
    scratch: () => openScratch(around),
    drillFolder: () => drillFolderOf(config),
    accessPolicy: (role) => accessPolicyOf(config, role),
    staging: () => stagingOf(config),
    close: async () => {
      await topology.ifMade((made) => made.close());
      await server.ifMade((made) => made.close());
      await store.ifMade((made) => made.close());
      for (const other of others) await other.close();
    },
  };
}

/** What names the file with the password of the second archive, for sentences. */
function secondPasswordSetting({ copy }: Config, given: SecondPlace): string {
  if (given.passwordFile !== undefined) return '--to-password-file';
  return copy.passwordFile === undefined ? 'passwordFile' : 'copy.passwordFile';
}

/** The configuration as it were if the second archive were the only one. */
function secondConfig(config: Config, given: SecondPlace): Config {
  const { copy } = config;
  const passwordFile = given.passwordFile ?? copy.passwordFile ?? config.passwordFile;
  return {
    ...config,
    archive: given.archive ?? required(copy.archive, 'copy.archive'),
    layout: copy.layout,
    passwordFile: copy.layout === 'plain' ? undefined : required(passwordFile, 'copy.passwordFile'),
    s3: { ...config.s3, ...copy.s3 },
    objectLock: copy.objectLock,
  };
}

async function openStore(config: Config, around: Surroundings, log: Logger): Promise<ObjectStore> {
  return guarded(await openUnguardedStore(config, around, log), ['put', 'putStream', 'delete', 'discardUnfinished'], around.mayGoOn);
}

async function openUnguardedStore(config: Config, around: Surroundings, log: Logger): Promise<ObjectStore> {
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
  const onRetry = tellRetries(around.report, log, clock);
  const s3 = await openS3Store({
    ...s3Options(config.s3, around),
    bucket: location.bucket,
    prefix: location.prefix,
    partRetry: { rule, clock, random, onRetry },
  });
  return new RetryingStore(await throttled(s3, config, clock), rule, {
    clock,
    random,
    onRetry,
  });
}

async function throttled(store: ObjectStore, { s3 }: Config, clock: Clock): Promise<ObjectStore> {
  const rate = await transferRate(s3);
  if (rate === undefined) return store;
  const { ThrottledStore } = await import('./object-stores/throttled-store.ts');
  return new ThrottledStore(store, { uploadBytesPerSecond: rate, downloadBytesPerSecond: rate, clock });
}

/** The limit of the transfer: the same always, or by the time of the day; undefined where there is none. */
async function transferRate({ maxBytesPerSecond, rateWindows, rateTimeZone }: Config['s3']) {
  if (rateWindows === undefined) return maxBytesPerSecond;
  const { parseRateWindow, rateOverTime } = await import('./schedule/rate-windows.ts');
  const windows = rateWindows.map((text) => parseRateWindow(text)).filter((window) => window !== undefined);
  return rateOverTime(windows, rateTimeZone, maxBytesPerSecond);
}

function s3Options(s3: Config['s3'], { environment }: Surroundings) {
  const proxy = (name: string): string | undefined => environment[name] || environment[name.toLowerCase()] || undefined;
  return {
    endpoint: s3.endpoint,
    region: s3.region,
    profile: s3.profile,
    forcePathStyle: s3.pathStyle === 'auto' ? s3.pathStyle : s3.pathStyle === 'true',
    caFile: s3.caFile ?? (environment['AWS_CA_BUNDLE'] || undefined),
    proxy: { httpProxy: proxy('HTTP_PROXY'), httpsProxy: proxy('HTTPS_PROXY'), noProxy: proxy('NO_PROXY') },
    storageClass: s3.storageClass,
    encryption: s3.encryption === 'none' ? undefined : { mode: s3.encryption, kmsKeyId: s3.kmsKeyId },
    checksums: s3.checksums,
    requestTimeoutMilliseconds: s3.requestTimeout,
    partBytes: s3.partSize,
    partsAtOnce: s3.concurrency,
    environment,
  } as const;
}

function tellRetries(report: ReportProgress, log: Logger, clock: Clock): NonNullable<RetryTools['onRetry']> {
  const note = retryNotes(report, clock);
  return (error, attempt, pauseMilliseconds) => {
    log.info({ err: error, attempt, pauseMilliseconds }, 'request will be tried again');
    note(error, attempt, pauseMilliseconds);
  };
}

async function openArchive(config: Config, given: ObjectStore, around: Surroundings, passwordSetting = 'passwordFile'): Promise<Archive> {
  const { store, objectLock } = await lockingStore(config, given, around.clock);
  const common = { clock: around.clock, graceMilliseconds: config.prune.grace, objectLock };
  if (config.layout === 'plain') {
    const { PlainArchive } = await import('./archive/plain/plain-archive.ts');
    return new PlainArchive(store, common);
  }
  if (config.passwordFile === undefined) throw noPassword();
  const password = await readSecret(config.passwordFile, passwordSetting, around);
  const { RepositoryArchive } = await import('./archive/repository/repository-archive.ts');
  const cacheFolder = config.cacheFolder ?? defaultCacheFolder(around.environment);
  const { packSize: packBytes, rehashShare } = config.repository;
  const owner = await lockOwner(config, around);
  return new RepositoryArchive(store, { ...common, password, owner, cacheFolder, writer: { packBytes, rehashShare } });
}

/** By the XDG base directory specification. */
function defaultCacheFolder(environment: Surroundings['environment']): string {
  return path.join(environment['XDG_CACHE_HOME'] || path.join(homedir(), '.cache'), 'rootcellar', 'repositories');
}

async function lockOwner({ lock }: Config, { work }: Surroundings): Promise<LockOwner> {
  const { isAlive, thisProcess } = await import('./archive/lease-holder.ts');
  const { host, processId, ...identity } = thisProcess(work);
  return {
    hostname: host,
    username: userName(),
    pid: processId,
    work,
    identity,
    isAlive: ({ hostname: otherHost, pid, ...other }) => isAlive({ host: otherHost, processId: pid, work: '', ...other }),
    goodForMilliseconds: lock.duration,
    waitMilliseconds: lock.wait,
  };
}

async function accessPolicyOf({ archive, layout, objectLock: { mode, days }, s3 }: Config, role: Role): Promise<AccessPolicy> {
  const [{ parseStoreLocation }, { accessPolicy }] = await Promise.all([
    import('./object-stores/open-store.ts'),
    import('./archive/access-policy.ts'),
  ]);
  const location = parseStoreLocation(required(archive, 'archive'), process.cwd());
  if (location.kind === 'folder') {
    throw wrongUsage(
      `Cannot print a policy: the archive ${location.folder} is a folder`,
      'give the user who runs it the rights on the folder, or name an archive in S3',
    );
  }
  return accessPolicy({
    role,
    layout,
    bucket: location.bucket,
    prefix: location.prefix,
    partition: partitionOf(s3.region),
    objectLock: mode === 'none' || days === undefined ? undefined : { mode, days },
    kmsKeyId: s3.encryption === 'aws:kms' ? (s3.kmsKeyId ?? 'default') : undefined,
  });
}

function partitionOf(region = ''): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

/** Locks by the rule of the configuration what is written through it. */
async function lockingStore(
  { layout, objectLock: { mode, days } }: Config,
  store: ObjectStore,
  clock: Clock,
): Promise<{ readonly store: ObjectStore; readonly objectLock?: ObjectLockSettings }> {
  if (mode === 'none' || days === undefined) return { store };
  const [{ RetainingStore }, { isLockedInPlain, isLockedInRepository, lockMilliseconds }] = await Promise.all([
    import('./object-stores/retaining-store.ts'),
    import('./archive/object-lock/object-lock-rule.ts'),
  ]);
  const isLocked = layout === 'plain' ? isLockedInPlain : isLockedInRepository;
  const retaining = new RetainingStore(store, { mode, milliseconds: lockMilliseconds({ days }), clock, isLocked });
  return { store: retaining, objectLock: { mode, days, written: retaining.written } };
}

/** A container may run under a user ID that has no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `${process.getuid?.() ?? 'unknown'}`;
  }
}

function noPassword(): Failure {
  return wrongUsage(
    'Cannot begin: the setting passwordFile is not set, and the layout repository encrypts all it keeps with a password',
    'name a file that holds one with --password-file or ROOTCELLAR_PASSWORD_FILE ("openssl rand -base64 32" makes a good one), or set ROOTCELLAR_LAYOUT (--layout) to plain, which encrypts nothing',
  );
}

async function openAgentRecords(
  config: Config,
  store: ObjectStore,
  { archive, ...around }: Surroundings & { readonly archive: () => Promise<Archive> },
): Promise<AgentRecords> {
  const [{ StoredRuns }, { StoredSlots }, { StoredAudit }] = await Promise.all([
    import('./archive/stored-runs.ts'),
    import('./archive/stored-slots.ts'),
    import('./archive/stored-audit.ts'),
  ]);
  const { group, lease } = config.agent;
  return {
    leases: await openLeases({ lease: { duration: lease } }, store, around),
    history: new StoredRuns(store, group),
    slots: new StoredSlots(store, group),
    trail: new StoredAudit(store, async () => (await archive()).notes(), group),
  };
}

/** Without `lock` nobody is waited for. */
async function openLeases(
  { lease, lock }: Pick<Config, 'lease'> & Partial<Pick<Config, 'lock'>>,
  store: ObjectStore,
  { clock, work }: Surroundings,
): Promise<Leases> {
  const [{ StoredLeases }, { isAlive, thisProcess }] = await Promise.all([
    import('./archive/lease.ts'),
    import('./archive/lease-holder.ts'),
  ]);
  return new StoredLeases(store, {
    clock,
    seconds: lease.duration / 1000,
    holder: thisProcess(work),
    isAlive,
    waitMilliseconds: lock?.wait,
  });
}

function stagingOf(config: Config): Staging {
  const { staging, kubernetes } = config;
  const folder = required(staging.folder, 'staging.folder');
  return { folder, serverFolder: kubernetes.pod === undefined ? (staging.serverFolder ?? folder) : podFolder(config) };
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
