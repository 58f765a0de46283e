import type { ListedSnapshot } from '../../api/snapshots.ts';
import { sendDocument } from '../../api/client.ts';
import { useReloadAt, useResource } from '../../api/use-resource.ts';
import { shortId } from '../../api/snapshots.ts';
import { Bytes } from '../../parts/bytes.tsx';
import { Mark } from '../../parts/mark.tsx';
import { Card } from '../../parts/page.tsx';
import { ResourceView } from '../../parts/resource-view.tsx';
import { Time } from '../../parts/time.tsx';
import { useInView } from '../../parts/use-in-view.ts';
import { VirtualTable } from '../../parts/virtual-table.tsx';

/** What `forget` prints as its plan. */
interface ForgetPlan {
  readonly keep: readonly { readonly snapshot: ListedSnapshot; readonly reasons: readonly string[] }[];
  readonly forget: readonly ListedSnapshot[];
}

interface PlanRow {
  readonly snapshot: ListedSnapshot;
  /** Undefined: it goes. */
  readonly reasons: readonly string[] | undefined;
}

/** What the next forget by the rule keeps, and why, and what it lets go. It is asked for when the card comes into view, and when the snapshots have changed. */
export function RetentionCard({ changed, isReady }: { readonly changed: string; readonly isReady: boolean }) {
  const [element, isSeen] = useInView<HTMLDivElement>(isReady);
  const plan = useResource<ForgetPlan>(
    isSeen ? (signal) => sendDocument('POST', '/plans/forget', { words: [] }, { signal }) : undefined,
    [],
  );
  useReloadAt(plan, changed);
  // That no rule is set is a state and no trouble: the command says so by a refusal.
  const hasNoRule = plan.failure?.code === 'E_USAGE';
  return (
    <div ref={element}>
      <Card title="Retention, as it will act">
        {hasNoRule ? (
          <p class="muted">
            No retention rule is set: nothing is forgotten by itself, and the archive grows. The settings <code>retention.…</code> make one.
          </p>
        ) : (
          <ResourceView of={plan} what="what the rule keeps">
            {(value) => <PlanView plan={value} />}
          </ResourceView>
        )}
      </Card>
    </div>
  );
}

function PlanView({ plan: { keep, forget } }: { readonly plan: ForgetPlan }) {
  const rows: readonly PlanRow[] = [
    ...forget.map((snapshot): PlanRow => ({ snapshot, reasons: undefined })),
    ...keep.map(({ snapshot, reasons }): PlanRow => ({ snapshot, reasons })),
  ].toSorted((a, b) => b.snapshot.time.localeCompare(a.snapshot.time));
  if (rows.length === 0) return <p class="muted">There are no snapshots yet.</p>;
  return (
    <div class="stack">
      <p>
        The next forget keeps <strong>{keep.length}</strong> and lets <strong>{forget.length}</strong> go
        {forget.length === 0 ? null : (
          <>
            {' '}
            (<Bytes of={forget.reduce((sum, { bytes }) => sum + bytes, 0)} />)
          </>
        )}
        .
      </p>
      <details>
        <summary>Each snapshot, and why it stays</summary>
        <VirtualTable<PlanRow>
          label="What stays and what goes"
          rows={rows}
          keyOf={({ snapshot }) => snapshot.id}
          columns={[
            {
              title: 'Snapshot',
              cell: ({ snapshot }) => (
                <>
                  <a class="mono" href={`/archive/${snapshot.id}`}>
                    {shortId(snapshot.id)}
                  </a>{' '}
                  <Time at={snapshot.time} />
                </>
              ),
            },
            { title: 'Server', cell: ({ snapshot }) => snapshot.server },
            {
              title: 'What happens',
              cell: ({ reasons }) =>
                reasons === undefined ? <Mark kind="warn">goes</Mark> : <Mark kind="good">stays: {reasons.join(', ')}</Mark>,
            },
          ]}
        />
      </details>
    </div>
  );
}
