import { useEffect, useRef, useState } from 'preact/hooks';
import { changesText } from '../../../../src/restore/entry-counts.ts';
import { afterProgress, nothingTold, type ToldProgress } from '../../../../src/foundation/told-progress.ts';
import type { EntryChanges } from '../../../../src/restore/compare-with-now.ts';
import { failureFrom, isAbort, type ApiFailure } from '../../api/api-failure.ts';
import { now } from '../../api/now.ts';
import { may } from '../../api/session-state.ts';
import { FailureNote } from '../../parts/failure-note.tsx';
import { LiveSteps } from '../../parts/live-steps.tsx';
import { Card } from '../../parts/page.tsx';
import { wordsOf, type Choices } from './choices.ts';
import { compareRestore } from './plans.ts';

/** How many entries would go, change and come back: asked for by a button, as the server exports all it has for it. */
export function Comparison({ choices }: { readonly choices: Choices }) {
  const [progress, setProgress] = useState<ToldProgress>();
  const [changes, setChanges] = useState<readonly EntryChanges[]>();
  const [failure, setFailure] = useState<ApiFailure>();
  const stop = useRef<AbortController>(undefined);
  useEffect(() => () => stop.current?.abort(), []);
  const compare = async (): Promise<void> => {
    const own = new AbortController();
    stop.current = own;
    setFailure(undefined);
    setChanges(undefined);
    setProgress(nothingTold);
    try {
      const plan = await compareRestore(wordsOf(choices), {
        signal: own.signal,
        onProgress: (event) => setProgress((before = nothingTold) => afterProgress(before, event, new Date(now()).toISOString())),
      });
      setChanges(plan.changes ?? []);
    } catch (error) {
      if (!isAbort(error)) setFailure(failureFrom(error));
    } finally {
      setProgress(undefined);
    }
  };
  return (
    <Card title="What exactly would be lost?">
      {may('restorer') ? (
        <>
          <p class="muted">
            The server can be asked to export what it has now, which is compared entry by entry. It changes nothing, and takes a while.
          </p>
          <FailureNote failure={failure} />
          {progress === undefined ? null : <LiveSteps steps={progress.steps} />}
          {changes === undefined ? null : <Changes changes={changes} />}
          <p class="restore-back">
            {progress === undefined ? (
              <button type="button" onClick={() => void compare()}>
                Compare with what is there now
              </button>
            ) : (
              <button type="button" onClick={() => stop.current?.abort()}>
                Stop comparing
              </button>
            )}
          </p>
        </>
      ) : (
        <p class="muted">Whoever has the role restorer can have every entry compared here.</p>
      )}
    </Card>
  );
}

function Changes({ changes }: { readonly changes: readonly EntryChanges[] }) {
  return (
    <div class="stack" role="status">
      {changes.map(({ backend, baseDn, counts, examples }) => (
        <div key={`${backend} ${baseDn}`}>
          <p>
            <strong>
              {backend} {baseDn}:
            </strong>{' '}
            {counts === undefined ? 'nobody can tell, as the backup has no export of it.' : `${changesText(counts)}.`}
          </p>
          {examples.length === 0 ? null : (
            <details class="restore-more">
              <summary>The first of them by name</summary>
              <ul class="restore-names">
                {examples.map(({ dn, change }) => (
                  <li key={`${change} ${dn}`}>
                    <span class="muted">{changeWords[change]}</span> <code>{dn}</code>
                  </li>
                ))}
              </ul>
            </details>
          )}
        </div>
      ))}
    </div>
  );
}

const changeWords = { lost: 'goes:', changed: 'becomes what it was:', 'brought-back': 'comes back:' } as const;
