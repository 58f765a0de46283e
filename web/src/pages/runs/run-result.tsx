import type { Run } from '../../../../src/agent/http/api-schemas.ts';
import { Card } from '../../parts/page.tsx';
import { BackupView } from './backup-view.tsx';
import { ForgetView, PruneView } from './forget-view.tsx';
import { readResult, type RunResultFacts } from './read-result.ts';
import { RecoveryView } from './recovery-view.tsx';
import { VerifyView } from './verify-view.tsx';

/** What came of a run: its document in words, as it was printed, and the last lines that it told. */
export function RunResult({ run }: { readonly run: Extract<Run, { state: 'ended' }> }) {
  const facts = readResult(run.job, run.result);
  const isNothing = run.result === undefined || run.result === null;
  return (
    <>
      {isNothing ? null : (
        <Card title="What came of it">
          <div class="stack">
            {facts === undefined ? null : <View facts={facts} />}
            <AsPrinted result={run.result} isOpen={facts === undefined} />
          </div>
        </Card>
      )}
      {run.log.length === 0 ? null : (
        <Card title="Its last lines">
          <pre class="runs-log" tabIndex={0} role="region" aria-label="The last lines of the run">
            {run.log.join('\n')}
          </pre>
        </Card>
      )}
    </>
  );
}

function View({ facts }: { readonly facts: RunResultFacts }) {
  switch (facts.kind) {
    case 'backup':
      return <BackupView of={facts} />;
    case 'verify':
      return <VerifyView of={facts} />;
    case 'drill':
      return <RecoveryView report={facts.report} />;
    case 'forget':
      return <ForgetView of={facts} />;
    case 'prune':
      return <PruneView of={facts} />;
  }
}

/** Characters; what is longer is cut, as nobody reads it here. */
const mostShown = 200_000;

/** The document itself. */
export function AsPrinted({ result, isOpen }: { readonly result: unknown; readonly isOpen: boolean }) {
  const text = typeof result === 'string' ? result : JSON.stringify(result, undefined, 2);
  return (
    <details open={isOpen}>
      <summary>As the command printed it</summary>
      <pre class="runs-log" tabIndex={0} role="region" aria-label="As the command printed it">
        {text.length > mostShown ? `${text.slice(0, mostShown)}\n… and ${text.length - mostShown} characters more` : text}
      </pre>
    </details>
  );
}
