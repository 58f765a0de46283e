import { useLocation } from 'preact-iso';
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { keepCommand } from '../../api/kept-commands.ts';
import { may, session } from '../../api/session-state.ts';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';

export interface ApproveProps {
  /** On the button: a verb with a noun. */
  readonly action: string;
  /** The command line without the program's name, and without `--yes`. */
  readonly words: readonly string[];
  /** What has to be typed: the server that is changed. */
  readonly typed: string;
  /** What whoever types it should have read. */
  readonly children: ComponentChildren;
}

/** The last question: only a restorer is asked it, and only the server's name answers it. Then the command runs at the agent, and is shown. */
export function Approve({ action, words, typed, children }: ApproveProps) {
  const [isAsked, setIsAsked] = useState(false);
  const { route } = useLocation();
  if (!may('restorer'))
    return (
      <div class="note note-plain">
        <p>
          <strong>You may look at the plan, and not carry it out.</strong> That needs the role restorer; yours is {session.value?.role}.
        </p>
        <p>To do: send the address of this page to somebody who has it. All that you chose stands in it.</p>
      </div>
    );
  return (
    <>
      <p>
        <button type="button" class="danger" onClick={() => setIsAsked(true)}>
          {action} …
        </button>{' '}
        <span class="muted">It asks once more.</span>
      </p>
      {isAsked ? (
        <ConfirmDialog
          title={`${action}?`}
          action={action}
          isDangerous
          typed={typed}
          onClose={() => setIsAsked(false)}
          onConfirm={async () => {
            const { id } = await keepCommand([...words, '--yes']);
            route(`/restore/${id}`);
          }}
        >
          {children}
          <p class="muted">A run of the same server that is under way is let come to its end first.</p>
        </ConfirmDialog>
      ) : null}
    </>
  );
}
