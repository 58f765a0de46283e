import { formatCount } from '../../../../src/foundation/counts.ts';
import type { RestorePlan } from '../../../../src/restore/plan.ts';
import { Mark } from '../../parts/mark.tsx';
import { Card } from '../../parts/page.tsx';

/** How the replicas are now, and in which order they come; nothing where the server is none. */
export function PlanReplicas({ plan: { topology } }: { readonly plan: RestorePlan }) {
  if (topology === undefined) return null;
  return (
    <Card title="The replicas, in their order">
      <div class="table-frame">
        <table>
          <thead>
            <tr>
              <th scope="col">Replica</th>
              <th scope="col">What becomes of it</th>
              <th scope="col" class="number">
                Entries now
              </th>
              <th scope="col">Now</th>
            </tr>
          </thead>
          <tbody>
            <tr>
              <td>{topology.target}</td>
              <td>restored from the backup, and compared with it</td>
              <td class="number">see below</td>
              <td />
            </tr>
            {topology.others.map(({ name, entriesNow, isReplicating, isWritable }) => (
              <tr key={name}>
                <td>{name}</td>
                <td>gets its entries from {topology.target}, and is compared with it</td>
                <td class="number">{entriesNow === undefined ? 'unknown' : formatCount(entriesNow)}</td>
                <td>
                  {isReplicating ? <Mark kind="good">replicates</Mark> : <Mark kind="warn">does not replicate</Mark>}{' '}
                  {isWritable ? null : <Mark kind="warn">refuses writes</Mark>}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="muted">
        {topology.isFenced
          ? 'Clients can read all of them, and write to none until the end.'
          : 'Clients may write meanwhile: what they write gets lost, or makes replicas differ.'}{' '}
        {topology.isAllAtOnce ? 'The others are out of service at the same time.' : 'One after the other, so that the rest can be read.'}
      </p>
    </Card>
  );
}
