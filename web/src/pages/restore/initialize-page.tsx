import { useLocation } from 'preact-iso';
import { formatCount } from '../../../../src/foundation/counts.ts';
import { entriesText, numberText } from '../../../../src/restore/entry-counts.ts';
import type { InitializePlan } from '../../../../src/restore/initialize-replica.ts';
import { useResource } from '../../api/use-resource.ts';
import { FailureNote } from '../../parts/failure-note.tsx';
import { Loading } from '../../parts/loading.tsx';
import { Card, Page } from '../../parts/page.tsx';
import { Approve } from './approve.tsx';
import { initializeAddress } from './commands-in.ts';
import { entriesAhead } from './entries-ahead.ts';
import { planInitialize } from './plans.ts';
import { RestoreLinks } from './restore-links.tsx';
import { stopText } from './stop-text.ts';

/** One broken replica gets the entries of another that is well: its plan, then the question. */
export function InitializePage() {
  const { query } = useLocation();
  const { from } = query;
  const words = from === undefined ? [] : [`--from=${from}`];
  const plan = useResource((signal) => planInitialize(words, { signal }), ['initialize-plan', from ?? '']);
  const { value, failure } = plan;
  return (
    <Page title="Initialise one replica" lead="The server beside this agent gets its entries from another replica. Nothing is changed yet.">
      <FailureNote failure={failure} onRetry={plan.reload} />
      {failure === undefined ? null : <RestoreLinks failure={failure} />}
      {failure?.code === 'E_NO_HEALTHY_REPLICA' && from !== undefined ? (
        <p>
          <a href={initializeAddress(undefined)}>Take its entries from any other replica that is well</a>
        </p>
      ) : null}
      {value === undefined ? (
        failure === undefined ? (
          <Loading what="the plan: the replicas are asked" />
        ) : null
      ) : (
        <>
          <Card title={`Initialise ${value.target} from ${value.source}`}>
            <div class="stack">
              <ol class="restore-steps">
                <li>
                  Replace {value.baseDns.join(', ')} on {value.target}: {entriesText(value.entriesNow)} now,{' '}
                  {numberText(value.entriesOfSource)} on {value.source}
                </li>
                <li>
                  Wait until {value.target} replicates again, and compare every entry with {value.source}
                </li>
              </ol>
              <p class="muted">No other replica is touched, and no change that the others know is lost.</p>
            </div>
          </Card>
          <WrongWayRound plan={value} />
          <Card title="Go on?">
            <Approve action="Initialise" words={['initialize', `--from=${value.source}`]} typed={value.target}>
              <p>
                All replicated entries of {value.target} are replaced by those of {value.source}. It is out of service meanwhile.
              </p>
              <p class="muted">{stopText('replica')}</p>
            </Approve>
          </Card>
        </>
      )}
    </Page>
  );
}

/** Whoever sits beside the replica that is well would lose it: the broken one is always the one that changes here. */
function WrongWayRound({ plan }: { readonly plan: InitializePlan }) {
  const { target, source } = plan;
  const ahead = entriesAhead(plan);
  return (
    <div class="note note-warn">
      <p>
        <strong>Is it {source} that is broken?</strong> Then do not go on here: {target} would get what {source} has. Open the console of
        the agent beside {source}.
      </p>
      {ahead === 0 ? null : (
        <p>
          {target} has more entries than {source}: {formatCount(ahead)} would be lost.
        </p>
      )}
    </div>
  );
}
