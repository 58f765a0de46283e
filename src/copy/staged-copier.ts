import { createHash } from 'node:crypto';
import { mkdir, readdir, rm, rmdir } from 'node:fs/promises';
import path from 'node:path';
import type { Archive, SaveOptions } from '../archive/archive.ts';
import type { CopiedSnapshot, CopyOutcome, CopyPlan, DamagedSnapshot, SnapshotCopier } from '../archive/snapshot-copier.ts';
import type { Manifest } from '../domain/manifest.ts';
import type { Snapshot } from '../domain/snapshot.ts';
import { exitCodes, isFailure, messageOf, wrongUsage } from '../foundation/failure.ts';
import type { OperationContext } from '../foundation/progress.ts';
import { fetchSet } from '../restore/fetch.ts';
import { hashFile } from '../staging/set-files.ts';
import type { Staging } from '../staging/staging.ts';
import { planByName } from './plan-by-name.ts';

/** Beside the folders of the servers, whose names never begin with a dot. */
const stagedBelow = '.copy';

/**
 * Copies between archives of different layouts: each set is fetched into the staging folder, every byte of it checked, and archived from there as the set that it
 * was. The staging folder needs room for one set. What a killed copy fetched is used by the next one.
 */
export class StagedCopier implements SnapshotCopier {
  readonly #source: Archive;
  readonly #target: Archive;
  readonly #staging: () => Staging;

  constructor(source: Archive, target: Archive, staging: () => Staging) {
    this.#source = source;
    this.#target = target;
    this.#staging = staging;
  }

  createTarget(_areKeysNew: boolean, options: OperationContext = {}): Promise<boolean> {
    return this.#target.create(options);
  }

  sharesKeys(): Promise<boolean> {
    return Promise.resolve(false);
  }

  async plan(snapshots: readonly Snapshot[], options: OperationContext = {}): Promise<CopyPlan> {
    return planByName(snapshots, await this.#target.list({}, options));
  }

  async copy(snapshots: readonly Snapshot[], options: SaveOptions = {}): Promise<CopyOutcome> {
    const { missing, present, damaged } = await this.plan(snapshots, options);
    const copied: CopiedSnapshot[] = [];
    const found: DamagedSnapshot[] = [...damaged];
    let readBytes = 0;
    for (const { snapshot } of missing) {
      options.signal?.throwIfAborted();
      try {
        const { id } = await this.#copyOne(snapshot, options);
        copied.push({ snapshot, id });
        readBytes += snapshot.bytes;
      } catch (error) {
        if (!isFailure(error) || error.exitCode !== exitCodes.verificationFailed) throw error;
        found.push({ snapshot, finding: error.message });
      }
    }
    return { copied, present, damaged: found, readBytes, writtenBytes: undefined };
  }

  async #copyOne(snapshot: Snapshot, options: SaveOptions): Promise<Snapshot> {
    const { server, backupId } = snapshot;
    const below = path.join(this.#staging().folder, stagedBelow, this.#nameOfTarget());
    const ofServer = path.join(below, server);
    const folder = path.join(ofServer, backupId);
    // What was encrypted lies there as it is; nobody else needs it.
    await mkdir(ofServer, { recursive: true, mode: 0o700 }).catch((error: unknown) => {
      throw wrongUsage(`Cannot copy by way of ${ofServer}: ${messageOf(error)}`, 'set staging.folder to a folder that can be written');
    });
    await sweepOthers(ofServer, backupId);
    await fetchSet(this.#source, snapshot, folder, options);
    const manifest = await withHashes(folder, await this.#source.manifest(snapshot, options), options.signal);
    const saved = await this.#target.save(folder, manifest, options);
    await rm(folder, { recursive: true, force: true });
    for (const empty of [ofServer, below, path.dirname(below)]) await rmdir(empty).catch(() => undefined);
    return saved;
  }

  /** Copies to several targets at once do not meet. */
  #nameOfTarget(): string {
    return createHash('sha256').update(this.#target.location).digest('hex').slice(0, 8);
  }
}

/** What killed copies fetched of sets that are not wanted now. */
async function sweepOthers(folder: string, wanted: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) if (name !== wanted) await rm(path.join(folder, name), { recursive: true, force: true });
}

/** What `aws s3 sync` left has no hashes; a set that is archived must. */
async function withHashes(folder: string, manifest: Manifest, signal: AbortSignal | undefined): Promise<Manifest> {
  const files = [];
  for (const file of manifest.files) {
    files.push(file.sha256 === undefined ? { ...file, ...(await hashFile(path.join(folder, file.path), signal)) } : file);
  }
  return { ...manifest, files };
}
