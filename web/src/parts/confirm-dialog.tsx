import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { failureFrom, type ApiFailure } from '../api/api-failure.ts';
import { Dialog } from './dialog.tsx';
import { FailureNote } from './failure-note.tsx';

export interface ConfirmDialogProps {
  readonly title: string;
  /** On the button that does it: a verb with a noun. */
  readonly action: string;
  readonly isDangerous?: boolean;
  /** What has to be typed before it is done. */
  readonly typed?: string | undefined;
  /** While it cannot be confirmed yet. */
  readonly isBlocked?: boolean;
  readonly onConfirm: () => Promise<void>;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

/** Asks before something is done; what goes wrong is told in it, and it stays open. */
export function ConfirmDialog({ title, action, isDangerous, typed, isBlocked, onConfirm, onClose, children }: ConfirmDialogProps) {
  const [text, setText] = useState('');
  const [isBusy, setIsBusy] = useState(false);
  const [failure, setFailure] = useState<ApiFailure>();
  const isReady = isBlocked !== true && !isBusy && (typed === undefined || text === typed);
  const confirm = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (!isReady) return;
    setIsBusy(true);
    setFailure(undefined);
    try {
      await onConfirm();
    } catch (error) {
      setFailure(failureFrom(error));
    } finally {
      setIsBusy(false);
    }
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form class="stack" onSubmit={(event) => void confirm(event)}>
        {children}
        {typed === undefined ? null : (
          <label class="field">
            <span>
              Type <code>{typed}</code> to go on
            </span>
            <input value={text} onInput={(event) => setText(event.currentTarget.value)} autocomplete="off" spellcheck={false} />
          </label>
        )}
        <FailureNote failure={failure} />
        <div class="dialog-actions">
          <button type="button" onClick={onClose}>
            Leave it
          </button>
          <button class={isDangerous === true ? 'danger' : 'primary'} disabled={!isReady}>
            {isBusy ? `${action} …` : action}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
