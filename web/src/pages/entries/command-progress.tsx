import type { ReadCommand } from '../../api/use-read-command.ts';
import { FailureNote } from '../../parts/failure-note.tsx';
import { LiveSteps } from '../../parts/live-steps.tsx';
import { CommandNotes } from './command-notes.tsx';

/** A command that reads, until its document is there: how far it is, a way to give it up, and what went wrong. */
export function CommandProgress({ of, what }: { readonly of: ReadCommand<unknown>; readonly what: string }) {
  return (
    <>
      {of.isRunning ? (
        <div class="entries-progress">
          <p role="status">{what} …</p>
          <LiveSteps steps={of.steps} />
          <div>
            <button type="button" onClick={of.cancel}>
              Cancel
            </button>
          </div>
        </div>
      ) : null}
      {of.isCanceled ? (
        <div class="note note-plain" role="status">
          <p>Given up, as you asked.</p>
          <p>
            <button type="button" onClick={of.reload}>
              Begin again
            </button>
          </p>
        </div>
      ) : null}
      {isWrongInput(of.failure?.code) ? <FailureNote failure={of.failure} /> : <FailureNote failure={of.failure} onRetry={of.reload} />}
      <CommandNotes notes={of.notes} />
    </>
  );
}

/** The same words would be refused again. */
function isWrongInput(code = ''): boolean {
  return ['E_FILTER_INVALID', 'E_DN_INVALID', 'E_USAGE', 'E_ENTRY_UNKNOWN'].includes(code);
}
