import { shortId } from '../../api/snapshots.ts';

export function SnapshotLink({ id }: { readonly id: string }) {
  return (
    <a class="mono" href={`/archive/${id}`}>
      {shortId(id)}
    </a>
  );
}
