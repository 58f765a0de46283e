import type { ComponentChildren } from 'preact';
import type { Snapshot } from '../../../../src/domain/snapshot.ts';
import { formatCount } from '../../../../src/foundation/counts.ts';
import { listSnapshots, shortId, type ListedSnapshot } from '../../api/snapshots.ts';
import { useResource } from '../../api/use-resource.ts';
import { Bytes } from '../../parts/bytes.tsx';
import { Mark } from '../../parts/mark.tsx';
import { Card } from '../../parts/page.tsx';
import { ResourceView } from '../../parts/resource-view.tsx';
import { Age, Time } from '../../parts/time.tsx';
import { VirtualTable, type Column } from '../../parts/virtual-table.tsx';
import { atLocalTime, localTime } from './local-time.ts';
import { suggest } from './suggest.ts';
import type { StepProps } from './wizard.tsx';

/** Which snapshot: those that most would take stand first, all others below. */
export function ChooseSnapshot(props: StepProps) {
  const snapshots = useResource((signal) => listSnapshots({ signal }), ['snapshots-to-restore']);
  return (
    <ResourceView of={snapshots} what="the snapshots">
      {(all) =>
        all.length === 0 ? (
          <div class="note note-warn">
            <p>The archive has no backup yet, so there is nothing to restore.</p>
          </div>
        ) : (
          <Choose {...props} all={all} />
        )
      }
    </ResourceView>
  );
}

function Choose({ choices, goTo, all }: StepProps & { readonly all: readonly ListedSnapshot[] }) {
  const { lostSince } = choices;
  const servers = [...new Set(all.map(({ server }) => server))];
  const choose = ({ id }: ListedSnapshot): void => goTo({ ...choices, step: 'what', snapshot: id, backends: [] });
  return (
    <>
      <label class="field restore-narrow">
        <span>Since when is something wrong? (if you know)</span>
        <input
          type="datetime-local"
          value={lostSince === undefined ? '' : localTime(lostSince)}
          onChange={(event) => goTo({ ...choices, lostSince: atLocalTime(event.currentTarget.value) })}
        />
        <span class="hint">Then backups made later are marked, and not suggested.</span>
      </label>
      {servers.map((server) => (
        <Suggestions key={server} server={servers.length > 1 ? server : undefined} lostSince={lostSince} onChoose={choose}>
          {all.filter((one) => one.server === server)}
        </Suggestions>
      ))}
      <Card title="All backups" aside={<span class="muted">{formatCount(all.length)}</span>}>
        <VirtualTable
          label="All backups"
          rowHeight={53}
          rows={all}
          keyOf={({ id }) => id}
          columns={columnsOf(servers.length > 1, lostSince, choose)}
        />
      </Card>
    </>
  );
}

interface SuggestionsProps {
  /** Undefined where the archive has but one. */
  readonly server: string | undefined;
  readonly lostSince: string | undefined;
  readonly onChoose: (snapshot: ListedSnapshot) => void;
  readonly children: readonly ListedSnapshot[];
}

function Suggestions({ server, lostSince, onChoose, children: snapshots }: SuggestionsProps) {
  const { proven, newest } = suggest(snapshots, lostSince);
  const title = server === undefined ? 'What most would take' : `What most would take of ${server}`;
  if (newest === undefined)
    return (
      <Card title={title}>
        <p>No good backup is {lostSince === undefined ? 'there' : 'older than that'}. Look below at what there is.</p>
      </Card>
    );
  return (
    <Card title={title}>
      <ul class="restore-suggestions">
        {proven === undefined || proven.id === newest.id ? null : (
          <Suggestion snapshot={proven} onChoose={onChoose}>
            The newest that is proven: it was restored once already, and its entries were compared.
          </Suggestion>
        )}
        <Suggestion snapshot={newest} onChoose={onChoose}>
          {proven?.id === newest.id
            ? 'The newest, and proven: it was restored once already, and its entries were compared.'
            : `The newest good one${lostSince === undefined ? '' : ' from before the trouble'}: it loses least. It was not tried yet; before anything is changed every byte of it is checked.`}
        </Suggestion>
      </ul>
    </Card>
  );
}

function Suggestion({
  snapshot,
  onChoose,
  children,
}: {
  readonly snapshot: ListedSnapshot;
  readonly onChoose: (snapshot: ListedSnapshot) => void;
  readonly children: ComponentChildren;
}) {
  const { id, time, entries, bytes } = snapshot;
  return (
    <li class="restore-suggestion">
      <div>
        <p>
          <strong>
            <Time at={time} />
          </strong>{' '}
          (<Age at={time} />) <SnapshotMark snapshot={snapshot} />
        </p>
        <p class="muted small">
          <code>{shortId(id)}</code>, {entries === undefined ? '' : `${formatCount(entries)} entries, `}
          <Bytes of={bytes} />
        </p>
        <p>{children}</p>
      </div>
      <button type="button" class="primary" onClick={() => onChoose(snapshot)}>
        Take {shortId(id)}
      </button>
    </li>
  );
}

export function SnapshotMark({ snapshot: { state, provenAt } }: { readonly snapshot: Pick<Snapshot, 'state' | 'provenAt'> }) {
  if (state === 'damaged') return <Mark kind="bad">damaged</Mark>;
  if (state !== 'complete') return <Mark kind="warn">{state}</Mark>;
  return provenAt === undefined ? <Mark kind="plain">not tried yet</Mark> : <Mark kind="good">proven</Mark>;
}

function columnsOf(
  isServerShown: boolean,
  lostSince: string | undefined,
  choose: (snapshot: ListedSnapshot) => void,
): readonly Column<ListedSnapshot>[] {
  return [
    { title: 'Made', cell: ({ time }) => <Time at={time} /> },
    { title: 'Age', cell: ({ time }) => <Age at={time} /> },
    {
      title: 'State',
      cell: (one) => (
        <span title={one.remarks.join('; ')}>
          <SnapshotMark snapshot={one} />{' '}
          {lostSince !== undefined && Date.parse(one.time) >= Date.parse(lostSince) ? (
            <Mark kind="warn">made after the trouble</Mark>
          ) : null}
        </span>
      ),
    },
    ...(isServerShown ? [{ title: 'Server', cell: ({ server }: ListedSnapshot) => server }] : []),
    { title: 'Entries', isNumber: true, cell: ({ entries }) => (entries === undefined ? '' : formatCount(entries)) },
    { title: 'Size', isNumber: true, cell: ({ bytes }) => <Bytes of={bytes} /> },
    {
      title: 'Take it',
      cell: (one) => (
        <button type="button" onClick={() => choose(one)}>
          Take {shortId(one.id)}
        </button>
      ),
    },
  ];
}
