import type { Pin } from './pin.ts';

/** One archived backup set, as `list --json` shows it. */
export interface Snapshot {
  /** 64 hexadecimal digits; any prefix that names just one snapshot will do in a command. */
  readonly id: string;
  /** RFC 3339, UTC. */
  readonly time: string;
  readonly server: string;
  readonly backupId: string;
  readonly backends: readonly string[];
  readonly bytes: number;
  readonly state: SnapshotState;
  /** One sentence each, where the state is not `complete`. */
  readonly remarks: readonly string[];
  /** RFC 3339, UTC: when the last restore or drill began that proved it, every entry or count compared; absent where none did. */
  readonly provenAt?: string | undefined;
  /** Where nobody can forget it. */
  readonly pinned?: Pin | undefined;
}

/**
 * `complete`: every file was there when it was archived · `suspicious`: complete, but far smaller than those before it ·
 * `unlisted`: left by `aws s3 sync`, without a manifest, so only the server's own `backup.info` vouches for it ·
 * `damaged`: something it needs is missing or altered.
 */
export type SnapshotState = 'complete' | 'suspicious' | 'unlisted' | 'damaged';

/** Newest first; sets of the same moment by server, then ID, so that the order is total. */
export function newestFirst(a: Snapshot, b: Snapshot): number {
  return compare(b.time, a.time) || compare(a.server, b.server) || compare(a.id, b.id);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
