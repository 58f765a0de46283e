import { formatCount } from '../../../../../src/foundation/counts.ts';
import { isLocked, shortId, type ListedSnapshot } from '../../../api/snapshots.ts';
import { Bytes } from '../../../parts/bytes.tsx';
import { Time } from '../../../parts/time.tsx';
import { VirtualTable, type Column } from '../../../parts/virtual-table.tsx';
import { PinnedMark, StateMark, VerifiedMark } from '../snapshot-marks.tsx';
import type { Verified } from '../verified.ts';
import type { SortKey, SortOrder } from './sort-snapshots.ts';

export interface SnapshotTableProps {
  readonly label: string;
  readonly snapshots: readonly ListedSnapshot[];
  readonly sort: SortKey;
  readonly order: SortOrder;
  readonly onSort: (sort: SortKey, order: SortOrder) => void;
  /** IDs of the chosen ones; undefined: nothing can be chosen. */
  readonly chosen: ReadonlySet<string> | undefined;
  readonly onChoose: (id: string, isChosen: boolean) => void;
  readonly verified: ReadonlyMap<string, Verified> | undefined;
  /** In milliseconds. */
  readonly now: number;
}

type SortedColumn = Column<ListedSnapshot> & { readonly key: SortKey };

const none = <span class="muted">–</span>;

/** Snapshots, a row each, however many; its headings sort them. */
export function SnapshotTable({ label, snapshots, sort, order, onSort, chosen, onChoose, verified, now }: SnapshotTableProps) {
  const sorted = columnsAt(now).flatMap(({ key, ...column }): Column<ListedSnapshot>[] => [
    { ...column, sorted: key === sort ? order : 'none', onSort: () => onSort(key, key === sort ? other(order) : firstOrder(key)) },
    ...(key === 'proven' ? [verifiedColumn(verified)] : []),
  ]);
  const choice: Column<ListedSnapshot> = {
    title: 'Chosen',
    isTitleHidden: true,
    cell: ({ id }) => (
      <input
        type="checkbox"
        aria-label={`Choose ${shortId(id)}`}
        checked={chosen?.has(id) === true}
        onChange={(event) => onChoose(id, event.currentTarget.checked)}
      />
    ),
  };
  return (
    <VirtualTable
      label={label}
      columns={chosen === undefined ? sorted : [choice, ...sorted]}
      rows={snapshots}
      keyOf={({ id }) => id}
      isMarked={({ id }) => chosen?.has(id) === true}
    />
  );
}

function verifiedColumn(verified: ReadonlyMap<string, Verified> | undefined): Column<ListedSnapshot> {
  return {
    title: 'Verified',
    cell: ({ id }) => {
      const found = verified?.get(id);
      return found === undefined ? none : <VerifiedMark of={found} />;
    },
  };
}

function columnsAt(now: number): readonly SortedColumn[] {
  return [
    { key: 'time', title: 'Time', cell: ({ time }) => <Time at={time} /> },
    { key: 'server', title: 'Server', cell: ({ server }) => server },
    {
      key: 'id',
      title: 'ID',
      cell: ({ id }) => (
        <a class="mono" href={`/archive/${id}`} title={id}>
          {shortId(id)}
        </a>
      ),
    },
    { key: 'state', title: 'State', cell: ({ state }) => <StateMark state={state} /> },
    { key: 'bytes', title: 'Size', isNumber: true, cell: ({ bytes }) => <Bytes of={bytes} /> },
    { key: 'newBytes', title: 'New', isNumber: true, cell: ({ newBytes }) => (newBytes === undefined ? none : <Bytes of={newBytes} />) },
    { key: 'entries', title: 'Entries', isNumber: true, cell: ({ entries }) => (entries === undefined ? none : formatCount(entries)) },
    { key: 'proven', title: 'Proven', cell: ({ provenAt }) => (provenAt === undefined ? none : <Time at={provenAt} />) },
    { key: 'pinned', title: 'Pinned', cell: ({ pinned }) => (pinned === undefined ? none : <PinnedMark pin={pinned} />) },
    {
      key: 'locked',
      title: 'Locked until',
      cell: (snapshot) => (snapshot.lockedUntil === undefined || !isLocked(snapshot, now) ? none : <Time at={snapshot.lockedUntil} />),
    },
  ];
}

function other(order: SortOrder): SortOrder {
  return order === 'ascending' ? 'descending' : 'ascending';
}

/** Names from A on; all else with the newest, largest or worst first. */
function firstOrder(key: SortKey): SortOrder {
  return key === 'server' || key === 'id' ? 'ascending' : 'descending';
}
