import assert from 'node:assert/strict';
import { isFailure } from '../../src/foundation/failure.ts';
import type { RepositoryArchive } from '../../src/archive/repository/repository-archive.ts';
import type { Snapshot } from '../../src/domain/snapshot.ts';
import type { Claims } from './actions.ts';
import type { StagedSet } from './contents.ts';
import type { Action, Where } from './steps.ts';

/** What was reported to the outside of one archive, and whether it holds. */
export class Ledger {
  readonly #where: Where;
  readonly #sets: readonly StagedSet[];
  /** Which set was to be archived under a backup ID. */
  readonly #contents: Map<string, number>;
  /** Reported as archived, and nobody has begun to forget them. */
  readonly #kept = new Set<string>();
  /** Reported as forgotten. */
  readonly #gone = new Set<string>();
  /** Somebody has begun to forget them. */
  readonly #going = new Set<string>();
  /** Reported as pinned, with the end of the pin; nobody has begun to unpin them. */
  readonly #pinned = new Map<string, number | undefined>();
  /** The {@link version} at which somebody had begun to unpin a snapshot, or something that asks nobody may have removed it. */
  readonly #unpinnedAt = new Map<string, number>();
  #othersAt = -1;
  /** Backup IDs of which nothing is there, until the next {@link check}: a copy may bring one back that was stored for a moment. */
  readonly #notMade = new Set<string>();
  /** Passwords that open it, and those that do not; of others nobody knows. */
  readonly #opens = new Map<string, boolean>();
  readonly #keyPasswords = new Map<string, string>();
  #version = 0;
  #keyWorkers = 0;

  constructor(where: Where, sets: readonly StagedSet[], contents: Map<string, number>, firstPassword: string) {
    this.#where = where;
    this.#sets = sets;
    this.#contents = contents;
    this.#opens.set(firstPassword, true);
  }

  /** Passwords that open it for certain, in a fixed order. */
  get passwords(): readonly string[] {
    return [...this.#opens].flatMap(([password, opens]) => (opens ? [password] : [])).toSorted();
  }

  /** Another one whenever something was reported. */
  get version(): number {
    return this.#version;
  }

  /** How many snapshots it holds by all reports. */
  get keptSnapshots(): number {
    return this.#kept.size;
  }

  /** How many are pinned by all reports. */
  get pinnedSnapshots(): number {
    return this.#pinned.size;
  }

  /** Takes down what a process said; `since`: the {@link version} when it began. */
  note(claims: Claims, since: number): void {
    this.#version += 1;
    const here = ({ where }: { readonly where: Where }): boolean => where === this.#where;
    for (const { id } of claims.archived.filter(here)) if (!this.#going.has(id)) this.#kept.add(id);
    for (const { id } of claims.forgetting.filter(here)) {
      this.#kept.delete(id);
      this.#going.add(id);
    }
    for (const { id } of claims.forgotten.filter(here)) this.#gone.add(id);
    this.#noteUnpinned(claims.unpinning.filter(here).map(({ id }) => id));
    for (const { id, until } of claims.pinned.filter(here)) {
      // What was unpinned while it pinned may have been unpinned before or after.
      if (Math.max(this.#unpinnedAt.get(id) ?? -1, this.#othersAt) < since) this.#pinned.set(id, until);
      else this.#pinned.delete(id);
    }
  }

  /** A forget that stood still for longer than the grace period may have dropped what was pinned meanwhile: that is the bargain. */
  excuse(ids: readonly string[]): void {
    this.#version += 1;
    this.#noteUnpinned(ids);
  }

  #noteUnpinned(ids: readonly string[]): void {
    for (const id of ids) {
      this.#pinned.delete(id);
      this.#unpinnedAt.set(id, this.#version);
    }
  }

  /** Takes down that a set was reported as not archived: right then there is none of it. */
  noteNotMade(backupId: string): void {
    this.#version += 1;
    this.#notMade.add(backupId);
  }

  /** Takes down what another program lists when it has done its work: that is what there is. */
  noteByOthers(ids: readonly string[]): void {
    this.#version += 1;
    for (const id of this.#kept) if (!ids.includes(id)) this.#gone.add(id);
    this.#kept.clear();
    this.#othersAt = this.#version;
    for (const id of this.#pinned.keys()) if (!ids.includes(id)) this.#pinned.delete(id);
    for (const id of ids) if (!this.#going.has(id)) this.#kept.add(id);
  }

  /** Snapshots that a doubled request may have brought back are neither here nor gone for certain. */
  doubtForgotten(): void {
    this.#gone.clear();
  }

  /** A process begins to work on keys: until it has ended nobody knows which passwords open it. */
  beginKeyWork(): void {
    this.#keyWorkers += 1;
  }

  endKeyWork(): void {
    this.#keyWorkers -= 1;
    this.#version += 1;
  }

  /** Takes down that keys were added, changed or removed; `login` is the password that was used. */
  noteKeys({ addedKey, removedKeys }: Claims, { action, login }: { readonly action: Action; readonly login: string }): void {
    this.#version += 1;
    if (action.kind === 'change key') this.#opens.set(login, false);
    for (const id of removedKeys) {
      const password = this.#keyPasswords.get(id);
      // Another key may have the same password, and of a key of a killed process nobody knows which it has.
      if (action.kind === 'remove key') this.doubtKeys(password === undefined ? [login] : this.passwords.filter((one) => one !== password));
    }
    for (const { id, password } of addedKey) {
      this.#keyPasswords.set(id, password);
      this.#opens.set(password, true);
    }
  }

  /** Of all passwords but these nobody knows whether they open it, until the next {@link check}. */
  doubtKeys(but: readonly string[]): void {
    this.#version += 1;
    for (const password of this.#opens.keys()) if (!but.includes(password)) this.#opens.delete(password);
  }

  /**
   * Fails unless every snapshot that was reported as archived is listed and reads back byte for byte, each that was reported as pinned is so, each that is listed is whole, none that was reported
   * as forgotten is there, and passwords open it or not as was said; at least one does.
   */
  async check(open: (password: string) => RepositoryArchive, passwords: readonly string[], now: Date): Promise<void> {
    for (const password of passwords) {
      const opens = await doesOpen(open(password));
      const expected = this.#keyWorkers > 0 ? undefined : this.#opens.get(password);
      assert.ok(
        expected === undefined || expected === opens,
        `${this.#where}: password ${password} ${opens ? 'opens' : 'does not open'} it`,
      );
      this.#opens.set(password, opens);
    }
    const [password] = this.passwords;
    assert.ok(password !== undefined, `${this.#where}: no password opens it any more`);
    const archive = open(password);
    const listed = await archive.list();
    const ids = new Set(listed.map(({ id }) => id));
    for (const id of this.#kept) assert.ok(ids.has(id), `${this.#where}: snapshot ${id} was reported as archived and is not listed`);
    for (const [id, until] of this.#pinned) {
      if (until !== undefined && until <= now.getTime()) this.#pinned.delete(id);
      else
        assert.ok(
          listed.some((one) => one.id === id && one.pinned !== undefined),
          `${this.#where}: snapshot ${id} was reported as pinned and is not`,
        );
    }
    for (const id of this.#gone) assert.ok(!ids.has(id), `${this.#where}: snapshot ${id} was reported as forgotten and is listed`);
    for (const { backupId } of listed)
      assert.ok(!this.#notMade.has(backupId), `${this.#where}: ${backupId} was reported as not archived and is listed`);
    this.#notMade.clear();
    for (const snapshot of listed) {
      const name = `${this.#where}: ${snapshot.backupId} (${this.#kept.has(snapshot.id) ? 'reported as archived' : 'not reported'})`;
      assert.deepEqual([snapshot.state, snapshot.remarks], ['complete', []], name);
      await this.#checkContent(archive, snapshot, name);
    }
  }

  /** What restic backed up has no manifest, and its files lie under the path of the set's folder. */
  async #checkContent(archive: RepositoryArchive, snapshot: Snapshot, name: string): Promise<void> {
    const { files } = await archive.manifest(snapshot);
    const content = this.#contents.get(snapshot.backupId) ?? Number(/set-(\d)\//.exec(files[0]?.path ?? '')?.[1] ?? -1);
    const set = this.#sets[content];
    assert.ok(set, name);
    const inSet = (file: string): string => file.replace(/^.*set-\d\//, '');
    assert.deepEqual(files.map((file) => inSet(file.path)).toSorted(), Object.keys(set.files).toSorted(), name);
    for (const file of files) {
      const read = Buffer.concat(await Array.fromAsync(archive.read(snapshot, file)));
      assert.ok(read.equals(set.files[inSet(file.path)] ?? Buffer.alloc(0)), `${name}: ${file.path} is not what was archived`);
    }
  }
}

async function doesOpen(archive: RepositoryArchive): Promise<boolean> {
  try {
    await archive.open();
    return true;
  } catch (error) {
    if (isFailure(error, 'E_WRONG_KEY') || isFailure(error, 'E_REPOSITORY_DAMAGED')) return false;
    throw error;
  }
}
