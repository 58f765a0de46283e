import { useLocation } from 'preact-iso';
import { may, session } from '../../api/session-state.ts';
import { Page } from '../../parts/page.tsx';
import { BringBackPage } from './bring-back-page.tsx';
import { ChangesPage } from './changes-page.tsx';
import { ComparePage } from './compare-page.tsx';
import { EntryPage } from './entry-page.tsx';
import { RevertPage } from './revert-page.tsx';
import { SearchPage } from './search-page.tsx';
import { UndoPage } from './undo-page.tsx';
import './entries.css';

const pages: Readonly<Record<string, () => preact.JSX.Element>> = {
  '/entries': SearchPage,
  '/entries/entry': EntryPage,
  '/entries/compare': ComparePage,
  '/entries/bring-back': BringBackPage,
  '/entries/revert': RevertPage,
  '/entries/undo': UndoPage,
  '/entries/changes': ChangesPage,
};

/** Single entries of every archived moment: found, followed, compared, and brought back. */
export function EntriesPage() {
  const { path } = useLocation();
  if (!may('restorer')) return <Refused />;
  const Shown = pages[path.replace(/\/+$/, '')];
  if (Shown !== undefined) return <Shown key={path} />;
  return (
    <Page title="No such page">
      <p>
        <a href="/entries">To the search for entries</a>
      </p>
    </Page>
  );
}

function Refused() {
  return (
    <Page title="Entries">
      <div class="note note-warn" role="alert">
        <p>
          <strong>Cannot show entries of the directory to you: that needs the role restorer, and yours is {session.value?.role}.</strong>
        </p>
        <p>To do: entries are people's data; ask the operator of the agent for the role, or somebody who has it.</p>
      </div>
    </Page>
  );
}
