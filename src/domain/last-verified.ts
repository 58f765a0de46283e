import { newestFirst, type Snapshot } from './snapshot.ts';

/** That somebody looked at a backup and found it good, or had it come back. */
export interface Verification {
  /** The newest snapshot that it was about. */
  readonly id: string;
  /** RFC 3339, UTC: when it began. */
  readonly at: string;
  readonly how: 'restore' | 'drill' | 'verify';
}

/** What runs told about looking at backups. */
export interface VerifyFacts {
  /** Verifications that found whole what they looked at; `ids` undefined: all that were there when they began. */
  readonly verifies: readonly { readonly at: string; readonly ids: ReadonlySet<string> | undefined }[];
  /** Beginnings of drills, by which they are told from restores. */
  readonly drillTimes: ReadonlySet<string>;
}

/** The last verification of any of these good snapshots of one server; undefined where there was none. */
export function lastVerified(snapshots: readonly Snapshot[], { verifies, drillTimes }: VerifyFacts): Verification | undefined {
  const good = snapshots.filter(({ state }) => state === 'complete').toSorted(newestFirst);
  const proofs = good.flatMap(({ id, provenAt }): Verification[] =>
    provenAt === undefined ? [] : [{ id, at: provenAt, how: drillTimes.has(provenAt) ? 'drill' : 'restore' }],
  );
  const looks = verifies.flatMap(({ at, ids }): Verification[] => {
    const newest = good.find(({ id, time }) => (ids === undefined ? time < at : ids.has(id)));
    return newest === undefined ? [] : [{ id: newest.id, at, how: 'verify' }];
  });
  return [...proofs, ...looks].toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at))[0];
}
