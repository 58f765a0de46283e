import { Mark, type MarkKind } from '../../parts/mark.tsx';
import { Symbol, type SymbolName } from '../../parts/symbols.tsx';
import { Age, Time } from '../../parts/time.tsx';
import type { Overview, Reason, SafetyState } from './overview-document.ts';
import { Explained } from './explained.tsx';
import { Since } from './since.tsx';

export const stateTexts: Readonly<Record<SafetyState, string>> = {
  protected: 'Protected',
  'at-risk': 'At risk',
  failing: 'Failing',
  unknown: 'Not known yet',
};

export const stateKinds: Readonly<Record<SafetyState, MarkKind>> = {
  protected: 'good',
  'at-risk': 'warn',
  failing: 'bad',
  unknown: 'plain',
};

const levelKinds: Readonly<Record<Reason['level'], MarkKind>> = { failing: 'bad', 'at-risk': 'warn', info: 'plain' };
const levelTexts: Readonly<Record<Reason['level'], string>> = { failing: 'failing', 'at-risk': 'at risk', info: 'to know' };

/** The answer, in a word and a sentence, with the age of the last backup that was verified, and what stands against it. */
export function StateCard({ overview }: { readonly overview: Overview }) {
  const { state, headline, reasons, archive, at } = overview;
  return (
    <section class={`card overview-state overview-state-${stateKinds[state]}`} aria-label="Am I safe?">
      <div class="overview-state-word">
        <Symbol name={stateKinds[state] satisfies SymbolName} />
        <div>
          <p class="overview-state-name" role="status">
            {stateTexts[state]}
          </p>
          <p class="overview-state-headline">{sentenceOf(headline)}</p>
        </div>
      </div>
      <Facts overview={overview} />
      {reasons.length === 0 ? null : (
        <ul class="overview-reasons">
          {reasons.map((reason) => (
            <ReasonLine key={`${reason.level} ${reason.text}`} reason={reason} />
          ))}
        </ul>
      )}
      <p class="muted small">
        Archive <span class="mono">{archive.location}</span>
        {archive.readAt === undefined ? ', not read yet' : null}
        {archive.readAt === undefined ? null : (
          <>
            , read <Age at={archive.readAt} />
          </>
        )}
        ; told <Age at={at} />.{archive.trouble === undefined ? null : ` ${archive.trouble}`}
      </p>
    </section>
  );
}

/** The headline without the state, which stands above it in large. */
function sentenceOf(headline: string): string {
  const rest = headline.replace(/^(protected|not protected|at risk|not known yet|not known): /i, '');
  return `${rest.charAt(0).toUpperCase()}${rest.slice(1)}.`;
}

function Facts({ overview: { servers } }: { readonly overview: Overview }) {
  const good = weakest(servers.map(({ lastGood }) => lastGood?.time));
  const verified = weakest(servers.map(({ lastVerified }) => lastVerified?.at));
  const isOfAll = servers.length > 1 ? ', of the server where it is oldest' : '';
  return (
    <dl class="overview-ages">
      <div>
        <dt>Last good backup{isOfAll}</dt>
        <dd>{good === undefined ? 'none' : <AgeAndTime at={good} />}</dd>
      </div>
      <div>
        <dt>Last verified{isOfAll}</dt>
        <dd>{verified === undefined ? 'never yet' : <AgeAndTime at={verified} />}</dd>
      </div>
    </dl>
  );
}

function AgeAndTime({ at }: { readonly at: string }) {
  return (
    <>
      <strong>
        <Age at={at} />
      </strong>{' '}
      <span class="muted small">
        <Time at={at} />
      </span>
    </>
  );
}

/** The oldest of them; undefined where one server has none at all. */
function weakest(times: readonly (string | undefined)[]): string | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length < times.length ? undefined : known.toSorted()[0];
}

function ReasonLine({ reason: { level, text, hint, since, runbook } }: { readonly reason: Reason }) {
  return (
    <li>
      <Mark kind={levelKinds[level]}>{levelTexts[level]}</Mark>
      <div>
        <p>
          {text}
          <Since at={since} />
        </p>
        {hint === undefined ? null : <p class="muted">To do: {hint}</p>}
        <Explained runbook={runbook} />
      </div>
    </li>
  );
}
