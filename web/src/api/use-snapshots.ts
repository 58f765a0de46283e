import { signal } from '@preact/signals';
import { listSnapshots, type ListedSnapshot } from './snapshots.ts';
import { useResource, type Resource } from './use-resource.ts';

/** What was listed last, by whichever page: shown until the next list is there, which takes seconds where there are thousands. */
const listed = signal<readonly ListedSnapshot[] | undefined>(undefined);

/** All snapshots, the newest first; asked for when a page comes, and again as told. */
export function useSnapshots(): Resource<readonly ListedSnapshot[]> {
  const resource = useResource(async (stop) => {
    const snapshots = await listSnapshots({ signal: stop });
    listed.value = snapshots;
    return snapshots;
  }, []);
  return resource.value === undefined ? { ...resource, value: listed.value } : resource;
}
