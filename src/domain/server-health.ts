/**
 * How fit one directory server is to make a backup now. Plain data, so that one replica can tell it to another. What the server does not tell, or the account may not
 * see, is undefined: never 0 and never "well".
 */
export interface ServerHealth {
  /** Whether the server lets only administrators in; OpenDJ does not tell. */
  readonly isLockedDown?: boolean | undefined;
  /** The server's own alerts for which it calls itself unavailable (PingDirectory). */
  readonly unavailableAlerts?: readonly string[] | undefined;
  /** Those for which it calls itself degraded (PingDirectory). */
  readonly degradedAlerts?: readonly string[] | undefined;
  /** The backends with users' entries that are disabled, or refuse what clients write: as in the middle of a restore. */
  readonly backendsOutOfService?: readonly string[] | undefined;
  /** Whether each of its replicated base DNs is connected to a replication server; undefined where it is no replica as well. */
  readonly isConnected?: boolean | undefined;
  /** Changes made on other replicas that this one has still to apply, of all users' base DNs together; 0 for a server that is no replica. */
  readonly backlog?: number | undefined;
  /** Tasks that the server is running now, whoever asked for them. */
  readonly runningTasks?: number | undefined;
  /** For people, a sentence each: what speaks against this server, and what could not be read. Without DNs. */
  readonly reasons: readonly string[];
}

/**
 * Below 0 where `one` is the better one to make the backup, above 0 where `other` is, 0 where the caller may choose. Undefined is a server that
 * did not answer: behind all others.
 */
export function compareHealth(one: ServerHealth | undefined, other: ServerHealth | undefined): number {
  const [left, right] = [rankOf(one), rankOf(other)];
  for (const [index, place] of left.entries()) {
    const difference = place - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/**
 * The places of a server in the order in which they count, less is better: it does not answer · it is locked down or calls itself unavailable · it is degraded or cut off
 * from replication · backends out of service · tasks that run · the backlog, by its order of magnitude. Whatever is unknown takes the place behind the last that it could
 * have reasonably: a replica that tells is preferred.
 */
export function rankOf(health: ServerHealth | undefined): readonly number[] {
  if (health === undefined) return [1, 0, 0, 0, 0, 0];
  const isUnavailable = health.isLockedDown === true || (health.unavailableAlerts ?? []).length > 0;
  const isDegraded = (health.degradedAlerts ?? []).length > 0 || health.isConnected === false;
  return [
    0,
    Number(isUnavailable),
    Number(isDegraded),
    health.backendsOutOfService?.length ?? 0,
    health.runningTasks ?? unknownTasks,
    placeOfBacklog(health.backlog),
  ];
}

/** A busy server has one or two. */
const unknownTasks = 3;

const noiseOfBacklog = 100;
const lastPlaceOfBacklog = 10;

/**
 * 0 up to 99 changes, which come and go within a second; then a place for each power of ten, so that which replica is chosen does not change with every look.
 */
function placeOfBacklog(backlog: number | undefined): number {
  if (backlog === undefined) return lastPlaceOfBacklog;
  if (backlog < noiseOfBacklog) return 0;
  return Math.min(lastPlaceOfBacklog - 1, Math.floor(Math.log10(backlog)) - 1);
}
