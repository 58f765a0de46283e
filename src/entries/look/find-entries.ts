import { isAtOrBelow, normalDn } from '../../domain/dn.ts';
import type { Block } from '../../domain/entry-index.ts';
import type { LdifEntry } from '../../domain/read-ldif.ts';
import type { Snapshot } from '../../domain/snapshot.ts';
import { mapConcurrently } from '../../foundation/concurrency.ts';
import type { OperationContext } from '../../foundation/progress.ts';
import { uuidOf } from '../../domain/entry-uuid.ts';
import { allOf, type ExportedEntries } from '../exports/exported-entries.ts';
import { keyOf } from '../exports/block-cache.ts';
import type { SnapshotExports } from '../exports/snapshot-exports.ts';

/** Which entries are meant. */
export interface EntrySelection {
  /** At or below it; undefined: everywhere. */
  readonly baseDn?: string | undefined;
  readonly matches: (entry: LdifEntry) => boolean;
}

/** An entry in the snapshots that were looked at. */
export interface FoundEntry {
  /** As it is spelled in the newest of them. */
  readonly dn: string;
  readonly uuid: string | undefined;
  /** As it is in the newest of them; it matches there. */
  readonly entry: LdifEntry;
  /** In how many of them it matches, and the ends of these. */
  readonly snapshots: number;
  readonly oldest: Snapshot;
  readonly newest: Snapshot;
}

/** Puts a base DN and a test into one. */
export function inScope({ baseDn, matches }: EntrySelection): (entry: LdifEntry) => boolean {
  if (baseDn === undefined) return matches;
  const base = normalDn(baseDn);
  return (entry) => isAtOrBelow(normalDn(entry.dn), base) && matches(entry);
}

/**
 * Goes through the entries of the snapshots, newest first; what several have in common is read once. When `atMost` entries were found and there is one more, `isAll` is
 * false: the rest is not read, and in older snapshots only those are looked for which were found.
 */
export async function findEntries(
  snapshots: readonly SnapshotExports[],
  selection: EntrySelection,
  { atMost, ...options }: OperationContext & { readonly atMost: number },
): Promise<{ readonly found: readonly FoundEntry[]; readonly isAll: boolean }> {
  const search = new Search(inScope(selection), atMost);
  const step = 'look through the entries';
  options.report?.({ kind: 'begin', step, total: bytesOf(snapshots), unit: 'bytes' });
  for (const { snapshot, exports } of snapshots) {
    for (const one of exports)
      await search.lookThrough(one, snapshot, (done) => options.report?.({ kind: 'advance', step, done }), options);
  }
  options.report?.({ kind: 'end', step, note: `${search.found.size} found` });
  return { found: [...search.found.values()], isAll: !search.isCut };
}

function bytesOf(snapshots: readonly SnapshotExports[]): number {
  return snapshots.reduce((sum, { exports }) => sum + exports.reduce((bytes, { file }) => bytes + file.bytes, 0), 0);
}

/** So many entries are followed by the index; to find more of them it is quicker to read all. */
const mostFollowed = 1000;
const followedAtOnce = 16;

class Search {
  readonly found = new Map<string, FoundEntry>();
  isCut = false;
  /** What matches in a block; only those are kept in which something does. */
  readonly #matching = new Map<string, readonly LdifEntry[]>();
  readonly #seen = new Set<string>();
  readonly #matches: (entry: LdifEntry) => boolean;
  readonly #atMost: number;
  #done = 0;

  constructor(matches: (entry: LdifEntry) => boolean, atMost: number) {
    this.#matches = matches;
    this.#atMost = atMost;
  }

  async lookThrough(one: ExportedEntries, snapshot: Snapshot, onBytes: (done: number) => void, options: OperationContext): Promise<void> {
    const unread: Block[] = [];
    for (const block of allOf(await one.blocks())) {
      const key = keyOf(block.hash);
      if (!this.#seen.has(key)) {
        unread.push(block);
        continue;
      }
      this.#done += block.bytes;
      for (const entry of this.#matching.get(key) ?? []) this.#note(entry, snapshot);
    }
    if (this.isCut && (await this.#follow(one, snapshot, options))) return;
    const isToEnd = this.isCut;
    for await (const read of one.read(unread, options)) {
      const key = keyOf(read.block.hash);
      const matching = one.parse(read).filter(this.#matches);
      this.#seen.add(key);
      if (matching.length > 0) this.#matching.set(key, matching);
      for (const entry of matching) this.#note(entry, snapshot);
      onBytes((this.#done += read.block.bytes));
      if (this.isCut && !isToEnd) return;
    }
  }

  /** Looks for what was found, and not yet seen in this snapshot, in one of its exports; false where that would take longer than to read all. */
  async #follow(one: ExportedEntries, snapshot: Snapshot, options: OperationContext): Promise<boolean> {
    const missing = [...this.found.values()].filter(({ dn, oldest }) => oldest !== snapshot && one.covers(dn));
    if (missing.length > mostFollowed) return false;
    const entries = await mapConcurrently(missing, followedAtOnce, ({ dn, uuid }) =>
      uuid === undefined ? one.byName(dn, options) : one.byUuid(uuid, options),
    );
    for (const entry of entries) if (entry !== undefined && this.#matches(entry)) this.#note(entry, snapshot);
    return true;
  }

  #note(entry: LdifEntry, snapshot: Snapshot): void {
    if (this.found.size >= this.#atMost && !this.found.has(keyOfEntry(entry))) this.isCut = true;
    else noteFound(this.found, entry, snapshot);
  }
}

/** Counts the entry in one more snapshot, to be told from the newest to the oldest: the first is as it is shown. */
export function noteFound(found: Map<string, FoundEntry>, entry: LdifEntry, snapshot: Snapshot): void {
  const key = keyOfEntry(entry);
  const known = found.get(key);
  if (known !== undefined) found.set(key, { ...known, snapshots: known.snapshots + 1, oldest: snapshot });
  else found.set(key, { dn: entry.dn, uuid: uuidOf(entry), entry, snapshots: 1, oldest: snapshot, newest: snapshot });
}

/** By which it is the same in several snapshots. */
function keyOfEntry(entry: LdifEntry): string {
  return uuidOf(entry) ?? normalDn(entry.dn);
}
