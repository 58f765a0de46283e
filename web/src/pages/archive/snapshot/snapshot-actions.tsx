import { useState } from 'preact/hooks';
import { may } from '../../../api/session-state.ts';
import { useSnapshots } from '../../../api/use-snapshots.ts';
import { ForgetDialog } from '../actions/forget-dialog.tsx';
import { PinDialog, UnpinDialog } from '../actions/pin-dialog.tsx';
import type { WatchedRun } from '../actions/run-watch.tsx';
import { DrillDialog, VerifyDialog } from '../actions/verify-dialog.tsx';
import type { SnapshotDocument } from './snapshot-document.ts';

type Asked = 'verify' | 'drill' | 'pin' | 'unpin' | 'forget';

export interface SnapshotActionsProps {
  readonly snapshot: SnapshotDocument;
  readonly onBegun: (run: WatchedRun) => void;
  readonly onChanged: () => void;
}

/** What an operator can do with a snapshot; nothing for others. */
export function SnapshotActions({ snapshot, onBegun, onChanged }: SnapshotActionsProps) {
  const [asked, setAsked] = useState<Asked>();
  if (!may('operator')) return null;
  const close = (): void => setAsked(undefined);
  const props = {
    snapshot,
    onClose: close,
    onBegun: (run: WatchedRun) => {
      close();
      onBegun(run);
    },
    onDone: () => {
      close();
      onChanged();
    },
  };
  const ask = (what: Asked, text: string) => (
    <button type="button" onClick={() => setAsked(what)}>
      {text}
    </button>
  );
  return (
    <>
      {ask('verify', 'Verify …')}
      {ask('drill', 'Drill …')}
      {snapshot.pinned === undefined ? ask('pin', 'Pin …') : ask('unpin', 'Unpin …')}
      {ask('forget', 'Forget …')}
      {asked === 'verify' ? <VerifyDialog {...props} /> : null}
      {asked === 'drill' ? <DrillDialog {...props} /> : null}
      {asked === 'pin' ? <PinDialog {...props} /> : null}
      {asked === 'unpin' ? <UnpinDialog {...props} /> : null}
      {asked === 'forget' ? <ForgetOne {...props} /> : null}
    </>
  );
}

/** Which is the newest good one is told by the list of all. */
function ForgetOne({ snapshot, onBegun, onClose }: Pick<SnapshotActionsProps, 'snapshot' | 'onBegun'> & { readonly onClose: () => void }) {
  const { value } = useSnapshots();
  return <ForgetDialog all={value ?? []} chosen={[snapshot]} onBegun={onBegun} onClose={onClose} />;
}
