import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { manifestName, type Manifest, type ManifestFile } from '../../domain/manifest.ts';
import type { RecoveryReport } from '../../domain/recovery-report.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import type { ByteRange, RangeContent } from '../../foundation/byte-ranges.ts';
import type { Clock } from '../../foundation/clock.ts';
import { exitCodes, Failure, isFailure } from '../../foundation/failure.ts';
import type { OperationContext } from '../../foundation/progress.ts';
import type { ObjectStore } from '../../object-stores/object-store.ts';
import type { ArchiveLocks } from '../archive-locks.ts';
import type { ArchivePins } from '../archive-pins.ts';
import type { Notes } from '../notes.ts';
import type {
  Archive,
  ArchiveMeasure,
  ContentObject,
  Damage,
  PruneOptions,
  DataToRead,
  ObjectFinding,
  PrunePlan,
  SaveOptions,
  SavedSnapshot,
  SnapshotDifference,
  SnapshotEntry,
  StoredReport,
} from '../archive.ts';
import { withFolders } from '../entry-paths.ts';
import type { ObjectLockSettings } from '../object-lock/extend-locks.ts';
import { StoredLocks } from '../object-lock/stored-locks.ts';
import { layoutAt } from '../layout-at.ts';
import { listBeside, withBeside } from '../beside-snapshots.ts';
import { leaseFindings } from '../lease-findings.ts';
import { pinFindings } from '../pin-findings.ts';
import { StoredPins } from '../stored-pins.ts';
import { readReports, removeReports, saveReport } from '../stored-reports.ts';
import { checkedContent } from './checked-content.ts';
import { readCatalog, type CatalogEntry } from './plain-catalog.ts';
import { compareSets } from './plain-compare.ts';
import { forgetSet } from './plain-forget.ts';
import { archiveKey } from './plain-keys.ts';
import { plainLockedContents } from './plain-locked-contents.ts';
import { measureSets } from './plain-measure.ts';
import { plainPinName, plainPins } from './plain-pins.ts';
import { executePrune, planPrune } from './plain-prune.ts';
import { readRangesOf } from './plain-ranges.ts';
import { plainNotes } from './plain-notes.ts';
import { saveSet } from './plain-save.ts';
import { contentObjectsOf, verifySet } from './plain-verify.ts';

const archiveSchema = z.object({ version: z.number().int(), layout: z.string(), id: z.string(), created: z.string() });

export interface PlainArchiveOptions {
  readonly clock: Clock;
  /** How long what a killed run left is spared by `prune`, as the run may be frozen rather than dead. */
  readonly graceMilliseconds: number;
  /** The store given must lock what it writes by the same rule. */
  readonly objectLock?: ObjectLockSettings | undefined;
}

/**
 * The layout `plain` (design §4): the files of each set as they are, under a prefix that is written once and never again,
 * `<server>/<backupId>/…`, and `manifest.json` last. Also lists and reads what `aws s3 sync` left at `<path>/<backend>/`.
 */
export class PlainArchive implements Archive {
  readonly layout = 'plain';
  readonly needsHashes = true;
  readonly location: string;
  readonly #store: ObjectStore;
  readonly #options: PlainArchiveOptions;
  /** What was listed last, so that a snapshot that a caller got from `list` is read without listing again. */
  readonly #known = new Map<string, CatalogEntry>();

  constructor(store: ObjectStore, options: PlainArchiveOptions) {
    this.#store = store;
    this.#options = options;
    this.location = store.location;
  }

  async create({ signal }: OperationContext = {}): Promise<boolean> {
    if (await this.#isOurs(signal)) return false;
    if ((await layoutAt(this.#store, signal)) === 'repository') throw this.#foreign('make a plain archive in');
    const document = { version: 1, layout: this.layout, id: randomUUID(), created: this.#options.clock.now().toISOString() };
    await this.#store.put(archiveKey, new TextEncoder().encode(`${JSON.stringify(document, undefined, 2)}\n`), { signal });
    return true;
  }

  async open({ signal }: OperationContext = {}): Promise<void> {
    if (await this.#isOurs(signal)) return;
    const found = await layoutAt(this.#store, signal);
    if (found === 'repository') throw this.#foreign('open');
    throw new Failure('E_ARCHIVE_MISSING', `Cannot open the archive ${this.location}: there is none`, {
      exitCode: exitCodes.archiveMissing,
      hint:
        found === 'synced'
          ? 'what "aws s3 sync" left is here: run "rootcellar init", which leaves it as it is and lets it be listed and restored'
          : 'check ROOTCELLAR_ARCHIVE (--archive), or make it with "rootcellar init"',
    });
  }

  save(folder: string, manifest: Manifest, options: SaveOptions = {}): Promise<SavedSnapshot> {
    return saveSet(this.#store, folder, manifest, options);
  }

  async list(filter: { readonly server?: string | undefined } = {}, { signal }: OperationContext = {}): Promise<readonly Snapshot[]> {
    const places = { store: this.#store, pins: this.#pins };
    const [entries, beside] = await listBeside(readCatalog(this.#store, filter.server, signal), places, signal);
    for (const entry of entries) this.#known.set(entry.snapshot.id, entry);
    return entries.map(({ snapshot }) => withBeside(snapshot, beside, plainPinName));
  }

  pins(): Promise<ArchivePins> {
    return Promise.resolve(this.#pins);
  }

  notes(): Promise<Notes> {
    return Promise.resolve(plainNotes(this.#store));
  }

  saveReport(snapshot: Snapshot, report: RecoveryReport, { signal }: OperationContext = {}): Promise<void> {
    return saveReport(plainNotes(this.#store), snapshot, report, signal);
  }

  reports(snapshot: Snapshot, { signal }: OperationContext = {}): Promise<readonly StoredReport[]> {
    return readReports(this.#store, plainNotes(this.#store), snapshot, signal);
  }

  async manifest(snapshot: Snapshot, options: OperationContext = {}): Promise<Manifest> {
    const { manifest } = await this.#entry(snapshot, options);
    if (manifest !== undefined) return manifest;
    throw new Failure(
      'E_SNAPSHOT_DAMAGED',
      `Cannot read snapshot ${snapshot.server}/${snapshot.backupId}: ${snapshot.remarks.join('; ')}`,
      {
        exitCode: exitCodes.verificationFailed,
        hint: 'use another snapshot; "rootcellar verify" tells which are whole',
      },
    );
  }

  async entries(snapshot: Snapshot, options: OperationContext = {}): Promise<readonly SnapshotEntry[]> {
    const { files } = await this.manifest(snapshot, options);
    const { manifestFile } = await this.#entry(snapshot, options);
    return withFolders(manifestFile === undefined ? files : [manifestFile, ...files]);
  }

  async compare(before: Snapshot, after: Snapshot, options: OperationContext = {}): Promise<SnapshotDifference> {
    return compareSets(await this.#entry(before, options), await this.#entry(after, options));
  }

  async measure(chosen: readonly Snapshot[], { signal }: OperationContext = {}): Promise<ArchiveMeasure> {
    return measureSets(this.#store, await readCatalog(this.#store, undefined, signal), chosen, signal);
  }

  async *read(snapshot: Snapshot, file: ManifestFile, options: OperationContext = {}): AsyncIterable<Uint8Array> {
    const { keyOf } = await this.#entry(snapshot, options);
    yield* checkedContent(
      () => this.#store.getStream(keyOf(file.path), { signal: options.signal }),
      file,
      `${snapshot.server}/${snapshot.backupId}/${file.path}`,
    );
  }

  async *readRanges(
    snapshot: Snapshot,
    file: ManifestFile,
    ranges: Iterable<ByteRange>,
    options: OperationContext = {},
  ): AsyncIterable<RangeContent> {
    const { keyOf } = await this.#entry(snapshot, options);
    const object = { key: keyOf(file.path), bytes: file.bytes, name: `${snapshot.server}/${snapshot.backupId}/${file.path}` };
    yield* readRangesOf(this.#store, object, ranges, options.signal);
  }

  async verify(snapshot: Snapshot, read: DataToRead, options: OperationContext = {}): Promise<readonly Damage[]> {
    return verifySet(this.#store, await this.#entry(snapshot, options), read, options);
  }

  async verifyObjects(_read: DataToRead, { signal }: OperationContext = {}): Promise<readonly ObjectFinding[]> {
    const ofPins = await pinFindings(this.#pins, signal);
    return [...ofPins, ...(await leaseFindings(this.#store, signal))];
  }

  async contentObjects(snapshots: readonly Snapshot[] | undefined, { signal }: OperationContext = {}): Promise<readonly ContentObject[]> {
    const wanted = snapshots && new Set(snapshots.map(({ id }) => id));
    const catalog = await readCatalog(this.#store, undefined, signal);
    return contentObjectsOf(catalog.filter(({ snapshot }) => wanted === undefined || wanted.has(snapshot.id)));
  }

  async forget(snapshots: readonly Snapshot[], options: OperationContext = {}): Promise<void> {
    const entries: CatalogEntry[] = [];
    for (const snapshot of snapshots) entries.push(await this.#entry(snapshot, options));
    const drop = async (): Promise<void> => {
      for (const entry of entries) {
        options.signal?.throwIfAborted();
        await forgetSet(this.#store, entry, options);
        this.#known.delete(entry.snapshot.id);
      }
    };
    const rests = await this.#pins.whileGoing(snapshots, drop, options.signal);
    const ids = snapshots.map(({ id }) => id);
    await removeReports(this.#store, ids, rests, options.signal);
  }

  planPrune(options: OperationContext = {}): Promise<PrunePlan> {
    return planPrune(this.#store, { ...this.#options, pins: this.#pins }, options);
  }

  prune(plan: PrunePlan, options: PruneOptions = {}): Promise<number> {
    return executePrune({ store: this.#store, pins: this.#pins }, plan, options);
  }

  async objectLocks(): Promise<ArchiveLocks> {
    const { objectLock: rule, clock, graceMilliseconds } = this.#options;
    const contents = plainLockedContents(this.#store);
    return new StoredLocks({ store: this.#store, contents, rule, clock, graceMilliseconds });
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  get #pins(): StoredPins {
    return new StoredPins({ store: this.#store, contents: plainPins(this.#store), ...this.#options });
  }

  async #entry(snapshot: Snapshot, options: OperationContext): Promise<CatalogEntry> {
    if (!this.#known.has(snapshot.id)) await this.list({ server: snapshot.server }, options);
    const entry = this.#known.get(snapshot.id);
    if (entry !== undefined) return entry;
    throw new Failure(
      'E_SNAPSHOT_UNKNOWN',
      `Cannot read snapshot ${snapshot.server}/${snapshot.backupId}: it is no longer in ${this.location}`,
      {
        hint: 'run "rootcellar list" to see what is there',
      },
    );
  }

  /** Whether an archive of this layout is here; what `aws s3 sync` left counts as one that can be read. */
  async #isOurs(signal: AbortSignal | undefined): Promise<boolean> {
    const document = await this.#readMark(signal);
    if (document === undefined) return false;
    if (document.layout === this.layout && document.version === 1) return true;
    throw new Failure(
      'E_ARCHIVE_FOREIGN',
      `Cannot open ${this.location} as a plain archive: it is of layout "${document.layout}", version ${document.version}`,
      {
        hint: 'set ROOTCELLAR_LAYOUT (--layout) to that of the archive, or use the newer program that made it',
      },
    );
  }

  #foreign(attempt: string): Failure {
    return new Failure('E_ARCHIVE_FOREIGN', `Cannot ${attempt} ${this.location}: it holds an archive of layout "repository"`, {
      hint: 'set ROOTCELLAR_LAYOUT (--layout) to repository and name its password file, or name another place',
    });
  }

  async #readMark(signal: AbortSignal | undefined): Promise<z.infer<typeof archiveSchema> | undefined> {
    try {
      const text = new TextDecoder().decode(await this.#store.get(archiveKey, { signal }));
      return archiveSchema.parse(JSON.parse(text));
    } catch (error) {
      signal?.throwIfAborted();
      if (isFailure(error, 'E_OBJECT_MISSING')) return undefined;
      if (isFailure(error)) throw error;
      throw new Failure('E_ARCHIVE_FOREIGN', `Cannot open the archive ${this.location}: its mark ${archiveKey} cannot be read`, {
        cause: error,
        hint: `look at that object; if nothing else wrote it, remove it and run "rootcellar init" again; ${manifestName} files are not touched by that`,
      });
    }
  }
}
