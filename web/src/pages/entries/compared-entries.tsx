import { formatCount } from '../../../../src/foundation/counts.ts';
import { Card } from '../../parts/page.tsx';
import { VirtualTable, type Column } from '../../parts/virtual-table.tsx';
import { entryAddress, revertAddress } from './addresses.ts';
import { choose, isChosen, mostChosen } from './bring-back-choice.ts';
import { BringBackChosen } from './bring-back-chosen.tsx';
import { ChooseBox } from './choose-entry.tsx';
import type { DiffDocument, Difference, DifferenceKind } from './documents.ts';
import { DifferenceMark, MomentName } from './moments.tsx';
import type { Comparison } from './words.ts';

const kinds: readonly DifferenceKind[] = ['added', 'removed', 'changed', 'renamed'];
const attributesShown = 20;

/** What a comparison has found: how many, in which attributes, and which entries, to choose from. */
export function ComparedEntries({ document, asked }: { readonly document: DiffDocument; readonly asked: Comparison }) {
  const { counts, before, after, attributes } = document;
  const total = kinds.reduce((sum, kind) => sum + counts[kind], 0);
  return (
    <>
      <Card
        title="What differs"
        aside={
          <span class="muted small">
            from <MomentName of={before} /> to <MomentName of={after} />
          </span>
        }
      >
        <div class="stack">
          <p class="hidden-text" role="status">
            {formatCount(total)} entries differ.
          </p>
          {total === 0 ? <p>No entry differs.</p> : null}
          <ul class="entries-counts">
            {kinds
              .filter((kind) => counts[kind] > 0)
              .map((kind) => (
                <li key={kind}>
                  <strong>{formatCount(counts[kind])}</strong> <DifferenceMark kind={kind} />
                </li>
              ))}
          </ul>
          {attributes.length === 0 ? null : (
            <details open={attributes.length <= 6}>
              <summary>In {formatCount(attributes.length)} attributes</summary>
              <ul class="entries-columns">
                {attributes.slice(0, attributesShown).map(({ name, entries }) => (
                  <li key={name}>
                    {name} <span class="muted">in {formatCount(entries)}</span>
                  </li>
                ))}
                {attributes.length > attributesShown ? (
                  <li class="muted">and {formatCount(attributes.length - attributesShown)} more</li>
                ) : null}
              </ul>
            </details>
          )}
        </div>
      </Card>
      {total === 0 ? null : <Differences document={document} asked={asked} total={total} />}
    </>
  );
}

function Differences({ document, asked, total }: { readonly document: DiffDocument; readonly asked: Comparison; readonly total: number }) {
  const { before, examples } = document;
  if (before === 'now') return null;
  const from = before.id;
  const restorable = examples.filter(({ kind }) => kind !== 'added').map(nameThen);
  return (
    <Card title="Entries that differ">
      <div class="stack">
        {examples.length < total ? (
          <div class="note note-warn">
            <p>
              These are the first {formatCount(examples.length)} of {formatCount(total)}. Compare a part of the directory to see the others.
            </p>
          </div>
        ) : null}
        <div class="row">
          {restorable.length === 0 ? null : (
            <button type="button" onClick={() => choose(restorable, from)}>
              {restorable.length > mostChosen ? `Choose the first ${mostChosen}` : `Choose all ${formatCount(restorable.length)}`}
            </button>
          )}
          <BringBackChosen />
          {asked.after === 'now' ? null : (
            <a class="button" href={revertAddress({ before: asked.before, after: asked.after, base: asked.base, where: asked.where })}>
              Undo all these changes
            </a>
          )}
        </div>
        <p class="muted small">
          What was added since was not there then, so it cannot be brought back.{' '}
          {asked.after === 'now'
            ? 'To have it deleted, bring back the branch above it with all below, and what was added deleted.'
            : 'To undo all these changes deletes it where it is still as it was added.'}
        </p>
        <VirtualTable
          label="Entries that differ"
          columns={columnsFor(from, asked.after)}
          rows={examples}
          keyOf={({ kind, dn }) => `${kind} ${dn}`}
          isMarked={(one) => isChosen(nameThen(one))}
        />
      </div>
    </Card>
  );
}

function columnsFor(from: string, beside: string): readonly Column<Difference>[] {
  return [
    { title: 'choose', cell: (one) => <ChooseBox dn={nameThen(one)} from={from} isDisabled={one.kind === 'added'} /> },
    { title: 'what', cell: ({ kind }) => <DifferenceMark kind={kind} /> },
    {
      title: 'entry',
      cell: (one) => (
        <>
          {one.dnBefore === undefined ? null : <span class="muted">{one.dnBefore} → </span>}
          <a href={entryAddress(one.dn, { from, beside })}>{one.dn}</a>
        </>
      ),
    },
    { title: 'attributes', cell: ({ attributes }) => <span class="muted">{attributes.join(', ')}</span> },
  ];
}

/** As the entry was called in the earlier snapshot. */
function nameThen({ dn, dnBefore }: Difference): string {
  return dnBefore ?? dn;
}
