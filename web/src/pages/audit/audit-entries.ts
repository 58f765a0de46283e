import { getDocument, type RequestOptions } from '../../api/client.ts';

/** An element of `GET /api/v1/audit`. */
export interface AuditEntry {
  readonly id: string;
  /** RFC 3339, UTC. */
  readonly time: string;
  readonly agent?: string;
  /** Role and way are missing for those whom nobody knows. */
  readonly who: { readonly name: string; readonly role?: string; readonly via?: string };
  readonly from?: string;
  readonly action: string;
  readonly target?: string;
  readonly words?: readonly string[];
  readonly outcome: string;
  readonly detail?: string;
}

/** So many are asked for at a time. */
export const pageSize = 200;

/** The newest first; those before the entry `before`, where it is given. @throws ApiFailure */
export async function readAudit(before: string | undefined, options: RequestOptions): Promise<readonly AuditEntry[]> {
  const more = before === undefined ? '' : `&before=${encodeURIComponent(before)}`;
  const { entries } = await getDocument<{ readonly entries: readonly AuditEntry[] }>(`/audit?limit=${pageSize}${more}`, options);
  return entries;
}
