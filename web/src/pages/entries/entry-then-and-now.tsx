import { useLocation } from 'preact-iso';
import { useState } from 'preact/hooks';
import { useReadCommand } from '../../api/use-read-command.ts';
import { Mark } from '../../parts/mark.tsx';
import { Card } from '../../parts/page.tsx';
import { bringBackAddress } from './addresses.ts';
import { AllAttributes, ChangeTable } from './attribute-table.tsx';
import { changeChoice, choose } from './bring-back-choice.ts';
import { CommandProgress } from './command-progress.tsx';
import { isStamp, type BesideDocument } from './documents.ts';
import { MomentName } from './moments.tsx';
import { showWords } from './words.ts';

/** The entry at two moments: what differs first, all of it folded below; and the way to bring it back, or single attributes. */
export function EntryThenAndNow({ dn, from, beside }: { readonly dn: string; readonly from: string; readonly beside: string }) {
  const shown = useReadCommand<BesideDocument>(from === '' ? undefined : showWords(dn, from, beside));
  return (
    <Card title="Then and beside it">
      <div class="stack">
        <CommandProgress of={shown} what="Looking at both moments" />
        {shown.value === undefined ? null : <Shown document={shown.value} />}
      </div>
    </Card>
  );
}

function Shown({ document }: { readonly document: BesideDocument }) {
  const { snapshot, dn, attributes, beside } = document;
  const [names, setNames] = useState<readonly string[]>([]);
  const changes = document.changes.filter(({ name }) => !isStamp(name));
  const toggle = (name: string): void => setNames(names.includes(name) ? names.filter((one) => one !== name) : [...names, name]);
  return (
    <>
      <dl class="facts">
        <dt>
          <MomentName of={snapshot} />
        </dt>
        <dd>{dn ?? <Mark kind="bad">not there</Mark>}</dd>
        <dt>
          <MomentName of={beside.moment} />
        </dt>
        <dd>
          {beside.dn === undefined ? <Mark kind="bad">not there</Mark> : beside.dn}
          {dn !== undefined && beside.dn !== undefined && beside.dn !== dn ? (
            <>
              {' '}
              <Mark kind="warn">renamed</Mark>
            </>
          ) : null}
        </dd>
      </dl>
      {dn === undefined || beside.dn === undefined ? null : changes.length === 0 ? (
        <p>No attribute differs.</p>
      ) : (
        <ChangeTable
          caption="What differs between the two moments"
          changes={changes}
          words={{ removed: 'only then', added: beside.moment === 'now' ? 'only now' : 'only beside it' }}
          choice={{ isChosen: (name) => names.includes(name), onToggle: toggle }}
        />
      )}
      {dn === undefined ? null : <BringBackButton dn={dn} from={snapshot.id} attributes={names} />}
      {attributes === undefined ? null : <AllAttributes title="All as it was then" attributes={attributes} />}
      {beside.attributes === undefined ? null : (
        <AllAttributes title={beside.moment === 'now' ? 'All as it is now' : 'All as it was beside it'} attributes={beside.attributes} />
      )}
    </>
  );
}

function BringBackButton({ dn, from, attributes }: { readonly dn: string; readonly from: string; readonly attributes: readonly string[] }) {
  const { route } = useLocation();
  const what =
    attributes.length === 0 ? 'the entry as it was then' : attributes.length === 1 ? attributes[0] : `${attributes.length} attributes`;
  return (
    <div class="row">
      <button
        type="button"
        class="primary"
        onClick={() => {
          choose([dn], from);
          changeChoice({ attributes: attributes.join(',') });
          route(bringBackAddress);
        }}
      >
        Bring back {what}
      </button>
      <span class="muted small">You see first what would be done. To bring back only some attributes, mark them above.</span>
    </div>
  );
}
