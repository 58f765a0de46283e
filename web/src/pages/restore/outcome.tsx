import { formatDuration } from '../../../../src/foundation/durations.ts';
import type { KeptCommand } from '../../api/kept-commands.ts';
import { shortId } from '../../api/snapshots.ts';
import { FailureNote } from '../../parts/failure-note.tsx';
import { Card } from '../../parts/page.tsx';
import { Time } from '../../parts/time.tsx';
import { addressOf, choicesOfWords } from './choices.ts';
import { initializeAddressOf } from './commands-in.ts';
import { textsOf } from './command-names.ts';
import type { InitializeDocument, RestoreDocument, RollBackDocument } from './plans.ts';
import { ProofTable } from '../../parts/proof-table.tsx';
import { UnfinishedNote } from './unfinished-note.tsx';

/** What came of it: with its proof where it worked; where it stopped, in which state that is, and what to do next where it did not. */
export function Outcome({ command }: { readonly command: KeptCommand }) {
  if (command.exitCode !== 0) return <Failed command={command} />;
  if (command.result === undefined)
    return (
      <div class="note note-good restore-result">
        <p>It came to its end.</p>
      </div>
    );
  // The commands' own documents, which this agent printed.
  if (command.name === 'roll-back') return <RolledBack document={command.result as RollBackDocument} />;
  if (command.name === 'initialize') return <Initialized document={command.result as InitializeDocument} />;
  return <Restored document={command.result as RestoreDocument} />;
}

function Restored({ document: { plan, proofs, milliseconds } }: { readonly document: RestoreDocument }) {
  const isProven = proofs.length > 0 && proofs.every(({ state }) => state === 'equal');
  const servers = [plan.topology?.target ?? plan.target.location, ...(plan.topology?.others.map(({ name }) => name) ?? [])];
  return (
    <Card
      title={isProven ? 'It is back, and proven' : 'It is back, but not proven'}
      aside={<span class="muted">{formatDuration(milliseconds)}</span>}
    >
      <div class="stack">
        <p>
          {servers.join(', ')} {servers.length === 1 ? 'has' : 'have'} the state of the backup <code>{shortId(plan.snapshot.id)}</code> of{' '}
          <Time at={plan.snapshot.time} /> again.{' '}
          {isProven
            ? 'What the server has now was compared with the backup: it is the same.'
            : 'The backup has nothing that it could be compared with.'}
        </p>
        <ProofTable proofs={proofs} />
        <p>
          What was written since <Time at={plan.lostSince} /> is not there. Next: tell those who use it, and make a backup of this state at{' '}
          <a href="/runs">Runs</a>.
        </p>
      </div>
    </Card>
  );
}

function RolledBack({ document: { plan, milliseconds } }: { readonly document: RollBackDocument }) {
  return (
    <Card title="As it was before" aside={<span class="muted">{formatDuration(milliseconds)}</span>}>
      <p>
        {plan.source === undefined ? 'Nothing had been restored' : `${plan.target} has the entries of ${plan.source} again`}, and
        replication goes on.
      </p>
    </Card>
  );
}

function Initialized({ document: { plan, proofs, milliseconds } }: { readonly document: InitializeDocument }) {
  return (
    <Card title={`${plan.target} is well again`} aside={<span class="muted">{formatDuration(milliseconds)}</span>}>
      <div class="stack">
        <p>It has the entries of {plan.source}, and replicates: every entry of the two was compared.</p>
        <ProofTable proofs={proofs} />
      </div>
    </Card>
  );
}

function Failed({ command }: { readonly command: KeptCommand }) {
  const { failure, steps } = command;
  const choices = choicesOfWords(command.words);
  const stopped = steps.find(({ state }) => state !== 'done');
  return (
    <>
      {failure === undefined ? (
        <FailureNote
          failure={{
            code: 'E_COMMAND_KILLED',
            message: `The ${textsOf(command).noun} ended without saying why: its process was killed`,
            hint: "look at the agent's log; the same again goes on, or begins anew where nothing is unfinished",
          }}
        />
      ) : (
        <FailureNote failure={failure} />
      )}
      {stopped === undefined ? null : <p>It stopped at: {stopped.step}.</p>}
      <UnfinishedNote />
      <Card title="What next">
        <ul class="restore-remedies">
          {choices === undefined ? null : (
            <li>
              <a href={addressOf(choices)}>Look at the plan of the same restore again</a>: it says what is there now, and changes nothing.
            </li>
          )}
          {command.name === 'initialize' ? (
            <li>
              <a href={initializeAddressOf(command.words)}>Look at the plan of the same initialisation again</a>: it says how the replicas
              are now, and changes nothing.
            </li>
          ) : null}
          {choices === undefined ? null : (
            <li>
              <a href={addressOf({ ...choices, step: 'snapshot' })}>Take another backup</a>
            </li>
          )}
          <li>
            <a href="/restore">To the beginning</a>
          </li>
        </ul>
      </Card>
    </>
  );
}
