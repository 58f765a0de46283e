import { formatCount } from '../../../../src/foundation/counts.ts';
import { Bytes } from '../../parts/bytes.tsx';
import { Mark } from '../../parts/mark.tsx';
import { Time } from '../../parts/time.tsx';
import type { BackupResult } from './read-result.ts';
import { SideFailures } from './side-failures.tsx';
import { SnapshotLink } from './snapshot-link.tsx';

/** The snapshot that a backup made. */
export function BackupView({ of }: { readonly of: BackupResult }) {
  const { snapshot, state, remarks, backends, newBytes, storedBytes, files, entries, forgotten, failures } = of;
  return (
    <div class="stack">
      <dl class="facts">
        <dt>Snapshot</dt>
        <dd>
          <SnapshotLink id={snapshot.id} /> of {snapshot.server}, <Time at={snapshot.time} />{' '}
          <Mark kind={state === 'complete' ? 'good' : 'warn'}>{state}</Mark>
        </dd>
        <dt>Backends</dt>
        <dd>{backends.join(', ')}</dd>
        <Size name="Size" bytes={snapshot.bytes} />
        <Size name="New" bytes={newBytes} />
        <Size name="Stored for it" bytes={storedBytes} />
        <Count name="Files" count={files} />
        <Count name="Entries" count={entries} />
        {forgotten.length === 0 ? null : (
          <>
            <dt>Forgot by the rule</dt>
            <dd>{forgotten.map((id) => id.slice(0, 12)).join(', ')}</dd>
          </>
        )}
      </dl>
      {remarks.map((remark) => (
        <p key={remark} class="note note-warn">
          {remark}
        </p>
      ))}
      <SideFailures failures={failures} />
    </div>
  );
}

function Size({ name, bytes }: { readonly name: string; readonly bytes: number | undefined }) {
  if (bytes === undefined) return null;
  return (
    <>
      <dt>{name}</dt>
      <dd>
        <Bytes of={bytes} />
      </dd>
    </>
  );
}

function Count({ name, count }: { readonly name: string; readonly count: number | undefined }) {
  if (count === undefined) return null;
  return (
    <>
      <dt>{name}</dt>
      <dd>{formatCount(count)}</dd>
    </>
  );
}
