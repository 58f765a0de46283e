import { slowNow } from '../../api/now.ts';
import { isLocked, shortId, type ListedSnapshot } from '../../api/snapshots.ts';
import type { Resource } from '../../api/use-resource.ts';
import { Card } from '../../parts/page.tsx';
import { ResourceView } from '../../parts/resource-view.tsx';
import { Symbol } from '../../parts/symbols.tsx';
import { Age, Time } from '../../parts/time.tsx';
import { VirtualTable } from '../../parts/virtual-table.tsx';

/** What nobody can delete, and until when; and what somebody pinned. */
export function HeldCard({ snapshots }: { readonly snapshots: Resource<readonly ListedSnapshot[]> }) {
  return (
    <Card title="Locks and pins">
      <ResourceView of={snapshots} what="the snapshots">
        {(all) => (
          <div class="stack">
            <Locks snapshots={all} />
            <Pins pinned={all.filter(({ pinned }) => pinned !== undefined)} />
          </div>
        )}
      </ResourceView>
    </Card>
  );
}

function Locks({ snapshots }: { readonly snapshots: readonly ListedSnapshot[] }) {
  const locked = snapshots
    .filter((snapshot) => isLocked(snapshot, slowNow.value))
    .toSorted((a, b) => (a.lockedUntil ?? '').localeCompare(b.lockedUntil ?? ''));
  const first = locked[0]?.lockedUntil;
  const last = locked.at(-1)?.lockedUntil;
  if (first === undefined || last === undefined)
    return (
      <p class="muted">
        No snapshot is known to be locked. Where <code>objectLock.days</code> is set, the store lets nobody remove one for so long after the
        last run; a verify tells until when.
      </p>
    );
  return (
    <>
      <p class="overview-held">
        <Symbol name="lock" />
        <span>
          {locked.length} of {snapshots.length} {snapshots.length === 1 ? 'snapshot is' : 'snapshots are'} locked:{' '}
          {first === last ? (
            <>
              until <Time at={first} />, which is <Age at={first} />.
            </>
          ) : (
            <>
              the first until <Time at={first} />, which is <Age at={first} />, the last until <Time at={last} />.
            </>
          )}
        </span>
      </p>
      <p class="muted small">At the least: so the last verify found it, and a run since then can only have made it longer.</p>
      <details>
        <summary>Each lock</summary>
        <VirtualTable<ListedSnapshot>
          label="Locks"
          rows={locked}
          keyOf={({ id }) => id}
          columns={[
            { title: 'Snapshot', cell: ({ id, time }) => <SnapshotName id={id} time={time} /> },
            { title: 'Locked until', cell: ({ lockedUntil }) => (lockedUntil === undefined ? '' : <Time at={lockedUntil} />) },
          ]}
        />
      </details>
    </>
  );
}

function Pins({ pinned }: { readonly pinned: readonly ListedSnapshot[] }) {
  if (pinned.length === 0) return <p class="muted">No snapshot is pinned.</p>;
  return (
    <ul class="overview-pins">
      {pinned.map(({ id, time, pinned: pin }) => (
        <li key={id} class="overview-held">
          <Symbol name="pin" />
          <span>
            <SnapshotName id={id} time={time} />, pinned by {pin?.by}
            {pin?.until === undefined ? '' : ' until '}
            {pin?.until === undefined ? null : <Time at={pin.until} />}
            {pin?.reason === undefined ? '' : `: ${pin.reason}`}
          </span>
        </li>
      ))}
    </ul>
  );
}

function SnapshotName({ id, time }: { readonly id: string; readonly time: string }) {
  return (
    <>
      <a class="mono" href={`/archive/${id}`}>
        {shortId(id)}
      </a>{' '}
      <Time at={time} />
    </>
  );
}
