import { useLocation } from 'preact-iso';
import { useState } from 'preact/hooks';
import { formatCount } from '../../../../src/foundation/counts.ts';
import { keepCommand } from '../../api/kept-commands.ts';
import { useReadCommand } from '../../api/use-read-command.ts';
import { ConfirmDialog } from '../../parts/confirm-dialog.tsx';
import { Card } from '../../parts/page.tsx';
import { changesAddress } from './addresses.ts';
import { CommandProgress } from './command-progress.tsx';
import type { ChangesDocument } from './documents.ts';
import { PlanView } from './plan-view.tsx';
import { commandLine, withFlag } from './words.ts';

export interface PlanAndApplyProps {
  readonly words: readonly string[];
  /** On the button and as title of what is asked: a verb with a noun. */
  readonly question: string;
  readonly onBegun?: (() => void) | undefined;
}

/** The plan of a command, and the way to carry it out. `words` without `--plan` and `--yes`. */
export function PlanAndApply({ words, question, onBegun }: PlanAndApplyProps) {
  const [isAsking, setIsAsking] = useState(false);
  const plan = useReadCommand<ChangesDocument>(withFlag(words, '--plan'));
  const count = plan.value?.changes.length ?? 0;
  return (
    <Card
      title="What would be done"
      aside={
        plan.value === undefined ? undefined : (
          <button type="button" onClick={plan.reload}>
            Plan anew
          </button>
        )
      }
    >
      <div class="stack">
        <CommandProgress of={plan} what="Planning by what is there now" />
        {plan.value === undefined ? null : (
          <>
            <PlanView plan={plan.value} />
            <p class="row">
              <button type="button" class="primary" disabled={count === 0} onClick={() => setIsAsking(true)}>
                {question}
              </button>
              {count === 0 ? <span>There is nothing to change.</span> : null}
            </p>
            <p class="muted small">
              The same by hand: <code>{commandLine(words)}</code>
            </p>
          </>
        )}
        {plan.value !== undefined && isAsking ? (
          <AskToApply plan={plan.value} words={words} question={question} onBegun={onBegun} onClose={() => setIsAsking(false)} />
        ) : null}
      </div>
    </Card>
  );
}

/** Asks once more; then the agent keeps the command, and its page comes. */
function AskToApply({
  plan: { changes },
  words,
  question,
  onBegun,
  onClose,
}: PlanAndApplyProps & { readonly plan: ChangesDocument; readonly onClose: () => void }) {
  const { route } = useLocation();
  const deletes = changes.filter(({ change }) => change === 'delete').length;
  const count = `${formatCount(changes.length)} ${changes.length === 1 ? 'change' : 'changes'}`;
  return (
    <ConfirmDialog
      title={`${question}?`}
      action={`Make ${count}`}
      isDangerous={deletes > 0}
      onClose={onClose}
      onConfirm={async () => {
        const { id } = await keepCommand(withFlag(words, '--yes'));
        onBegun?.();
        route(changesAddress(id));
      }}
    >
      <p>
        The running server is changed: {count}
        {deletes === 0 ? '' : `, of which ${formatCount(deletes)} ${deletes === 1 ? 'deletes' : 'delete'} an entry`}. The agent plans once
        more by what is there then.
      </p>
      <p>Before the first change it writes an undo file, by which all can be taken back. It goes on when you close this page.</p>
    </ConfirmDialog>
  );
}
