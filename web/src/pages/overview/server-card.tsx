import { shortId } from '../../api/snapshots.ts';
import { Bytes } from '../../parts/bytes.tsx';
import { Mark } from '../../parts/mark.tsx';
import { Card } from '../../parts/page.tsx';
import { Age } from '../../parts/time.tsx';
import type { ServerSafety } from './overview-document.ts';
import { stateKinds, stateTexts } from './state-card.tsx';

const how = { restore: 'by a restore', drill: 'by a drill', verify: 'by a verify' } as const;

/** The same of each server. */
export function ServerCard({ servers }: { readonly servers: readonly ServerSafety[] }) {
  return (
    <Card title={servers.length === 1 ? 'Server' : 'Servers'}>
      <div class="table-frame" tabIndex={0} role="region" aria-label="Servers">
        <table class="overview-table">
          <thead>
            <tr>
              <th scope="col">Server</th>
              <th scope="col">State</th>
              <th scope="col">Last good backup</th>
              <th scope="col">Last verified</th>
              <th scope="col" class="number">
                Snapshots
              </th>
              <th scope="col" class="number">
                Size of all
              </th>
            </tr>
          </thead>
          <tbody>
            {servers.map((server) => (
              <Row key={server.server} of={server} />
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}

function Row({ of: { server, state, lastGood, lastVerified, snapshots, bytes } }: { readonly of: ServerSafety }) {
  return (
    <tr>
      <th scope="row" class="overview-name">
        {server}
      </th>
      <td>
        <Mark kind={stateKinds[state]}>{stateTexts[state]}</Mark>
      </td>
      <td>
        {lastGood === undefined ? (
          'none'
        ) : (
          <>
            <Age at={lastGood.time} />, <SnapshotLink id={lastGood.id} />
          </>
        )}
      </td>
      <td>
        {lastVerified === undefined ? (
          'never yet'
        ) : (
          <>
            <Age at={lastVerified.at} />, {how[lastVerified.how]}, <SnapshotLink id={lastVerified.id} />
          </>
        )}
      </td>
      <td class="number">{snapshots}</td>
      <td class="number">
        <Bytes of={bytes} />
      </td>
    </tr>
  );
}

function SnapshotLink({ id }: { readonly id: string }) {
  return (
    <a class="mono" href={`/archive/${id}`}>
      {shortId(id)}
    </a>
  );
}
