import { formatCount } from '../../../../src/foundation/counts.ts';
import { Mark, type MarkKind } from '../../parts/mark.tsx';
import { VirtualTable } from '../../parts/virtual-table.tsx';
import type { ChangeKind, ChangesDocument, Conflict, PlannedChange } from './documents.ts';

const marks: Readonly<Record<ChangeKind, { readonly kind: MarkKind; readonly text: string }>> = {
  add: { kind: 'good', text: 'add' },
  modify: { kind: 'warn', text: 'change' },
  rename: { kind: 'warn', text: 'rename' },
  delete: { kind: 'bad', text: 'delete' },
};
const kinds: readonly ChangeKind[] = ['add', 'modify', 'rename', 'delete'];
const mostTold = 50;

/** What would be done or was done, entry by entry; what is left alone; what cannot be as it was. */
export function PlanView({ plan }: { readonly plan: ChangesDocument }) {
  const counts = plan.counts ?? countsOf(plan.changes);
  return (
    <>
      <ul class="entries-counts">
        {kinds
          .filter((kind) => counts[kind] > 0)
          .map((kind) => (
            <li key={kind}>
              <strong>{formatCount(counts[kind])}</strong> <ChangeMark kind={kind} />
            </li>
          ))}
        {plan.unchanged === undefined || plan.unchanged === 0 ? null : (
          <li class="muted">{formatCount(plan.unchanged)} as they should be</li>
        )}
        {plan.alreadyUndone === undefined || plan.alreadyUndone === 0 ? null : (
          <li class="muted">of {formatCount(plan.alreadyUndone)} nothing is left to take back</li>
        )}
      </ul>
      {plan.changes.length === 0 ? null : <PlannedChanges changes={plan.changes} />}
      <Conflicts conflicts={plan.conflicts} />
      <NotAsItWas of={plan} />
      {plan.notes === undefined || plan.notes.length === 0 ? null : <Told title="Notes" lines={plan.notes} />}
      {plan.addedSince === undefined || plan.addedSince.count === 0 ? null : (
        <Told
          title={`${formatCount(plan.addedSince.count)} ${plan.addedSince.count === 1 ? 'entry was' : 'entries were'} added since, and ${plan.addedSince.count === 1 ? 'stays' : 'stay'}`}
          lines={plan.addedSince.dns}
        />
      )}
      <Records of={plan} />
    </>
  );
}

export function ChangeMark({ kind }: { readonly kind: ChangeKind }) {
  return <Mark kind={marks[kind].kind}>{marks[kind].text}</Mark>;
}

function PlannedChanges({ changes }: { readonly changes: readonly PlannedChange[] }) {
  return (
    <VirtualTable
      label="Changes"
      columns={[
        { title: 'change', cell: ({ change }) => <ChangeMark kind={change} /> },
        { title: 'entry', cell: ({ dn }) => dn },
        { title: 'as', cell: ({ reason }) => <span class="muted">{reason}</span> },
      ]}
      rows={changes}
      keyOf={({ dn, change, reason }) => `${change} ${dn} ${reason}`}
    />
  );
}

function Conflicts({ conflicts }: { readonly conflicts: readonly Conflict[] }) {
  if (conflicts.length === 0) return null;
  return (
    <section class="note note-warn" aria-label="Conflicts">
      <p>
        <strong>
          {formatCount(conflicts.length)} {conflicts.length === 1 ? 'conflict' : 'conflicts'}
        </strong>
      </p>
      <ul class="entries-told">
        {conflicts.slice(0, mostTold).map(({ dn, attribute, because, isForced }) => (
          <li key={`${dn} ${attribute ?? ''} ${because}`}>
            {isForced === true ? 'Put back all the same' : 'Left alone'}: {attribute === undefined ? dn : `${attribute} of ${dn}`}:{' '}
            {because}
          </li>
        ))}
        <More than={conflicts.length} />
      </ul>
    </section>
  );
}

function NotAsItWas({ of }: { readonly of: ChangesDocument }) {
  const parts = of.notPreserved ?? of.notKept ?? [];
  if (parts.length === 0) return null;
  return (
    <section class="note note-plain" aria-label="Not as it was">
      <p>
        <strong>What will not be as it was</strong>
      </p>
      <ul class="entries-told">
        {parts.map(({ attribute, changes, because }) => (
          <li key={`${attribute} ${because}`}>
            {attribute} of {formatCount(changes)}: {because}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Told({ title, lines }: { readonly title: string; readonly lines: readonly string[] }) {
  return (
    <section class="note note-plain" aria-label={title}>
      <p>
        <strong>{title}</strong>
      </p>
      <ul class="entries-told">
        {lines.slice(0, mostTold).map((line) => (
          <li key={line}>{line}</li>
        ))}
        <More than={lines.length} />
      </ul>
    </section>
  );
}

function More({ than }: { readonly than: number }) {
  return than > mostTold ? <li>and {formatCount(than - mostTold)} more</li> : null;
}

function Records({ of: { records } }: { readonly of: ChangesDocument }) {
  if (records === undefined || records.ldif === '') return null;
  return (
    <details>
      <summary>As LDIF, without secrets</summary>
      <pre class="entries-ldif" tabIndex={0} role="region" aria-label="The plan as LDIF">
        {records.ldif}
      </pre>
      {records.left === 0 ? null : <p class="muted small">And {formatCount(records.left)} more records, which are not shown here.</p>}
    </details>
  );
}

function countsOf(changes: readonly PlannedChange[]): Readonly<Record<ChangeKind, number>> {
  const counts = { add: 0, modify: 0, rename: 0, delete: 0 };
  for (const { change } of changes) counts[change] += 1;
  return counts;
}
