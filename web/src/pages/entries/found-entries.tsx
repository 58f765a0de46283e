import { formatCount } from '../../../../src/foundation/counts.ts';
import { Mark } from '../../parts/mark.tsx';
import { Card } from '../../parts/page.tsx';
import { Time } from '../../parts/time.tsx';
import { VirtualTable, type Column } from '../../parts/virtual-table.tsx';
import { entryAddress } from './addresses.ts';
import { isChosen } from './bring-back-choice.ts';
import { BringBackChosen } from './bring-back-chosen.tsx';
import { ChooseBox } from './choose-entry.tsx';
import type { FoundDocument, FoundEntry } from './documents.ts';

/** What a search has found, to look at and to choose from. */
export function FoundEntries({ found, from, limit }: { readonly found: FoundDocument; readonly from: string; readonly limit: number }) {
  const { entries, snapshots, isAll } = found;
  const count = `${formatCount(entries.length)} ${entries.length === 1 ? 'entry' : 'entries'}`;
  return (
    <Card
      title={`${count} found`}
      aside={
        <span class="muted small">
          in {formatCount(snapshots)} {snapshots === 1 ? 'snapshot' : 'snapshots'}
        </span>
      }
    >
      <div class="stack">
        <p class="hidden-text" role="status">
          {count} found.
        </p>
        {isAll ? null : (
          <div class="note note-warn">
            <p>There are more: the search ended at {formatCount(limit)} entries. Search for less, or in one snapshot.</p>
          </div>
        )}
        {entries.length === 0 ? (
          <p class="muted">No entry is like that. Search for less of it, or in all snapshots.</p>
        ) : (
          <>
            <div>
              <BringBackChosen />
            </div>
            <VirtualTable
              label="Entries found"
              columns={columnsFor(snapshots, from)}
              rows={entries}
              keyOf={(entry) => `${entry.entryUuid ?? ''} ${entry.dn}`}
              isMarked={({ dn }) => isChosen(dn)}
            />
          </>
        )}
      </div>
    </Card>
  );
}

function columnsFor(snapshots: number, from: string): readonly Column<FoundEntry>[] {
  return [
    { title: 'choose', cell: ({ dn, last }) => <ChooseBox dn={dn} from={from === '' ? last.id : from} /> },
    { title: 'entry', cell: ({ dn, last }) => <a href={entryAddress(dn, { from: last.id })}>{dn}</a> },
    { title: 'first seen', cell: ({ first }) => <Time at={first.time} /> },
    { title: 'last seen', cell: ({ last }) => <Time at={last.time} /> },
    {
      title: 'snapshots',
      cell: ({ snapshots: seen }) =>
        seen === snapshots ? (
          <Mark kind="plain">in all</Mark>
        ) : (
          <Mark kind="warn">
            in {formatCount(seen)} of {formatCount(snapshots)}
          </Mark>
        ),
    },
  ];
}
