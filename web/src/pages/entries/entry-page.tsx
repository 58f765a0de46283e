import { useLocation } from 'preact-iso';
import { listSnapshots, type ListedSnapshot } from '../../api/snapshots.ts';
import { useResource } from '../../api/use-resource.ts';
import { Page } from '../../parts/page.tsx';
import { ResourceView } from '../../parts/resource-view.tsx';
import { SelectSnapshot } from '../../parts/select-snapshot.tsx';
import { entryAddress, searchAddress } from './addresses.ts';
import { EntriesTabs } from './entries-tabs.tsx';
import { EntryHistory } from './entry-history.tsx';
import { EntryThenAndNow } from './entry-then-and-now.tsx';

/** One entry: as it was in a snapshot beside how it is now, and what became of it over time. Entry and snapshots stand in the address. */
export function EntryPage() {
  const { query, route } = useLocation();
  const dn = query['dn'] ?? '';
  const snapshots = useResource((signal) => listSnapshots({ signal }), []);
  if (dn === '') {
    return (
      <Page title="Entry" lead="The address names no entry.">
        <p>
          <a href={searchAddress({})}>To the search for entries</a>
        </p>
      </Page>
    );
  }
  return (
    <Page title={dn} lead="An entry as a snapshot has it, beside another moment, and what became of it.">
      <EntriesTabs />
      <ResourceView of={snapshots} what="the snapshots">
        {(all) => {
          const from = query['from'] ?? all[0]?.id ?? '';
          const beside = query['beside'] ?? 'now';
          return (
            <>
              <MomentForm snapshots={all} from={from} beside={beside} onChange={(chosen) => route(entryAddress(dn, chosen))} />
              <EntryThenAndNow key={`${dn} ${from} ${beside}`} dn={dn} from={from} beside={beside} />
              <EntryHistory key={dn} dn={dn} beside={beside} />
            </>
          );
        }}
      </ResourceView>
    </Page>
  );
}

function MomentForm({
  snapshots,
  from,
  beside,
  onChange,
}: {
  readonly snapshots: readonly ListedSnapshot[];
  readonly from: string;
  readonly beside: string;
  readonly onChange: (chosen: { readonly from: string; readonly beside: string }) => void;
}) {
  return (
    <div class="entries-moments">
      <SelectSnapshot label="As it was" snapshots={snapshots} value={from} onChange={(chosen) => onChange({ from: chosen, beside })} />
      <SelectSnapshot
        label="Beside"
        snapshots={snapshots}
        value={beside}
        onChange={(chosen) => onChange({ from, beside: chosen })}
        extra={[{ value: 'now', text: 'now: the running server' }]}
      />
    </div>
  );
}
