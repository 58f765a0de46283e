import type { ComponentChildren } from 'preact';
import { may } from '../../api/session-state.ts';
import { addressOf } from './choices.ts';
import { PastRestores } from './past-restores.tsx';
import { RunningNote } from './running-note.tsx';
import { UnfinishedNote } from './unfinished-note.tsx';
import type { StepProps } from './wizard.tsx';

/** First what is open already; then which way is the right one, the gentlest that will do. */
export function WhatHappened({ choices }: StepProps) {
  return (
    <>
      <RunningNote />
      <UnfinishedNote />
      <section class="card" aria-label="What happened?">
        <h2>What happened?</h2>
        <ul class="restore-ways">
          <Way href="/entries" name="Single people, groups or entries are gone or wrong">
            Bring back just these. The rest of the directory stays as it is, and what you did can be undone.
            {may('restorer') ? null : ' That needs the role restorer.'}
          </Way>
          <Way href="/restore/initialize" name="One replica is broken, and the others are well">
            It gets its entries from another replica. No backup is needed, and no change is lost.
          </Way>
          <Way
            href={addressOf({ ...choices, step: 'snapshot' })}
            name="The server, or a whole branch, is empty, broken or wrong everywhere"
          >
            Restore a backup. What was written since that backup is lost, so this is for when the other two will not do.
          </Way>
        </ul>
        <p class="muted small">Not sure? Take the last one and look at the plan: it says how much would be lost, and changes nothing.</p>
      </section>
      <PastRestores />
    </>
  );
}

function Way({ href, name, children }: { readonly href: string; readonly name: string; readonly children: ComponentChildren }) {
  return (
    <li class="restore-one-way">
      <a href={href}>{name}</a>
      <p class="muted">{children}</p>
    </li>
  );
}
