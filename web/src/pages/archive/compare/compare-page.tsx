import { useLocation } from 'preact-iso';
import { may } from '../../../api/session-state.ts';
import { shortId } from '../../../api/snapshots.ts';
import { useReadCommand } from '../../../api/use-read-command.ts';
import { useSnapshots } from '../../../api/use-snapshots.ts';
import { FailureNote } from '../../../parts/failure-note.tsx';
import { LiveSteps } from '../../../parts/live-steps.tsx';
import { Loading } from '../../../parts/loading.tsx';
import { Page } from '../../../parts/page.tsx';
import { ResourceView } from '../../../parts/resource-view.tsx';
import { SelectSnapshot } from '../../../parts/select-snapshot.tsx';
import type { DiffDocument } from './diff-document.ts';
import { Difference } from './difference.tsx';

/** What differs between two snapshots; which, the address says. */
export function ComparePage() {
  const { query, route } = useLocation();
  const snapshots = useSnapshots();
  const { before = '', after = '' } = query;
  const choose = (next: { readonly before?: string; readonly after?: string }): void => {
    route(`/archive/compare?${new URLSearchParams({ before, after, ...next }).toString()}`, true);
  };
  return (
    <Page
      title="Compare two snapshots"
      lead="Which files differ, and how much of their content. Only hashes are compared; no content is read."
    >
      <p>
        <a href="/archive">All snapshots</a>
      </p>
      <ResourceView of={snapshots} what="the snapshots">
        {(all) => (
          <div class="archive-pair">
            <SelectSnapshot
              label="Before"
              snapshots={all}
              value={fullId(all, before)}
              onChange={(id) => choose({ before: id })}
              extra={unlessListed(all, before)}
            />
            <SelectSnapshot
              label="After"
              snapshots={all}
              value={fullId(all, after)}
              onChange={(id) => choose({ after: id })}
              extra={unlessListed(all, after)}
            />
            <button type="button" disabled={before === '' || after === ''} onClick={() => choose({ before: after, after: before })}>
              Swap
            </button>
          </div>
        )}
      </ResourceView>
      {before === '' || after === '' ? (
        <p class="muted">Choose a snapshot on each side.</p>
      ) : before === after ? (
        <p class="muted">Both sides are the same snapshot: nothing differs.</p>
      ) : (
        <Between before={before} after={after} />
      )}
    </Page>
  );
}

function Between({ before, after }: { readonly before: string; readonly after: string }) {
  const diff = useReadCommand<DiffDocument>(['diff', '--', before, after]);
  return (
    <>
      {may('restorer') ? (
        <p>
          <a href={`/entries/compare?${new URLSearchParams({ before, after }).toString()}`}>
            Which entries of the directory changed between them
          </a>
        </p>
      ) : null}
      <FailureNote failure={diff.failure} onRetry={diff.reload} />
      {diff.value === undefined ? null : <Difference of={diff.value} />}
      {diff.isRunning ? (
        <>
          <Loading what="what differs" />
          <LiveSteps steps={diff.steps} />
        </>
      ) : null}
    </>
  );
}

/** The address may have the beginning of an ID. */
function fullId(all: readonly { readonly id: string }[], id: string): string {
  return (id !== '' && all.find((one) => one.id.startsWith(id))?.id) || id;
}

function unlessListed(all: readonly { readonly id: string }[], id: string): readonly { readonly value: string; readonly text: string }[] {
  if (id === '') return [{ value: '', text: 'choose one' }];
  return all.some((one) => one.id.startsWith(id)) ? [] : [{ value: id, text: shortId(id) }];
}
