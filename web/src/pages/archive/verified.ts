import type { RunRecord } from '../../../../src/domain/run-record.ts';

/** What the newest run of verify that looked at a snapshot found. */
export interface Verified {
  /** RFC 3339: when it ended. */
  readonly at: string;
  readonly isWhole: boolean;
  /** Every byte was read; otherwise only presence and sizes, and a part of the bytes at most. */
  readonly isDataRead: boolean;
}

/** By the ID of the snapshot. `runs` of verify, the newest first; one that did not come to its end, or whose document is not kept, tells nothing. */
export function verifiedIn(runs: readonly Pick<RunRecord, 'endedAt' | 'result'>[]): ReadonlyMap<string, Verified> {
  const found = new Map<string, Verified>();
  for (const { endedAt, result } of runs) {
    if (!isVerifyDocument(result)) continue;
    const isDataRead = result.isDataRead === true && (result.part ?? null) === null;
    for (const { id, damages } of result.snapshots)
      if (!found.has(id)) found.set(id, { at: endedAt, isWhole: damages.length === 0, isDataRead });
  }
  return found;
}

interface VerifyDocument {
  readonly isDataRead?: unknown;
  readonly part?: unknown;
  readonly snapshots: readonly { readonly id: string; readonly damages: readonly unknown[] }[];
}

function isVerifyDocument(result: unknown): result is VerifyDocument {
  const { snapshots } = (result ?? {}) as { readonly snapshots?: unknown };
  return (
    Array.isArray(snapshots) &&
    snapshots.every(
      (one: { readonly id?: unknown; readonly damages?: unknown }) => typeof one.id === 'string' && Array.isArray(one.damages),
    )
  );
}
