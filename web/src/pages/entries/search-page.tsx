import { useLocation } from 'preact-iso';
import { useState } from 'preact/hooks';
import { listSnapshots } from '../../api/snapshots.ts';
import { useReadCommand } from '../../api/use-read-command.ts';
import { useResource } from '../../api/use-resource.ts';
import { Card, Page } from '../../parts/page.tsx';
import { ResourceView } from '../../parts/resource-view.tsx';
import { SelectSnapshot } from '../../parts/select-snapshot.tsx';
import { searchAddress } from './addresses.ts';
import { CommandProgress } from './command-progress.tsx';
import type { FoundDocument } from './documents.ts';
import { EntriesTabs } from './entries-tabs.tsx';
import { FoundEntries } from './found-entries.tsx';
import { findWords, type Search, type SearchKind } from './words.ts';

const kinds: readonly { readonly kind: SearchKind; readonly text: string; readonly hint: string }[] = [
  { kind: 'text', text: 'Name or text', hint: 'in the name or any value of an entry, in whatever case; passwords are not searched' },
  { kind: 'filter', text: 'LDAP filter', hint: 'such as (mail=jane.doe@*) or (&(objectClass=groupOfNames)(member=uid=jdoe,*))' },
  { kind: 'dn', text: 'DN', hint: 'the whole name: found in a few reads, however large the directory is' },
];

/** Looks for entries in all snapshots, or one. What is looked for stands in the address. */
export function SearchPage() {
  const { query, route } = useLocation();
  const asked = searchOf(query);
  const found = useReadCommand<FoundDocument>(asked.wanted === '' && asked.base === '' ? undefined : findWords(asked));
  const snapshots = useResource((signal) => listSnapshots({ signal }), []);
  return (
    <Page
      title="Entries"
      lead="Look for single entries in every snapshot of the archive: how they were, when they changed, and bring them back to the running server."
    >
      <EntriesTabs />
      <Card title="Search">
        <ResourceView of={snapshots} what="the snapshots">
          {(all) => (
            <SearchForm
              key={JSON.stringify(asked)}
              asked={asked}
              snapshots={all}
              onSearch={(search) => {
                const address = searchAddress({ ...search });
                if (address === searchAddress({ ...asked })) found.reload();
                else route(address);
              }}
            />
          )}
        </ResourceView>
      </Card>
      <CommandProgress of={found} what="Looking through the snapshots" />
      {found.value === undefined ? null : <FoundEntries found={found.value} from={asked.from} limit={Number(asked.limit)} />}
    </Page>
  );
}

function SearchForm({
  asked,
  snapshots,
  onSearch,
}: {
  readonly asked: Search;
  readonly snapshots: Parameters<typeof SelectSnapshot>[0]['snapshots'];
  readonly onSearch: (search: Search) => void;
}) {
  const [search, setSearch] = useState(asked);
  const change = (facts: Partial<Search>): void => setSearch({ ...search, ...facts });
  return (
    <form
      class="entries-form"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        onSearch(search);
      }}
    >
      <WhatFields search={search} onChange={change} />
      <label class="field">
        <span>Only at and below (base DN)</span>
        <input
          value={search.base}
          onInput={(event) => change({ base: event.currentTarget.value })}
          maxLength={4000}
          autocomplete="off"
          spellcheck={false}
        />
      </label>
      <SelectSnapshot
        label="In"
        snapshots={snapshots}
        value={search.from}
        onChange={(from) => change({ from })}
        extra={[{ value: '', text: 'all snapshots' }]}
      />
      <label class="field">
        <span>At most</span>
        <select value={search.limit} onChange={(event) => change({ limit: event.currentTarget.value })}>
          <option value="100">100 entries</option>
          <option value="1000">1,000 entries</option>
          <option value="10000">10,000 entries</option>
        </select>
      </label>
      <div class="entries-submit">
        <button class="primary" disabled={search.wanted.trim() === '' && search.base.trim() === ''}>
          Search
        </button>
      </div>
    </form>
  );
}

/** What is looked for, and by what. */
function WhatFields({ search, onChange }: { readonly search: Search; readonly onChange: (facts: Partial<Search>) => void }) {
  const kind = kinds.find((one) => one.kind === search.kind) ?? kinds[0];
  return (
    <>
      <fieldset class="entries-kinds">
        <legend>Look by</legend>
        {kinds.map((one) => (
          <label key={one.kind} class="entries-box">
            <input type="radio" name="kind" checked={search.kind === one.kind} onChange={() => onChange({ kind: one.kind })} />
            {one.text}
          </label>
        ))}
      </fieldset>
      <label class="field entries-wide">
        <span>{kind?.text}</span>
        <input
          value={search.wanted}
          onInput={(event) => onChange({ wanted: event.currentTarget.value })}
          maxLength={4000}
          autocomplete="off"
          spellcheck={false}
        />
        <span class="hint">{kind?.hint}</span>
      </label>
    </>
  );
}

function searchOf(query: Readonly<Record<string, string>>): Search {
  return {
    kind: kinds.find(({ kind }) => kind === query['kind'])?.kind ?? 'text',
    wanted: query['wanted'] ?? '',
    base: query['base'] ?? '',
    from: query['from'] ?? '',
    limit: ['100', '1000', '10000'].find((limit) => limit === query['limit']) ?? '1000',
  };
}
