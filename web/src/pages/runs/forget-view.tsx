import { Bytes } from '../../parts/bytes.tsx';
import { Mark } from '../../parts/mark.tsx';
import { Time } from '../../parts/time.tsx';
import { VirtualTable } from '../../parts/virtual-table.tsx';
import type { ForgetResult, HiddenVersions, PruneResult } from './read-result.ts';
import { countOf } from '../../parts/count-of.ts';
import { SideFailures } from './side-failures.tsx';
import { SnapshotLink } from './snapshot-link.tsx';
import { Suspicions } from './suspicions.tsx';

interface Line {
  readonly id: string;
  readonly time: string;
  readonly server: string;
  /** Undefined: it goes. */
  readonly reasons: readonly string[] | undefined;
}

/** What went, or would go, by the rule. */
export function ForgetView({ of: { isDone, kept, forgotten } }: { readonly of: ForgetResult }) {
  const lines: readonly Line[] = [...forgotten.map((one): Line => ({ ...one, reasons: undefined })), ...kept.map((one): Line => one)];
  const bytes = forgotten.reduce((sum, one) => sum + (one.bytes ?? 0), 0);
  return (
    <div class="stack">
      <p>
        {forgotten.length === 0 ? 'No snapshot' : countOf(forgotten.length, 'snapshot')} {isDone ? 'went' : 'would go'}
        {forgotten.length === 0 ? null : (
          <>
            {' '}
            (<Bytes of={bytes} />)
          </>
        )}
        ; {kept.length} {isDone ? 'stayed' : 'would stay'}. Space is given back by a prune.
      </p>
      {lines.length === 0 ? null : (
        <VirtualTable<Line>
          label="What goes and what stays"
          rows={lines}
          keyOf={({ id }) => id}
          columns={[
            { title: 'Snapshot', cell: ({ id }) => <SnapshotLink id={id} /> },
            { title: 'Made', cell: ({ time }) => <Time at={time} /> },
            { title: 'Server', cell: ({ server }) => server },
            {
              title: 'What happens',
              cell: ({ reasons }) =>
                reasons === undefined ? (
                  <Mark kind="warn">{isDone ? 'went' : 'goes'}</Mark>
                ) : (
                  <Mark kind="good">stays: {reasons.join(', ')}</Mark>
                ),
            },
          ]}
        />
      )}
    </div>
  );
}

/** What was removed, or would be. */
export function PruneView({ of }: { readonly of: PruneResult }) {
  const { isDone, objects, bytes, removedBytes, waiting, hidden, suspicions, failures } = of;
  return (
    <div class="stack">
      <p>
        {isDone && hidden !== undefined && removedBytes === 0 ? (
          'Nothing more was removed.'
        ) : isDone ? (
          <>
            <Bytes of={removedBytes} /> {hidden === undefined ? 'removed' : 'hidden, and given back once no lock holds it'}.
          </>
        ) : objects.length === 0 ? (
          'Nothing would be removed.'
        ) : (
          <>
            {countOf(objects.length, 'object')} (<Bytes of={bytes} />) would be removed.
          </>
        )}
        {waiting === 0 ? '' : ` ${countOf(waiting, 'leftover')} of late still ${waiting === 1 ? 'waits' : 'wait'} out the grace period.`}
      </p>
      {hidden === undefined ? null : <Hidden of={hidden} />}
      <Suspicions of={suspicions} />
      <SideFailures failures={failures} />
    </div>
  );
}

/** What was removed before: how much of its space came back, and how much a lock still holds. */
function Hidden({ of: { versions, bytes, swept } }: { readonly of: HiddenVersions }) {
  if (swept === undefined)
    return versions === 0 ? null : (
      <p>
        And {countOf(versions, 'hidden version')} (<Bytes of={bytes} />) would be given back, as far as no lock holds them.
      </p>
    );
  return (
    <p>
      Of what was removed before, <Bytes of={swept.bytes} /> came back
      {swept.lockedVersions === 0 ? null : (
        <>
          ; {countOf(swept.lockedVersions, 'version')} (<Bytes of={swept.lockedBytes} />) {swept.lockedVersions === 1 ? 'is' : 'are'} still
          locked{swept.lockedUntil === undefined ? null : ', the last until '}
          {swept.lockedUntil === undefined ? null : <Time at={swept.lockedUntil} />}
        </>
      )}
      .
      {swept.refusedVersions === 0
        ? null
        : ` The store did not let go ${countOf(swept.refusedVersions, 'version')} more: the right s3:DeleteObjectVersion is missing, or the bucket's own default holds them.`}
    </p>
  );
}
