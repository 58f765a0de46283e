import { useState } from 'preact/hooks';
import { formatCount } from '../../../../../src/foundation/counts.ts';
import { may } from '../../../api/session-state.ts';
import type { ListedSnapshot } from '../../../api/snapshots.ts';
import { ForgetDialog, mostForgotten } from './forget-dialog.tsx';
import { RunWatch, type WatchedRun } from './run-watch.tsx';

export interface ChosenBarProps {
  readonly all: readonly ListedSnapshot[];
  readonly chosen: readonly ListedSnapshot[];
  readonly onNone: () => void;
  /** The archive is no longer as it was. */
  readonly onChanged: () => void;
}

/** What can be done with the chosen snapshots: two compared, any forgotten. */
export function ChosenBar({ all, chosen, onNone, onChanged }: ChosenBarProps) {
  const [asked, setAsked] = useState<readonly ListedSnapshot[]>();
  const [run, setRun] = useState<WatchedRun>();
  return (
    <>
      {run === undefined ? null : <RunWatch key={run.id} run={run} onEnd={onChanged} />}
      {chosen.length === 0 ? null : (
        <div class="archive-chosen" role="group" aria-label="The chosen snapshots">
          <span role="status">{formatCount(chosen.length)} chosen</span>
          <Compare chosen={chosen} />
          {!may('operator') ? null : chosen.length > mostForgotten ? (
            <span class="muted">At most {mostForgotten} can be forgotten at once.</span>
          ) : (
            <button type="button" onClick={() => setAsked(chosen)}>
              Forget …
            </button>
          )}
          <button type="button" class="quiet" onClick={onNone}>
            Choose none
          </button>
        </div>
      )}
      {asked === undefined ? null : (
        <ForgetDialog
          all={all}
          chosen={asked}
          onBegun={(begun) => {
            setRun(begun);
            setAsked(undefined);
            onNone();
          }}
          onClose={() => setAsked(undefined)}
        />
      )}
    </>
  );
}

function Compare({ chosen }: { readonly chosen: readonly ListedSnapshot[] }) {
  const [before, after] = chosen.toSorted((a, b) => (a.time < b.time ? -1 : 1));
  if (chosen.length !== 2 || before === undefined || after === undefined) return <span class="muted">Choose two to compare them.</span>;
  return (
    <a class="button" href={`/archive/compare?before=${before.id}&after=${after.id}`}>
      Compare
    </a>
  );
}
