import { useLocation } from 'preact-iso';
import { useState } from 'preact/hooks';
import { listSnapshots, type ListedSnapshot } from '../../api/snapshots.ts';
import { useResource } from '../../api/use-resource.ts';
import { Card, Page } from '../../parts/page.tsx';
import { ResourceView } from '../../parts/resource-view.tsx';
import { SelectSnapshot } from '../../parts/select-snapshot.tsx';
import { revertAddress } from './addresses.ts';
import { EntriesTabs } from './entries-tabs.tsx';
import { PlanAndApply } from './plan-and-apply.tsx';
import { ScopeFields } from './scope-fields.tsx';
import { revertWords, type Reversal } from './words.ts';

const conflictChoices = [
  { value: 'skip', text: 'leave it alone, and tell me' },
  { value: 'stop', text: 'do nothing at all' },
  { value: 'force', text: 'take it back too' },
] as const;

/** Undoes what changed between two snapshots, and nothing that came later. What is asked stands in the address. */
export function RevertPage() {
  const { query, route } = useLocation();
  const snapshots = useResource((signal) => listSnapshots({ signal }), []);
  const asked: Reversal = {
    before: query['before'] ?? '',
    after: query['after'] ?? '',
    base: query['base'] ?? '',
    where: query['where'] ?? '',
    onConflict: conflictChoices.find(({ value }) => value === query['onConflict'])?.value ?? 'skip',
  };
  const words = revertWords(asked);
  return (
    <Page
      title="Undo changes of a time"
      lead="What changed between two snapshots is undone on the running server, such as by a script that ran between them. What came later stays."
    >
      <EntriesTabs />
      <Card title="Which changes">
        <ResourceView of={snapshots} what="the snapshots">
          {(all) => (
            <RevertForm
              key={JSON.stringify(asked)}
              asked={{
                ...asked,
                before: asked.before === '' ? (all[1]?.id ?? '') : asked.before,
                after: asked.after === '' ? (all[0]?.id ?? '') : asked.after,
              }}
              snapshots={all}
              onAsk={(reversal) => route(revertAddress({ ...reversal }))}
            />
          )}
        </ResourceView>
      </Card>
      {asked.before === '' || asked.after === '' ? null : (
        <PlanAndApply key={JSON.stringify(words)} words={words} question="Undo these changes" />
      )}
    </Page>
  );
}

function RevertForm({
  asked,
  snapshots,
  onAsk,
}: {
  readonly asked: Reversal;
  readonly snapshots: readonly ListedSnapshot[];
  readonly onAsk: (reversal: Reversal) => void;
}) {
  const [reversal, setReversal] = useState(asked);
  const change = (facts: Partial<Reversal>): void => setReversal({ ...reversal, ...facts });
  return (
    <form
      class="entries-form"
      onSubmit={(event) => {
        event.preventDefault();
        onAsk(reversal);
      }}
    >
      <SelectSnapshot label="Before the changes" snapshots={snapshots} value={reversal.before} onChange={(before) => change({ before })} />
      <SelectSnapshot label="After the changes" snapshots={snapshots} value={reversal.after} onChange={(after) => change({ after })} />
      <ScopeFields base={reversal.base} where={reversal.where} onChange={change} />
      <label class="field">
        <span>What has changed again since</span>
        <select value={reversal.onConflict} onChange={(event) => change({ onConflict: event.currentTarget.value })}>
          {conflictChoices.map(({ value, text }) => (
            <option key={value} value={value}>
              {text}
            </option>
          ))}
        </select>
      </label>
      <div class="entries-submit">
        <button class="primary" disabled={reversal.before === '' || reversal.before === reversal.after}>
          Show what would be done
        </button>
      </div>
    </form>
  );
}
