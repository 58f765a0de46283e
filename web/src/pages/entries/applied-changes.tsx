import { formatCount } from '../../../../src/foundation/counts.ts';
import { formatDuration } from '../../../../src/foundation/durations.ts';
import { Mark } from '../../parts/mark.tsx';
import { Card } from '../../parts/page.tsx';
import { VirtualTable } from '../../parts/virtual-table.tsx';
import { undoAddress } from './addresses.ts';
import type { AppliedResult, ChangesDocument } from './documents.ts';
import { PlanView } from './plan-view.tsx';

/** What came of a command: how many changes, what was read back and as planned, what was not, and the way back. */
export function AppliedChanges({ document }: { readonly document: ChangesDocument }) {
  const { result } = document;
  return (
    <Card title="What came of it">
      <div class="stack">
        {result === undefined ? <p>There was nothing to change.</p> : <Result result={result} />}
        <PlanView plan={document} />
      </div>
    </Card>
  );
}

function Result({ result }: { readonly result: AppliedResult }) {
  const { applied, proven, milliseconds, refused, unproven, undoFile } = result;
  const isGood = refused.length === 0 && unproven.length === 0;
  return (
    <>
      <p class="row" role="status">
        <Mark kind={isGood ? 'good' : 'bad'}>{isGood ? 'done and proven' : 'done in part'}</Mark>
        <span>
          {formatCount(applied)} {applied === 1 ? 'change' : 'changes'} in {formatDuration(milliseconds)}; read back and as planned:{' '}
          {formatCount(proven)} {proven === 1 ? 'entry' : 'entries'}.
        </span>
      </p>
      {refused.length === 0 ? null : (
        <section aria-label="Refused by the server">
          <h3>{formatCount(refused.length)} refused by the server</h3>
          <VirtualTable
            label="Refused by the server"
            columns={[
              { title: 'change', cell: ({ change }) => change },
              { title: 'entry', cell: ({ dn }) => dn },
              { title: 'why', cell: ({ text, result: code, attribute }) => `${text} (${[code, attribute].filter(Boolean).join(', ')})` },
            ]}
            rows={refused}
            keyOf={({ dn, change, text }) => `${change} ${dn} ${text}`}
          />
        </section>
      )}
      {unproven.length === 0 ? null : (
        <section aria-label="Not as planned">
          <h3>{formatCount(unproven.length)} not as planned when read back</h3>
          <VirtualTable
            label="Not as planned"
            columns={[
              { title: 'entry', cell: ({ dn }) => dn },
              { title: 'state', cell: ({ state }) => state },
            ]}
            rows={unproven}
            keyOf={({ dn }) => dn}
          />
        </section>
      )}
      {undoFile === undefined ? null : (
        <div class="row">
          <a class="button" href={undoAddress(undoFile)}>
            Take it back
          </a>
          <span class="muted small">
            The undo file lies at the agent, and holds passwords: <code>{undoFile}</code>
          </span>
        </div>
      )}
    </>
  );
}
