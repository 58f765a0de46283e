import { manifestName } from '../../domain/manifest.ts';

/** Where things lie in the layout `plain`. Everything of rootcellar's own is below `.rootcellar/`, so that server names stay free. */
export const archiveKey = '.rootcellar/archive.json';

/** Written before the first file of a set and before its manifest is dropped; removed when the set is complete or gone. */
export const unfinishedPrefix = '.rootcellar/unfinished/';

export function unfinishedKey(server: string, backupId: string): string {
  return `${unfinishedPrefix}${server}/${backupId}`;
}

/** What the mark holds where the set is complete and the mark could not be removed. */
export const archivedMark = 'archived\n';

/** `<server>/<backupId>/`: all that belongs to one set. */
export function setPrefix(server: string, backupId: string): string {
  return `${server}/${backupId}/`;
}

export function manifestKey(server: string, backupId: string): string {
  return `${setPrefix(server, backupId)}${manifestName}`;
}
