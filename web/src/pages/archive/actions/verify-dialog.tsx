import { useState } from 'preact/hooks';
import { formatBytes } from '../../../../../src/foundation/sizes.ts';
import { requestRun } from '../../../api/runs.ts';
import { shortId, type ListedSnapshot } from '../../../api/snapshots.ts';
import { ConfirmDialog } from '../../../parts/confirm-dialog.tsx';
import type { WatchedRun } from './run-watch.tsx';

interface RunDialogProps {
  readonly snapshot: ListedSnapshot;
  readonly onBegun: (run: WatchedRun) => void;
  readonly onClose: () => void;
}

/** Verifies one snapshot: whether all is there, or whether every byte is as it was. */
export function VerifyDialog({ snapshot: { id, bytes }, onBegun, onClose }: RunDialogProps) {
  const [isRead, setIsRead] = useState(false);
  const begin = async (): Promise<void> => {
    const run = await requestRun('verify', [id, ...(isRead ? ['--read-data'] : [])]);
    onBegun({ id: run.id, title: `Verify ${shortId(id)}` });
  };
  return (
    <ConfirmDialog title={`Verify the snapshot ${shortId(id)}`} action="Verify" onConfirm={begin} onClose={onClose}>
      <fieldset class="stack">
        <legend>How</legend>
        <Choice
          isChosen={!isRead}
          onChoose={() => setIsRead(false)}
          title="Quickly"
          text="Every file is there and has its size. Takes seconds."
        />
        <Choice
          isChosen={isRead}
          onChoose={() => setIsRead(true)}
          title="Every byte"
          text={`Reads and hashes all ${formatBytes(bytes)}, which takes as long as to fetch them.`}
        />
      </fieldset>
    </ConfirmDialog>
  );
}

/** Rehearses a restore of one snapshot in a scratch server. */
export function DrillDialog({ snapshot: { id }, onBegun, onClose }: RunDialogProps) {
  const begin = async (): Promise<void> => {
    const run = await requestRun('drill', [id]);
    onBegun({ id: run.id, title: `Drill of ${shortId(id)}` });
  };
  return (
    <ConfirmDialog title={`Drill with the snapshot ${shortId(id)}`} action="Begin the drill" onConfirm={begin} onClose={onClose}>
      <p>
        The agent makes a scratch server of its own on its machine, restores the snapshot into it, proves what came back, and removes it. No
        running server is touched. It takes as long as a recovery takes, and the room of a whole server on that machine.
      </p>
      <p class="muted">
        The agent needs the product to make the server of: the setting <code>drill.installation</code>. Without it the run ends and says so.
      </p>
    </ConfirmDialog>
  );
}

interface ChoiceProps {
  readonly isChosen: boolean;
  readonly onChoose: () => void;
  readonly title: string;
  readonly text: string;
}

function Choice({ isChosen, onChoose, title, text }: ChoiceProps) {
  return (
    <label class="archive-choice">
      <input type="radio" name="how" checked={isChosen} onChange={onChoose} />
      <span>
        {title}
        <span class="muted small archive-choice-text">{text}</span>
      </span>
    </label>
  );
}
