import { formatCount } from '../../../../../src/foundation/counts.ts';
import { shortId } from '../../../api/snapshots.ts';
import { Bytes } from '../../../parts/bytes.tsx';
import { Card } from '../../../parts/page.tsx';
import { Time } from '../../../parts/time.tsx';
import { VirtualTable, type Column } from '../../../parts/virtual-table.tsx';
import type { DiffChange, DiffDocument } from './diff-document.ts';

const changeTexts = {
  added: '+ added',
  removed: '− removed',
  content: 'other content',
  renamed: 'renamed',
  type: 'other type',
  facts: 'other permissions or time',
} as const satisfies Readonly<Record<DiffChange['change'], string>>;

const columns: readonly Column<DiffChange>[] = [
  { title: 'Change', cell: ({ change }) => <span class={`archive-change archive-change-${change}`}>{changeTexts[change]}</span> },
  { title: 'Path', cell: (change) => <Path of={change} /> },
  { title: 'Size before', isNumber: true, cell: ({ bytesBefore }) => <Size of={bytesBefore} /> },
  { title: 'Size after', isNumber: true, cell: ({ bytesAfter }) => <Size of={bytesAfter} /> },
  { title: 'New', isNumber: true, cell: ({ newBytes }) => <Bytes of={newBytes} /> },
  { title: 'Gone', isNumber: true, cell: ({ goneBytes }) => <Bytes of={goneBytes} /> },
];

/** What became of one snapshot's files in another. */
export function Difference({ of }: { readonly of: DiffDocument }) {
  return (
    <>
      {of.damages.length === 0 ? null : (
        <ul class="note note-bad archive-remarks">
          {of.damages.map(({ path, finding }) => (
            <li key={`${path} ${finding}`}>
              {path} {finding}
            </li>
          ))}
        </ul>
      )}
      <SummaryCard of={of} />
      <Card title="Files and folders that differ" aside={<span class="muted">{formatCount(of.changes.length)}</span>}>
        {of.changes.length === 0 ? (
          <p class="muted">None.</p>
        ) : (
          <VirtualTable
            label="Files and folders that differ"
            columns={columns}
            rows={of.changes}
            keyOf={({ path, change }) => `${change} ${path}`}
          />
        )}
      </Card>
    </>
  );
}

function SummaryCard({ of: { before, after, summary, blobs } }: { readonly of: DiffDocument }) {
  return (
    <Card title="In short">
      <p class="archive-in-short">
        From <Side of={before} /> to <Side of={after} />: {countsText(summary)}.
      </p>
      <dl class="facts">
        <dt>New content</dt>
        <dd>
          <Bytes of={summary.newBytes} />
          {blobs === undefined ? null : (
            <span class="muted">
              {' '}
              in {formatCount(blobs.onlyAfter.dataBlobs)} pieces, <Bytes of={blobs.onlyAfter.storedBytes} /> in the store
            </span>
          )}
        </dd>
        <dt>Gone content</dt>
        <dd>
          <Bytes of={summary.goneBytes} />
          {blobs === undefined ? null : (
            <span class="muted">
              {' '}
              in {formatCount(blobs.onlyBefore.dataBlobs)} pieces, <Bytes of={blobs.onlyBefore.storedBytes} /> in the store
            </span>
          )}
        </dd>
        <dt>The same in both</dt>
        <dd>
          <Bytes of={summary.sharedBytes} />
        </dd>
      </dl>
    </Card>
  );
}

function Side({ of: { id, time, server } }: { readonly of: DiffDocument['before'] }) {
  return (
    <>
      <a href={`/archive/${id}`}>
        <code>{shortId(id)}</code>
      </a>{' '}
      ({server}, <Time at={time} />)
    </>
  );
}

function countsText(summary: DiffDocument['summary']): string {
  const counts = [
    [summary.filesAdded, 'added'],
    [summary.filesRemoved, 'removed'],
    [summary.filesChanged, 'with other content'],
    [summary.filesRenamed, 'renamed'],
  ] as const;
  const told = counts.filter(([count]) => count > 0).map(([count, text]) => `${formatCount(count)} ${text}`);
  return told.length === 0 ? 'no file differs' : `of the files ${told.join(', ')}`;
}

function Path({ of: { path, pathBefore, type } }: { readonly of: DiffChange }) {
  const shown = `${path}${type === 'folder' ? '/' : ''}`;
  if (pathBefore === undefined || pathBefore === path) return <span>{shown}</span>;
  return (
    <span title={`before: ${pathBefore}`}>
      {shown} <span class="muted small">was {pathBefore}</span>
    </span>
  );
}

function Size({ of }: { readonly of: number | undefined }) {
  return of === undefined ? <span class="muted">–</span> : <Bytes of={of} />;
}
