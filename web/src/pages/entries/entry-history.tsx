import { formatCount } from '../../../../src/foundation/counts.ts';
import { useReadCommand } from '../../api/use-read-command.ts';
import { Card } from '../../parts/page.tsx';
import { Time } from '../../parts/time.tsx';
import { useState } from 'preact/hooks';
import { entryAddress } from './addresses.ts';
import { ChangeTable } from './attribute-table.tsx';
import { CommandProgress } from './command-progress.tsx';
import { isStamp, type HistoryDocument, type HistoryMoment } from './documents.ts';
import { HistoryMark, timeOfStamp } from './moments.tsx';
import { historyWords } from './words.ts';

const momentsAtOnce = 20;

/** What became of an entry, the newest first: when, between which snapshots, by whom as the entry says, and each value that went or came. */
export function EntryHistory({ dn, beside }: { readonly dn: string; readonly beside: string }) {
  const history = useReadCommand<HistoryDocument>(historyWords(dn));
  const [shown, setShown] = useState(momentsAtOnce);
  const moments = history.value?.moments ?? [];
  const newestFirst = moments.toReversed();
  return (
    <Card
      title="History"
      aside={
        history.value === undefined ? undefined : (
          <span class="muted small">
            {formatCount(moments.length)} {moments.length === 1 ? 'moment' : 'moments'} in {formatCount(history.value.snapshots)} snapshots
          </span>
        )
      }
    >
      <div class="stack">
        <CommandProgress of={history} what="Going through the snapshots" />
        {history.value === undefined ? null : (
          <ol class="entries-history">
            {newestFirst.slice(0, shown).map((moment) => (
              <li key={moment.snapshot.id}>
                <OneMoment moment={moment} isBack={isBack(moments, moment)} beside={beside} />
              </li>
            ))}
          </ol>
        )}
        {newestFirst.length > shown ? (
          <div>
            <button type="button" onClick={() => setShown(shown + momentsAtOnce)}>
              Show older ones
            </button>
          </div>
        ) : null}
      </div>
    </Card>
  );
}

function OneMoment({
  moment,
  isBack: isThereAgain,
  beside,
}: {
  readonly moment: HistoryMoment;
  readonly isBack: boolean;
  readonly beside: string;
}) {
  const { kind, snapshot, since, dn, dnBefore, modifiersName, modifyTimestamp } = moment;
  const changes = moment.changes.filter(({ name }) => !isStamp(name));
  const at = modifyTimestamp === undefined ? undefined : timeOfStamp(modifyTimestamp);
  return (
    <div class="stack">
      <h3 class="row">
        <Time at={snapshot.time} />
        <HistoryMark kind={kind} isBack={isThereAgain} />
      </h3>
      {dnBefore === undefined ? null : (
        <p>
          from <strong>{dnBefore}</strong> to <strong>{dn}</strong>
        </p>
      )}
      <p class="muted small">
        {since === undefined ? null : (
          <>
            Between the snapshots of <Time at={since.time} /> and <Time at={snapshot.time} />
            {modifiersName === undefined ? '.' : '; '}
          </>
        )}
        {modifiersName === undefined ? null : (
          <>
            {since === undefined ? 'The entry says: ' : 'the entry says: '}
            {at === undefined ? modifyTimestamp : <Time at={at} />} by {modifiersName}.
          </>
        )}
      </p>
      {changes.length === 0 ? null : <ChangeTable caption="What changed" changes={changes} />}
      <p class="row small">
        {kind === 'gone' ? null : <a href={entryAddress(dn, { from: snapshot.id, beside })}>As it was from then on</a>}
        {since === undefined || kind === 'appeared' ? null : (
          <a href={entryAddress(dnBefore ?? dn, { from: since.id, beside })}>As it was before</a>
        )}
      </p>
    </div>
  );
}

/** It was gone before it appeared. */
function isBack(moments: readonly HistoryMoment[], moment: HistoryMoment): boolean {
  return moment.kind === 'appeared' && moments.slice(0, moments.indexOf(moment)).some(({ kind }) => kind === 'gone');
}
