import { useLocation } from 'preact-iso';
import { useState } from 'preact/hooks';
import { Card, Page } from '../../parts/page.tsx';
import { changesAddress } from './addresses.ts';
import { EntriesTabs } from './entries-tabs.tsx';
import { PlanAndApply } from './plan-and-apply.tsx';
import { undoWords } from './words.ts';

/** Takes back what one command has changed, by the undo file that lies at the agent; which stands in the address. */
export function UndoPage() {
  const { query } = useLocation();
  const [isForced, setIsForced] = useState(false);
  const file = query['file'] ?? '';
  const words = undoWords(file, isForced);
  return (
    <Page
      title="Take back changes"
      lead="What a command changed goes back to what it was before. What somebody has changed since is left alone, and told."
    >
      <EntriesTabs />
      {file === '' ? (
        <p>
          The address names no undo file. <a href={changesAddress()}>To the changes that were made</a>
        </p>
      ) : (
        <>
          <Card title="By which file">
            <div class="stack">
              <p>
                <code>{file}</code> <span class="muted">at the agent</span>
              </p>
              <label class="entries-box">
                <input type="checkbox" checked={isForced} onChange={(event) => setIsForced(event.currentTarget.checked)} />
                Also what was changed again since
              </label>
            </div>
          </Card>
          <PlanAndApply key={JSON.stringify(words)} words={words} question="Take them back" />
        </>
      )}
    </Page>
  );
}
