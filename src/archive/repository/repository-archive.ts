import path from 'node:path';
import type { Manifest, ManifestFile } from '../../domain/manifest.ts';
import type { RecoveryReport } from '../../domain/recovery-report.ts';
import { newestFirst, type Snapshot } from '../../domain/snapshot.ts';
import type { RangeContent } from '../../foundation/byte-ranges.ts';
import type { Clock } from '../../foundation/clock.ts';
import { mapConcurrently } from '../../foundation/concurrency.ts';
import { exitCodes, Failure, isFailure } from '../../foundation/failure.ts';
import type { OperationContext } from '../../foundation/progress.ts';
import type { Secret } from '../../foundation/secret.ts';
import type { ObjectStore } from '../../object-stores/object-store.ts';
import {
  makeRepository,
  Repository,
  type ListedSnapshot,
  type LockOwner,
  type NearFile,
  type ScryptCost,
  type SnapshotFile,
  type TreeEntry,
  type WriterSettings,
} from '../../repository/repository.ts';
import type { ArchiveKeys } from '../archive-keys.ts';
import type { ArchiveRepairs } from '../archive-repairs.ts';
import type { ArchiveLocks } from '../archive-locks.ts';
import type { ArchivePins } from '../archive-pins.ts';
import type { Notes } from '../notes.ts';
import type {
  Archive,
  ArchiveMeasure,
  ContentObject,
  DataToRead,
  Damage,
  FileTarget,
  NearSet,
  ObjectFinding,
  PruneOptions,
  PrunePlan,
  SavedSnapshot,
  SaveOptions,
  SnapshotDifference,
  SnapshotEntry,
  StoredReport,
} from '../archive.ts';
import type { ObjectLockSettings } from '../object-lock/extend-locks.ts';
import { StoredLocks } from '../object-lock/stored-locks.ts';
import { layoutAt } from '../layout-at.ts';
import { leaseFindings } from '../lease-findings.ts';
import { checkedContent } from '../plain/checked-content.ts';
import type { SnapshotCopier } from '../snapshot-copier.ts';
import { listBeside, withBeside } from '../beside-snapshots.ts';
import { pinFindings } from '../pin-findings.ts';
import { StoredPins } from '../stored-pins.ts';
import { readReports, removeReports, saveReport } from '../stored-reports.ts';
import { compareSnapshots } from './compare-snapshots.ts';
import { asDamagedByOthers, damagedSnapshot, missingFiles, withRests } from './damaged-snapshots.ts';
import { readContents, type SnapshotContents } from './foreign-snapshot.ts';
import { KeptContents } from './kept-contents.ts';
import { KnownMembers } from './known-members.ts';
import { listEntries } from './list-entries.ts';
import { RepositoryCopier } from './repository-copier.ts';
import { repositoryLockedContents } from './repository-locked-contents.ts';
import { measureArchive } from './measure-archive.ts';
import { executePrune, planPrune } from './repository-prune.ts';
import { fileDamaged, snapshotDamaged } from './repository-failures.ts';
import { repositoryPins } from './repository-pins.ts';
import { repositoryNotes } from './repository-notes.ts';
import { StoredRepairs } from './repository-repairs.ts';
import { saveSnapshot } from './repository-save.ts';
import { verifyObjects, verifySnapshot } from './verify-archive.ts';
import { factsOf, nameOf, readFacts, snapshotFrom } from './snapshot-facts.ts';

export interface RepositoryArchiveOptions {
  readonly clock: Clock;
  readonly password: Secret;
  readonly owner: LockOwner;
  readonly graceMilliseconds: number;
  readonly writer?: WriterSettings | undefined;
  /** Of keys that are made; for tests, which make many. */
  readonly scrypt?: ScryptCost | undefined;
  /** A folder of this machine for copies of small sealed objects, which spare requests; none unless told. */
  readonly cacheFolder?: string | undefined;
  /** The store given must lock what it writes by the same rule. */
  readonly objectLock?: ObjectLockSettings | undefined;
}

const snapshotsAtOnce = 8;

/**
 * The layout `repository` (design §4): restic's format, deduplicated, compressed, encrypted. A set is a snapshot whose tree holds its files and its
 * `manifest.json`; snapshots that restic made are listed and read as well.
 */
export class RepositoryArchive implements Archive {
  readonly layout = 'repository';
  readonly needsHashes = false;
  readonly location: string;
  readonly #store: ObjectStore;
  readonly #options: RepositoryArchiveOptions;
  #repository: Promise<Repository> | undefined;
  /** What was listed last, so that a snapshot that a caller got from `list` is read without listing again. */
  readonly #known = new Map<string, ListedSnapshot>();
  readonly #contents = new KeptContents();

  constructor(store: ObjectStore, options: RepositoryArchiveOptions) {
    this.#store = store;
    this.#options = options;
    this.location = store.location;
  }

  /** @throws Failure E_ARCHIVE_FOREIGN where something of another layout is, E_WRONG_KEY (12) where there is a repository of another password */
  async create({ signal }: OperationContext = {}): Promise<boolean> {
    await this.#refuseForeign(signal);
    const { clock, owner, password, scrypt } = this.#options;
    if (await makeRepository(this.#store, password, { clock, owner, scrypt, signal })) return true;
    await this.open({ signal });
    return false;
  }

  /** @throws Failure E_ARCHIVE_MISSING (exit code 10), E_ARCHIVE_FOREIGN where something of another layout is, E_WRONG_KEY (12) */
  async open({ signal }: OperationContext = {}): Promise<void> {
    await this.#opened(signal);
  }

  async save(folder: string, manifest: Manifest, options: SaveOptions = {}): Promise<SavedSnapshot> {
    const repository = await this.#opened(options.signal);
    const { server, backupId } = manifest;
    const earlier = await this.list({ server }, options);
    if (earlier.some((one) => one.backupId === backupId)) {
      throw new Failure('E_SNAPSHOT_EXISTS', `Cannot archive ${server}/${backupId}: ${this.location} has a snapshot of this name already`, {
        hint: 'nothing archived is ever overwritten; run the backup again for a new ID',
      });
    }
    const { id, file, saved } = await saveSnapshot(repository, folder, manifest, {
      ...options,
      now: () => this.#options.clock.now(),
      known: await this.#knownMembers(manifest, earlier, options.signal),
    });
    this.#known.set(id, { id, file, failure: undefined });
    return { ...snapshotFrom(id, factsOf(manifest)), newBytes: saved.newBytes, storedBytes: saved.packedBytes };
  }

  async list(filter: { readonly server?: string | undefined } = {}, { signal }: OperationContext = {}): Promise<readonly Snapshot[]> {
    const repository = await this.#opened(signal);
    const places = { store: this.#store, pins: this.#pins(repository) };
    const [listed, beside] = await listBeside(repository.listSnapshots(signal), places, signal);
    for (const one of listed) this.#known.set(one.id, one);
    const snapshots = withRests(await mapConcurrently(listed, snapshotsAtOnce, (one) => this.#snapshotOf(one, signal)), listed);
    const ofServer = snapshots.filter(({ server }) => filter.server === undefined || server === filter.server);
    return ofServer.map((snapshot) => withBeside(snapshot, beside, ({ id }) => id)).toSorted(newestFirst);
  }

  async pins({ signal }: OperationContext = {}): Promise<ArchivePins> {
    return this.#pins(await this.#opened(signal));
  }

  async notes({ signal }: OperationContext = {}): Promise<Notes> {
    return repositoryNotes(await this.#opened(signal));
  }

  async manifest(snapshot: Snapshot, { signal }: OperationContext = {}): Promise<Manifest> {
    return (await this.#contentsOf(snapshot, signal)).manifest;
  }

  async entries(snapshot: Snapshot, { signal }: OperationContext = {}): Promise<readonly SnapshotEntry[]> {
    const file = await this.#fileOf(snapshot, signal);
    return listEntries(await this.#opened(signal), file, signal);
  }

  async compare(before: Snapshot, after: Snapshot, { signal }: OperationContext = {}): Promise<SnapshotDifference> {
    const sides = {
      before: { id: before.id, file: await this.#fileOf(before, signal) },
      after: { id: after.id, file: await this.#fileOf(after, signal) },
    };
    return compareSnapshots(await this.#opened(signal), sides, signal);
  }

  async measure(chosen: readonly Snapshot[], options: OperationContext = {}): Promise<ArchiveMeasure> {
    for (const snapshot of chosen) await this.#listed(snapshot, options.signal);
    return measureArchive(await this.#opened(options.signal), chosen, this.#known, options);
  }

  async *read(snapshot: Snapshot, file: ManifestFile, { signal }: OperationContext = {}): AsyncIterable<Uint8Array> {
    const repository = await this.#opened(signal);
    const { node } = await this.#entry(snapshot, file, signal);
    yield* checkedContent(() => repository.read(node, signal), file, nameOf(snapshot, file));
  }

  async *readRanges(...[snapshot, file, ranges, { signal } = {}]: Parameters<Archive['readRanges']>): AsyncIterable<RangeContent> {
    const { node } = await this.#entry(snapshot, file, signal);
    yield* (await this.#opened(signal)).readRanges({ node, path: nameOf(snapshot, file) }, ranges, signal);
  }

  async fetch(
    snapshot: Snapshot,
    files: readonly FileTarget[],
    { signal, report, near = [] }: OperationContext & { readonly near?: readonly NearSet[] } = {},
  ): Promise<void> {
    const repository = await this.#opened(signal);
    const wanted = await Promise.all(files.map(async ({ file, target }) => ({ entry: await this.#entry(snapshot, file, signal), target })));
    let done = 0;
    await repository.fetch(
      wanted,
      await this.#nearFiles(near, signal),
      (bytes) => {
        done += bytes;
        report?.({ kind: 'advance', step: 'fetch', done });
      },
      signal,
    );
  }

  async verify(snapshot: Snapshot, read: DataToRead, options: OperationContext = {}): Promise<readonly Damage[]> {
    const repository = await this.#opened(options.signal);
    const listed = await this.#listed(snapshot, options.signal);
    return verifySnapshot(repository, listed, read, { ...options, readContents: () => this.#contentsOf(snapshot, options.signal) });
  }

  async verifyObjects(read: DataToRead, options: OperationContext = {}): Promise<readonly ObjectFinding[]> {
    const repository = await this.#opened(options.signal);
    const findings = await verifyObjects(repository, read, options);
    const ofPins = await pinFindings(this.#pins(repository), options.signal);
    return [...findings, ...ofPins, ...(await leaseFindings(this.#store, options.signal))];
  }

  async contentObjects(snapshots: readonly Snapshot[] | undefined, { signal }: OperationContext = {}): Promise<readonly ContentObject[]> {
    const wanted = snapshots && new Set(snapshots.map(({ id }) => id));
    const packs = await (await this.#opened(signal)).packsOf(wanted, signal);
    return packs.map(({ id, key, bytes }) => ({ key, bytes, digits: id }));
  }

  get repairs(): ArchiveRepairs {
    const { password, ...options } = this.#options;
    return new StoredRepairs({ store: this.#store, password, options, open: (signal) => this.#opened(signal) });
  }

  async forget(snapshots: readonly Snapshot[], { signal }: OperationContext = {}): Promise<void> {
    const repository = await this.#opened(signal);
    const ids = snapshots.map(({ id }) => id);
    const rests = await this.#pins(repository).whileGoing(snapshots, () => repository.forget(ids, signal), signal);
    for (const id of ids) this.#known.delete(id);
    await removeReports(this.#store, ids, rests, signal);
  }

  async saveReport(snapshot: Snapshot, report: RecoveryReport, { signal }: OperationContext = {}): Promise<void> {
    await saveReport(await this.notes({ signal }), snapshot, report, signal);
  }

  async reports(snapshot: Snapshot, { signal }: OperationContext = {}): Promise<readonly StoredReport[]> {
    return readReports(this.#store, await this.notes({ signal }), snapshot, signal);
  }

  async planPrune({ signal }: OperationContext = {}): Promise<PrunePlan> {
    const repository = await this.#opened(signal);
    return planPrune({ repository, store: this.#store, pins: this.#pins(repository), ...this.#options }, signal);
  }

  async prune(plan: PrunePlan, options: PruneOptions = {}): Promise<number> {
    const repository = await this.#opened(options.signal);
    return executePrune({ repository, store: this.#store, pins: this.#pins(repository) }, plan, options);
  }

  async objectLocks({ signal }: OperationContext = {}): Promise<ArchiveLocks> {
    const { objectLock: rule, clock, graceMilliseconds } = this.#options;
    const contents = repositoryLockedContents(await this.#opened(signal));
    return new StoredLocks({ store: this.#store, contents, rule, clock, graceMilliseconds });
  }

  async keys({ signal }: OperationContext = {}): Promise<ArchiveKeys> {
    return (await this.#opened(signal)).keys(this.#options.password);
  }

  copierFrom(source: Archive): SnapshotCopier | undefined {
    if (!(source instanceof RepositoryArchive)) return undefined;
    return new RepositoryCopier({
      source: (signal) => source.#opened(signal),
      target: (signal) => this.#opened(signal),
      listTarget: (options) => this.list({}, options),
      createTarget: async (repository, areKeysNew, { signal }) => {
        await this.#refuseForeign(signal);
        return repository.makeAlike(this.#store, this.#options.password, { ...this.#options, areKeysNew, signal });
      },
    });
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  #pins(repository: Repository): StoredPins {
    return new StoredPins({ store: this.#store, contents: repositoryPins(this.#store, repository), ...this.#options });
  }

  async #refuseForeign(signal: AbortSignal | undefined): Promise<void> {
    const found = await layoutAt(this.#store, signal);
    if (found === 'plain' || found === 'synced') throw this.#foreign('make a repository in', found);
  }

  #opened(signal: AbortSignal | undefined): Promise<Repository> {
    if (this.#repository === undefined) {
      const { password, ...options } = this.#options;
      const opening = Repository.open(this.#store, password, options, signal).catch((error: unknown) => this.#explain(error, signal));
      opening.catch(() => {
        this.#repository = undefined;
      });
      this.#repository = opening;
    }
    return this.#repository;
  }

  /** Where there is no repository there may be something else. */
  async #explain(error: unknown, signal: AbortSignal | undefined): Promise<never> {
    if (!isFailure(error, 'E_ARCHIVE_MISSING')) throw error;
    const found = await layoutAt(this.#store, signal);
    throw found === 'plain' || found === 'synced' ? this.#foreign('open', found) : error;
  }

  #foreign(attempt: string, found: 'plain' | 'synced'): Failure {
    const state =
      found === 'plain' ? 'it holds an archive of layout "plain"' : 'it holds what "aws s3 sync" left, which only the layout plain reads';
    return new Failure('E_ARCHIVE_FOREIGN', `Cannot ${attempt} ${this.location}: ${state}`, {
      hint: 'set ROOTCELLAR_LAYOUT (--layout) to plain, or name another place',
    });
  }

  async #snapshotOf({ id, file, failure }: ListedSnapshot, signal: AbortSignal | undefined): Promise<Snapshot> {
    if (file === undefined) return damagedSnapshot(id, failure?.message ?? 'it cannot be read');
    const facts = readFacts(file.rootcellar);
    if (facts !== undefined) return snapshotFrom(id, facts);
    try {
      const { manifest, files, prefix, unreadable } = await this.#contentsOfFile(id, file, signal);
      if (unreadable[0] !== undefined) throw unreadable[0];
      return asDamagedByOthers(snapshotFrom(id, factsOf(manifest)), missingFiles(manifest, files, prefix), file);
    } catch (error) {
      if (!(error instanceof Failure) || error.exitCode !== exitCodes.verificationFailed) throw error;
      const time = new Date(file.time.milliseconds).toISOString();
      return { ...damagedSnapshot(id, error.message), server: file.hostname, time };
    }
  }

  /** From the newest set of the server that is whole; where it cannot be read, everything is taken for new. */
  async #knownMembers({ files }: Manifest, earlier: readonly Snapshot[], signal: AbortSignal | undefined): Promise<KnownMembers> {
    const last = earlier.find(({ state }) => state !== 'damaged');
    if (last === undefined || files.every(({ members }) => members === undefined)) return new KnownMembers(undefined);
    try {
      return new KnownMembers(await this.#contentsOf(last, signal));
    } catch (error) {
      if (!isFailure(error, 'E_REPOSITORY_DAMAGED')) throw error;
      return new KnownMembers(undefined);
    }
  }

  async #entry(snapshot: Snapshot, file: ManifestFile, signal: AbortSignal | undefined): Promise<TreeEntry> {
    const { files, prefix, unreadable } = await this.#contentsOf(snapshot, signal);
    const entry = files.get(`${prefix}${file.path}`);
    if (entry !== undefined) return entry;
    throw fileDamaged(snapshot, file, unreadable[0]);
  }

  /** What sets on this machine may have; one that the archive has no more is of no use. */
  async #nearFiles(near: readonly NearSet[], signal: AbortSignal | undefined): Promise<readonly NearFile[]> {
    if (near.length === 0) return [];
    const listed = await this.list({}, { signal });
    const found = await mapConcurrently(near, 2, async ({ snapshotId, folder }) => {
      const snapshot = listed.find(({ id, state }) => id === snapshotId && state !== 'damaged');
      if (snapshot === undefined) return [];
      const { files, prefix } = await this.#contentsOf(snapshot, signal);
      return [...files].map(([name, entry]) => ({ entry, file: path.join(folder, name.slice(prefix.length)) }));
    });
    return found.flat();
  }

  async #contentsOf(snapshot: Snapshot, signal: AbortSignal | undefined): Promise<SnapshotContents> {
    return this.#contentsOfFile(snapshot.id, await this.#fileOf(snapshot, signal), signal);
  }

  /** @throws Failure E_SNAPSHOT_DAMAGED (exit code 20) */
  async #fileOf(snapshot: Snapshot, signal: AbortSignal | undefined): Promise<SnapshotFile> {
    const { file, failure } = await this.#listed(snapshot, signal);
    if (file !== undefined) return file;
    throw snapshotDamaged(snapshot, failure);
  }

  #contentsOfFile(id: string, file: SnapshotFile, signal: AbortSignal | undefined): Promise<SnapshotContents> {
    return this.#contents.get(id, async () => readContents(await this.#opened(signal), id, file, signal));
  }

  async #listed(snapshot: Snapshot, signal: AbortSignal | undefined): Promise<ListedSnapshot> {
    if (!this.#known.has(snapshot.id)) await this.list({}, { signal });
    const listed = this.#known.get(snapshot.id);
    if (listed !== undefined) return listed;
    throw new Failure('E_SNAPSHOT_UNKNOWN', `Cannot read snapshot ${nameOf(snapshot)}: it is no longer in ${this.location}`, {
      hint: 'run "rootcellar list" to see what is there',
    });
  }
}
