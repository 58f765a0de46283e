import { useLocation } from 'preact-iso';
import { keptCommands, type KeptCommand } from '../../api/kept-commands.ts';
import { useResource } from '../../api/use-resource.ts';
import { Card, Page } from '../../parts/page.tsx';
import { ResourceView } from '../../parts/resource-view.tsx';
import { Age } from '../../parts/time.tsx';
import { VirtualTable } from '../../parts/virtual-table.tsx';
import { changesAddress } from './addresses.ts';
import { CommandState, FollowedChanges } from './followed-changes.tsx';
import { EntriesTabs } from './entries-tabs.tsx';
import { commandLine } from './words.ts';

const names = ['entry restore', 'entry revert', 'entry undo'];

/** What was changed by these pages: one command, as the address names it, or all that the agent keeps. */
export function ChangesPage() {
  const { query } = useLocation();
  const id = query['id'];
  return (
    <Page
      title="Changes made"
      lead="Changes of single entries that this agent has made within a day. Each can be taken back by its undo file, which lies at the agent until somebody deletes it."
    >
      <EntriesTabs />
      {id === undefined ? <AllChanges /> : <FollowedChanges key={id} id={id} />}
    </Page>
  );
}

function AllChanges() {
  const commands = useResource((signal) => keptCommands({ signal }), [], { everyMilliseconds: 5000 });
  return (
    <Card title="Commands">
      <ResourceView of={commands} what="the commands">
        {(all) => <Commands commands={all.filter(({ name }) => names.includes(name))} />}
      </ResourceView>
    </Card>
  );
}

function Commands({ commands }: { readonly commands: readonly KeptCommand[] }) {
  if (commands.length === 0) return <p class="muted">None within a day.</p>;
  return (
    <VirtualTable
      label="Changes made"
      columns={[
        { title: 'state', cell: (command) => <CommandState of={command} /> },
        { title: 'began', cell: ({ beganAt }) => <Age at={beganAt} /> },
        { title: 'by', cell: ({ by }) => by },
        {
          title: 'what',
          cell: ({ id, words }) => (
            <a class="entries-command" href={changesAddress(id)}>
              {commandLine(words.filter((word) => word !== '--json' && word !== '--yes'))}
            </a>
          ),
        },
      ]}
      rows={commands}
      keyOf={({ id }) => id}
    />
  );
}
