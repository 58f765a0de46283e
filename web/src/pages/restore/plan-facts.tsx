import { formatDuration } from '../../../../src/foundation/durations.ts';
import type { RestorePlan } from '../../../../src/restore/plan.ts';
import { shortId } from '../../api/snapshots.ts';
import { Bytes } from '../../parts/bytes.tsx';
import { Age, Time } from '../../parts/time.tsx';
import { SnapshotMark } from './choose-snapshot.tsx';

/** From what, into what, what gets lost, how long, how much room. */
export function PlanFacts({ plan }: { readonly plan: RestorePlan }) {
  const { snapshot, target, source, lostSince, bytesToFetch, outlook, topology } = plan;
  return (
    <dl class="facts">
      <dt>Backup</dt>
      <dd>
        <Time at={snapshot.time} /> (<Age at={snapshot.time} />
        ), <code>{shortId(snapshot.id)}</code> of {snapshot.server} <SnapshotMark snapshot={snapshot} />
      </dd>
      <dt>Into</dt>
      <dd>
        {target.product} {target.version} at <strong>{target.location}</strong>
        {topology === undefined ? ', no other server' : `, then ${topology.others.map(({ name }) => name).join(', ')}`}
      </dd>
      <dt>From</dt>
      <dd>{source === 'export' ? 'the export of its entries; its backup is not looked at' : "the server's own backup"}</dd>
      <dt>Lost</dt>
      <dd>
        <strong>
          all that was written since <Time at={lostSince} />
        </strong>{' '}
        (<Age at={lostSince} />)
      </dd>
      <dt>How long</dt>
      <dd>
        {outlook?.lastTime === undefined ? (
          'not known yet: no restore or drill is on record'
        ) : (
          <>
            the last {outlook.lastTime.kind} took {formatDuration(outlook.lastTime.milliseconds)} (<Time at={outlook.lastTime.time} />)
          </>
        )}
      </dd>
      <dt>To fetch</dt>
      <dd>
        <Bytes of={bytesToFetch} />
        {outlook === undefined ? null : (
          <>
            ; it needs <Bytes of={outlook.space.neededBytes} /> in the staging folder, where <Bytes of={outlook.space.freeBytes} /> are free
          </>
        )}
      </dd>
    </dl>
  );
}
