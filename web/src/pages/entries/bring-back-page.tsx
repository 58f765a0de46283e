import { useState } from 'preact/hooks';
import { formatCount } from '../../../../src/foundation/counts.ts';
import { listSnapshots, type ListedSnapshot } from '../../api/snapshots.ts';
import { useResource } from '../../api/use-resource.ts';
import { Card, Page } from '../../parts/page.tsx';
import { ResourceView } from '../../parts/resource-view.tsx';
import { SelectSnapshot } from '../../parts/select-snapshot.tsx';
import { VirtualTable } from '../../parts/virtual-table.tsx';
import { entryAddress } from './addresses.ts';
import { bringBack, changeChoice, choose, leaveOut, mostChosen, nothingChosen, type BringBack } from './bring-back-choice.ts';
import { EntriesTabs } from './entries-tabs.tsx';
import { PlanAndApply } from './plan-and-apply.tsx';
import { ScopeFields } from './scope-fields.tsx';
import { restoreWords } from './words.ts';

/** What was chosen, how it is to come back, what would be done for it, and the way to do it. */
export function BringBackPage() {
  const snapshots = useResource((signal) => listSnapshots({ signal }), []);
  const choice = bringBack.value;
  const [planned, setPlanned] = useState<readonly string[]>();
  const words = restoreWords(choice);
  const isNamed = choice.entries.length > 0 || choice.where.trim() !== '' || choice.base.trim() !== '';
  // A plan of another choice is none.
  const isCurrent = planned !== undefined && JSON.stringify(planned) === JSON.stringify(words);
  return (
    <Page
      title="Bring back"
      lead="Makes entries of the running server what they were in a snapshot. You see first what would be done; nothing is changed until you say so."
    >
      <EntriesTabs />
      <ResourceView of={snapshots} what="the snapshots">
        {(all) => (
          <>
            <Card title={`${formatCount(choice.entries.length)} ${choice.entries.length === 1 ? 'entry' : 'entries'} chosen`}>
              <Chosen choice={choice} snapshots={all} />
            </Card>
            <Card title="How">
              <form
                class="stack"
                onSubmit={(event) => {
                  event.preventDefault();
                  setPlanned(words);
                }}
              >
                <Options choice={choice} snapshots={all} />
                <div>
                  <button class="primary" disabled={!isNamed || choice.from === ''}>
                    Show what would be done
                  </button>
                </div>
              </form>
            </Card>
          </>
        )}
      </ResourceView>
      {isCurrent ? (
        <PlanAndApply
          key={JSON.stringify(planned)}
          words={words}
          question="Bring back what was chosen"
          onBegun={() => (bringBack.value = nothingChosen)}
        />
      ) : null}
    </Page>
  );
}

function Chosen({ choice, snapshots }: { readonly choice: BringBack; readonly snapshots: readonly ListedSnapshot[] }) {
  const others = choice.entries.filter(({ from }) => from !== choice.from).length;
  return (
    <div class="stack">
      {choice.entries.length === 0 ? (
        <p class="muted">
          Choose entries from a <a href="/entries">search</a> or a <a href="/entries/compare">comparison</a>, on the page of an entry, or by
          their name here.
        </p>
      ) : (
        <VirtualTable
          label="Entries chosen"
          columns={[
            { title: 'entry', cell: ({ dn }) => <a href={entryAddress(dn, { from: choice.from })}>{dn}</a> },
            {
              title: 'leave out',
              cell: ({ dn }) => (
                <button type="button" class="link" aria-label={`Leave out ${dn}`} onClick={() => leaveOut(dn)}>
                  Leave out
                </button>
              ),
            },
          ]}
          rows={choice.entries}
          keyOf={({ dn }) => dn}
        />
      )}
      {others > 0 ? (
        <div class="note note-warn">
          <p>
            {formatCount(others)} of them {others === 1 ? 'was' : 'were'} chosen in another snapshot. All come back as the one named below
            has them.
          </p>
        </div>
      ) : null}
      <AddByName from={choice.from === '' ? (snapshots[0]?.id ?? '') : choice.from} isFull={choice.entries.length >= mostChosen} />
    </div>
  );
}

function AddByName({ from, isFull }: { readonly from: string; readonly isFull: boolean }) {
  const [dn, setDn] = useState('');
  return (
    <form
      class="entries-add"
      onSubmit={(event) => {
        event.preventDefault();
        if (dn.trim() !== '') choose([dn.trim()], from);
        setDn('');
      }}
    >
      <label class="field">
        <span>Add by its DN</span>
        <input value={dn} onInput={(event) => setDn(event.currentTarget.value)} maxLength={4000} autocomplete="off" spellcheck={false} />
        {isFull ? <span class="hint">No more than {mostChosen} can be named. Use a base DN or a filter below.</span> : null}
      </label>
      <button disabled={isFull || dn.trim() === ''}>Add</button>
    </form>
  );
}

function Options({ choice, snapshots }: { readonly choice: BringBack; readonly snapshots: readonly ListedSnapshot[] }) {
  return (
    <div class="entries-form">
      <SelectSnapshot
        label="As it was in"
        snapshots={snapshots}
        value={choice.from}
        onChange={(from) => changeChoice({ from })}
        extra={choice.from === '' ? [{ value: '', text: 'choose a snapshot' }] : []}
      />
      <label class="field">
        <span>Only these attributes</span>
        <input
          value={choice.attributes}
          onInput={(event) => changeChoice({ attributes: event.currentTarget.value })}
          placeholder="all"
          maxLength={2000}
          autocomplete="off"
          spellcheck={false}
        />
        <span class="hint">With commas between. Entries that are gone are not added then.</span>
      </label>
      <label class="field">
        <span>Without these attributes</span>
        <input
          value={choice.without}
          onInput={(event) => changeChoice({ without: event.currentTarget.value })}
          placeholder="none"
          maxLength={2000}
          autocomplete="off"
          spellcheck={false}
        />
        <span class="hint">Such as those that the schema of the server has no more.</span>
      </label>
      <fieldset class="entries-wide entries-options">
        <legend>And with them</legend>
        <Box name="isWithReferences" choice={choice} text="Groups and others that named them then name them again" />
        <Box name="isSubtree" choice={choice} text="All below them" />
        <Box name="isDeletingAdded" choice={choice} text="Delete what was added below them since" isDisabled={!choice.isSubtree} />
      </fieldset>
      <details class="entries-wide" open={choice.where !== '' || choice.base !== ''}>
        <summary>Also what a filter finds in the snapshot</summary>
        <div class="entries-form">
          <ScopeFields base={choice.base} where={choice.where} onChange={changeChoice} />
        </div>
      </details>
    </div>
  );
}

function Box({
  name,
  choice,
  text,
  isDisabled = false,
}: {
  readonly name: 'isWithReferences' | 'isSubtree' | 'isDeletingAdded';
  readonly choice: BringBack;
  readonly text: string;
  readonly isDisabled?: boolean;
}) {
  return (
    <label class="entries-box">
      <input
        type="checkbox"
        checked={choice[name] && !isDisabled}
        disabled={isDisabled}
        onChange={(event) => changeChoice({ [name]: event.currentTarget.checked })}
      />
      {text}
    </label>
  );
}
