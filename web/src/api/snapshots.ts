import { getDocument, type RequestOptions } from './client.ts';

/** An element of `GET /api/v1/snapshots`. */
export interface ListedSnapshot {
  readonly id: string;
  /** RFC 3339, UTC. */
  readonly time: string;
  readonly server: string;
  readonly backupId: string;
  readonly backends: readonly string[];
  readonly bytes: number;
  readonly state: 'complete' | 'suspicious' | 'unlisted' | 'damaged';
  readonly remarks: readonly string[];
  readonly provenAt?: string;
  readonly entries?: number;
  readonly newBytes?: number;
  readonly pinned?: { readonly at: string; readonly by: string; readonly reason?: string; readonly until?: string };
  readonly lockedUntil?: string;
}

/** All snapshots, the newest first. @throws ApiFailure */
export function listSnapshots(options: RequestOptions = {}): Promise<readonly ListedSnapshot[]> {
  return getDocument<readonly ListedSnapshot[]>('/snapshots', options);
}

/** `now` in milliseconds: a lock that has ended is none. */
export function isLocked({ lockedUntil }: Pick<ListedSnapshot, 'lockedUntil'>, now: number): boolean {
  return lockedUntil !== undefined && Date.parse(lockedUntil) > now;
}

/** The form in which people are shown an ID; the commands take it. */
export function shortId(id: string): string {
  return id.slice(0, 12);
}
