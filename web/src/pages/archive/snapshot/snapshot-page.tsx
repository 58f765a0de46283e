import { useState } from 'preact/hooks';
import { shortId } from '../../../api/snapshots.ts';
import { useResource } from '../../../api/use-resource.ts';
import { useSnapshots } from '../../../api/use-snapshots.ts';
import { Page } from '../../../parts/page.tsx';
import { ResourceView } from '../../../parts/resource-view.tsx';
import { Time } from '../../../parts/time.tsx';
import { RunWatch, type WatchedRun } from '../actions/run-watch.tsx';
import { useVerified } from '../use-verified.ts';
import { BackendsCard } from './backends-card.tsx';
import { FactsCard } from './facts-card.tsx';
import { FilesCard } from './files-card.tsx';
import { ManifestCard } from './manifest-card.tsx';
import { ReportsCard } from './reports-card.tsx';
import { SizeCard } from './size-card.tsx';
import { SnapshotActions } from './snapshot-actions.tsx';
import { getSnapshot, type SnapshotDocument } from './snapshot-document.ts';

/** One snapshot: what it is, what it holds, whether it came back, and what can be done with it. `id`: also the beginning of one, or `latest`. */
export function SnapshotPage({ id }: { readonly id: string }) {
  const snapshot = useResource((signal) => getSnapshot(id, { signal }), [id]);
  const [runs, setRuns] = useState<readonly WatchedRun[]>([]);
  const [ended, setEnded] = useState(0);
  const { value } = snapshot;
  const reload = (): void => {
    setEnded((before) => before + 1);
    snapshot.reload();
  };
  const isGone = snapshot.failure?.status === 404 && runs.length > 0;
  return (
    <Page
      title={`Snapshot ${shortId(value?.id ?? id)}`}
      lead={value === undefined ? undefined : <Lead snapshot={value} />}
      actions={
        value === undefined || isGone ? undefined : (
          <SnapshotActions snapshot={value} onBegun={(run) => setRuns((before) => [run, ...before])} onChanged={snapshot.reload} />
        )
      }
    >
      <p>
        <a href="/archive">All snapshots</a>
      </p>
      {runs.map((run) => (
        <RunWatch key={run.id} run={run} onEnd={reload} />
      ))}
      {isGone ? (
        <p class="note note-plain">This snapshot has been forgotten.</p>
      ) : (
        <ResourceView of={snapshot} what="the snapshot">
          {(shown) => <Content snapshot={shown} ended={ended} />}
        </ResourceView>
      )}
    </Page>
  );
}

function Lead({ snapshot: { server, time } }: { readonly snapshot: SnapshotDocument }) {
  return (
    <>
      {server}, <Time at={time} />
    </>
  );
}

/** `ended`: how many runs that were begun here have come to their end. */
function Content({ snapshot, ended }: { readonly snapshot: SnapshotDocument; readonly ended: number }) {
  const snapshots = useSnapshots();
  const verified = useVerified(ended);
  return (
    <>
      <FactsCard snapshot={snapshot} all={snapshots.value} verified={verified} />
      <ReportsCard reports={snapshot.reports} />
      <BackendsCard manifest={snapshot.manifest} />
      <SizeCard key={snapshot.id} snapshot={snapshot} count={snapshots.value?.length} />
      <FilesCard manifest={snapshot.manifest} />
      <ManifestCard manifest={snapshot.manifest} />
    </>
  );
}
