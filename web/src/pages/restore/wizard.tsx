import { useLocation } from 'preact-iso';
import { Page } from '../../parts/page.tsx';
import { addressOf, choicesOf, steps, type Choices, type Step } from './choices.ts';
import { ChooseSnapshot } from './choose-snapshot.tsx';
import { ChooseWhat } from './choose-what.tsx';
import { ShowPlan } from './show-plan.tsx';
import { WhatHappened } from './what-happened.tsx';

/** What each step of the wizard is given. */
export interface StepProps {
  readonly choices: Choices;
  /** Goes to the step that the choices name. */
  readonly goTo: (choices: Choices) => void;
}

const texts: Readonly<Record<Step, { readonly name: string; readonly title: string; readonly lead: string }>> = {
  why: {
    name: 'What happened',
    title: 'Restore',
    lead: 'Take your time. Nothing is changed until the last step, and that one asks first.',
  },
  snapshot: {
    name: 'Which state',
    title: 'Which state do you want back?',
    lead: 'Choose the last backup from before the trouble. Choosing changes nothing.',
  },
  what: {
    name: 'What',
    title: 'What is to be restored?',
    lead: 'As it stands here it is right for most. Nothing is changed yet.',
  },
  plan: {
    name: 'The plan',
    title: 'This is what would happen',
    lead: 'Read it in peace: the server and the archive were asked just now, and nothing was changed.',
  },
};

/** One question at a time; the answers stand in the address. */
export function Wizard() {
  const { url, route } = useLocation();
  const choices = choicesOf(url);
  const { step } = choices;
  const goTo = (next: Choices): void => route(addressOf(next));
  const { title, lead } = texts[step];
  const props = { choices, goTo };
  return (
    // Another page to the reader: its heading gets the focus.
    <Page key={step} title={title} lead={lead}>
      <WizardSteps choices={choices} />
      {step === 'why' ? <WhatHappened {...props} /> : null}
      {step === 'snapshot' ? <ChooseSnapshot {...props} /> : null}
      {step === 'what' ? <ChooseWhat key={choices.snapshot} {...props} /> : null}
      {step === 'plan' ? <ShowPlan key={url} {...props} /> : null}
    </Page>
  );
}

function WizardSteps({ choices }: { readonly choices: Choices }) {
  const here = steps.indexOf(choices.step);
  return (
    <nav aria-label="Steps of the restore">
      <ol class="restore-way">
        {steps.map((step, index) => (
          <li key={step} aria-current={index === here ? 'step' : undefined}>
            {index < here ? <a href={addressOf({ ...choices, step })}>{texts[step].name}</a> : <span>{texts[step].name}</span>}
          </li>
        ))}
      </ol>
    </nav>
  );
}
