import type { Repository } from '../../repository/repository.ts';
import type { Notes } from '../notes.ts';

/** What is ours beside a repository lies below this; restic passes over it. */
const ours = '.rootcellar/';

/** Notes of a repository are sealed with its key: who may only list learns from their names, such as when a snapshot was proven, and no more. */
export function repositoryNotes(repository: Repository): Notes {
  const objects = repository.objects();
  return {
    write: (key, json, signal) => objects.writeNote(key.slice(ours.length), json, signal),
    read: (key, signal) => objects.readNote(key.slice(ours.length), signal),
  };
}
