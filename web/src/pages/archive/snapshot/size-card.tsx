import { useState } from 'preact/hooks';
import { slowNow } from '../../../api/now.ts';
import { isLocked } from '../../../api/snapshots.ts';
import { useReadCommand } from '../../../api/use-read-command.ts';
import { Bytes } from '../../../parts/bytes.tsx';
import { FailureNote } from '../../../parts/failure-note.tsx';
import { LiveSteps } from '../../../parts/live-steps.tsx';
import { Card } from '../../../parts/page.tsx';
import type { StatsDocument } from '../stats-document.ts';
import type { SnapshotDocument } from './snapshot-document.ts';

/** Above so many snapshots it takes long to work out, as the folders of all of them are read: then only when asked. */
const mostUnasked = 100;

/** What a snapshot takes in the archive, and what of it no other has. `count` of all snapshots, undefined until it is known. */
export function SizeCard({ snapshot, count }: { readonly snapshot: SnapshotDocument; readonly count: number | undefined }) {
  const { id, bytes } = snapshot;
  const [isAsked, setIsAsked] = useState(false);
  const isWanted = isAsked || (count !== undefined && count <= mostUnasked);
  const stats = useReadCommand<StatsDocument>(isWanted ? ['stats', id] : undefined);
  return (
    <Card title="What it takes">
      <FailureNote failure={stats.failure} onRetry={stats.reload} />
      {stats.value !== undefined ? (
        <Figures stats={stats.value} bytes={bytes} isHeld={isLocked(snapshot, slowNow.value)} />
      ) : !isWanted ? (
        <p>
          <button type="button" onClick={() => setIsAsked(true)}>
            Work out what it alone holds
          </button>{' '}
          <span class="muted">The folders of all snapshots are read for it.</span>
        </p>
      ) : stats.failure === undefined ? (
        <div role="status">
          <p class="muted">Working out what it alone holds …</p>
          <LiveSteps steps={stats.steps} />
        </div>
      ) : null}
    </Card>
  );
}

/** `isHeld`: a lock holds it. */
function Figures({ stats, bytes, isHeld }: { readonly stats: StatsDocument; readonly bytes: number; readonly isHeld: boolean }) {
  const [own] = stats.snapshots;
  if (own === undefined) return <p class="muted">The archive does not tell.</p>;
  return (
    <>
      {stats.troubles.length === 0 ? null : (
        <ul class="note note-warn archive-remarks">
          {stats.troubles.map((trouble) => (
            <li key={trouble}>{trouble}</li>
          ))}
        </ul>
      )}
      <dl class="facts">
        <dt>When fetched</dt>
        <dd>
          <Bytes of={bytes} />
        </dd>
        {own.addedStoredBytes === null ? null : (
          <>
            <dt>Added when it was archived</dt>
            <dd>
              <Bytes of={own.addedStoredBytes} />
            </dd>
          </>
        )}
        <dt>What it alone holds</dt>
        <dd>{own.aloneStoredBytes === null ? 'not known' : <Alone bytes={own.aloneStoredBytes} isHeld={isHeld} />}</dd>
      </dl>
    </>
  );
}

function Alone({ bytes, isHeld }: { readonly bytes: number; readonly isHeld: boolean }) {
  return (
    <>
      <Bytes of={bytes} /> in the store: so much is given back if only it is forgotten and pruned{isHeld ? ', once no lock holds it' : ''}
    </>
  );
}
