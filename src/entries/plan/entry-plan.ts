import type { LdifEntry } from '../../domain/read-ldif.ts';
import type { NotKept } from './kept-parts.ts';
import type { PlannedWaves } from './planned-change.ts';

/** An attribute that the server cannot be made to take as it was. */
export interface NotPreserved extends NotKept {
  /** The first few entries. */
  readonly dns: readonly string[];
}

/** An entry, or one of its attributes, that cannot be put back without a decision. */
export interface EntryConflict {
  readonly dn: string;
  readonly attribute?: string | undefined;
  /** A clause: `it was changed since`. */
  readonly because: string;
  /** Whether it is put back all the same, as was chosen; otherwise it is left as it is. */
  readonly isForced: boolean;
}

/** DNs that are told: how many, and the first few. */
export interface ToldNames {
  readonly count: number;
  readonly dns: readonly string[];
}

/** Changes of single entries, as they were decided from what was archived and what is there now. Memory holds what differs, nothing else. */
export interface EntryPlan extends PlannedWaves {
  readonly notPreserved: readonly NotPreserved[];
  readonly conflicts: readonly EntryConflict[];
  /** For people, each a sentence without a period. */
  readonly notes: readonly string[];
  /** Entries that were asked for and are as they should be. */
  readonly unchanged: number;
  /** What is there now and was not then, and stays. */
  readonly addedSince: ToldNames;
}

/** The running server, as a plan asks it. Entries are whole, with operational attributes and passwords. */
export interface EntriesNow {
  /** In the order asked for; undefined where there is none. */
  readonly read: (dns: readonly string[]) => Promise<readonly (LdifEntry | undefined)[]>;
  /** By `entryUUID` in lower case; without those that are nowhere. */
  readonly findByUuid: (uuids: readonly string[]) => Promise<ReadonlyMap<string, LdifEntry>>;
  /** The entry and all below it, many at a time; empty where there is no such entry. */
  readonly below: (dn: string) => AsyncIterable<readonly LdifEntry[]>;
}

/** The state that is to come back, as a plan asks it. */
export interface EntriesPast {
  readonly byName: (dn: string) => Promise<LdifEntry | undefined>;
  readonly byUuid: (uuid: string) => Promise<LdifEntry | undefined>;
}
