import type { Repository } from '../../repository/repository.ts';
import type { ReportContents } from '../stored-reports.ts';

/** What is ours beside a repository lies below this; restic passes over it. */
const ours = '.rootcellar/';

/** A report of a repository is sealed with its key: who may only list learns when a snapshot was proven, and no more. */
export function repositoryReports(repository: Repository): ReportContents {
  const objects = repository.objects();
  return {
    write: (key, json, signal) => objects.writeNote(key.slice(ours.length), json, signal),
    read: (key, signal) => objects.readNote(key.slice(ours.length), signal),
  };
}
