import { useLocation } from 'preact-iso';
import { useState } from 'preact/hooks';
import { listSnapshots, type ListedSnapshot } from '../../api/snapshots.ts';
import { useReadCommand } from '../../api/use-read-command.ts';
import { useResource } from '../../api/use-resource.ts';
import { Card, Page } from '../../parts/page.tsx';
import { ResourceView } from '../../parts/resource-view.tsx';
import { SelectSnapshot } from '../../parts/select-snapshot.tsx';
import { compareAddress } from './addresses.ts';
import { CommandProgress } from './command-progress.tsx';
import { ComparedEntries } from './compared-entries.tsx';
import type { DiffDocument } from './documents.ts';
import { EntriesTabs } from './entries-tabs.tsx';
import { ScopeFields } from './scope-fields.tsx';
import { diffWords, type Comparison } from './words.ts';

/** How many entries a comparison names; all are counted. */
const mostNamed = 10_000;

/** What differs between two snapshots, or a snapshot and the running server. Which stands in the address. */
export function ComparePage() {
  const { query, route } = useLocation();
  const isAsked = query['before'] !== undefined && query['after'] !== undefined;
  const asked = comparisonOf(query);
  const compared = useReadCommand<DiffDocument>(isAsked ? diffWords(asked) : undefined);
  const snapshots = useResource((signal) => listSnapshots({ signal }), []);
  return (
    <Page title="Compare" lead="What differs between the entries of two snapshots, or of a snapshot and the running server.">
      <EntriesTabs />
      <Card title="Two moments">
        <ResourceView of={snapshots} what="the snapshots">
          {(all) => (
            <CompareForm
              key={JSON.stringify(asked)}
              asked={{ ...asked, before: asked.before === '' ? (all[0]?.id ?? '') : asked.before }}
              snapshots={all}
              onCompare={({ before, after, base, where }) => {
                const isSame =
                  isAsked && JSON.stringify(diffWords(asked)) === JSON.stringify(diffWords({ ...asked, before, after, base, where }));
                if (isSame) compared.reload();
                else route(compareAddress({ before, after, base, where }));
              }}
            />
          )}
        </ResourceView>
      </Card>
      <CommandProgress of={compared} what="Comparing" />
      {compared.value === undefined ? null : <ComparedEntries document={compared.value} asked={asked} />}
    </Page>
  );
}

function CompareForm({
  asked,
  snapshots,
  onCompare,
}: {
  readonly asked: Comparison;
  readonly snapshots: readonly ListedSnapshot[];
  readonly onCompare: (comparison: Comparison) => void;
}) {
  const [comparison, setComparison] = useState(asked);
  const change = (facts: Partial<Comparison>): void => setComparison({ ...comparison, ...facts });
  return (
    <form
      class="entries-form"
      onSubmit={(event) => {
        event.preventDefault();
        onCompare(comparison);
      }}
    >
      <SelectSnapshot label="Before" snapshots={snapshots} value={comparison.before} onChange={(before) => change({ before })} />
      <SelectSnapshot
        label="After"
        snapshots={snapshots}
        value={comparison.after}
        onChange={(after) => change({ after })}
        extra={[{ value: 'now', text: 'now: the running server' }]}
      />
      <ScopeFields base={comparison.base} where={comparison.where} onChange={change} />
      <div class="entries-submit">
        <button class="primary" disabled={comparison.before === '' || comparison.before === comparison.after}>
          Compare
        </button>
      </div>
      {comparison.after === 'now' && comparison.base.trim() === '' ? (
        <p class="muted small entries-wide">
          Without a base DN the server exports all of its entries for this. With one, that part alone is read.
        </p>
      ) : null}
    </form>
  );
}

function comparisonOf(query: Readonly<Record<string, string>>): Comparison {
  return {
    before: query['before'] ?? '',
    after: query['after'] ?? 'now',
    base: query['base'] ?? '',
    where: query['where'] ?? '',
    limit: `${mostNamed}`,
  };
}
