import { useEffect, useRef, useState } from 'preact/hooks';
import { isAbort } from '../../../api/api-failure.ts';
import { shortId, type ListedSnapshot } from '../../../api/snapshots.ts';
import { ConfirmDialog } from '../../../parts/confirm-dialog.tsx';
import { timeText } from '../../../parts/time.tsx';
import { runToEnd } from './run-to-end.ts';

interface PinDialogProps {
  readonly snapshot: ListedSnapshot;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

/** Pins a snapshot, so that no rule and nobody forgets it, for a reason and until a time, both as one likes. */
export function PinDialog({ snapshot: { id, pinned }, onDone, onClose }: PinDialogProps) {
  const [reason, setReason] = useState(pinned?.reason ?? '');
  const [until, setUntil] = useState('');
  const signal = useGoneSignal();
  const pin = async (): Promise<void> => {
    const words = ['pin', id, ...(reason.trim() === '' ? [] : [`--reason=${reason.trim()}`])];
    await unlessGone(runToEnd(until === '' ? words : [...words, `--until=${new Date(until).toISOString()}`], signal), onDone);
  };
  return (
    <ConfirmDialog title={`Pin the snapshot ${shortId(id)}`} action="Pin" onConfirm={pin} onClose={onClose}>
      <p>A pinned snapshot is kept: no rule drops it, and nobody can forget it before it is unpinned.</p>
      <label class="field">
        <span>Reason</span>
        <input value={reason} onInput={(event) => setReason(event.currentTarget.value)} maxLength={500} autocomplete="off" />
        <span class="hint">Whoever wonders later why it is kept reads it.</span>
      </label>
      <label class="field">
        <span>Until</span>
        <input type="datetime-local" value={until} onInput={(event) => setUntil(event.currentTarget.value)} />
        <span class="hint">In your time zone. Without it, it is pinned until somebody unpins it.</span>
      </label>
    </ConfirmDialog>
  );
}

export function UnpinDialog({ snapshot: { id, pinned }, onDone, onClose }: PinDialogProps) {
  const signal = useGoneSignal();
  return (
    <ConfirmDialog
      title={`Unpin the snapshot ${shortId(id)}?`}
      action="Unpin"
      onConfirm={() => unlessGone(runToEnd(['unpin', id], signal), onDone)}
      onClose={onClose}
    >
      <p>
        {pinned === undefined ? 'It is pinned' : `${pinned.by} pinned it ${timeText(pinned.at)}`}
        {pinned?.reason === undefined ? '' : `, because: ${pinned.reason}`}. From then on the rule of retention may drop it.
      </p>
    </ConfirmDialog>
  );
}

/** Aborts when the part of the page goes that asked for it. */
function useGoneSignal(): AbortSignal {
  const stop = useRef<AbortController>(undefined);
  stop.current ??= new AbortController();
  useEffect(() => () => stop.current?.abort(), []);
  return stop.current.signal;
}

async function unlessGone(work: Promise<unknown>, onDone: () => void): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (isAbort(error)) return;
    throw error;
  }
  onDone();
}
