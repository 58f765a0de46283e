import { Mark } from '../../parts/mark.tsx';
import type { Suspicion } from './read-result.ts';

const told = { hidden: 'looks removed and is needed', overwritten: 'was written over' } as const satisfies Record<
  Suspicion['what'],
  string
>;

/** What somebody who is not of ours did to locked objects; with what to do. */
export function Suspicions({ of }: { readonly of: readonly Suspicion[] }) {
  if (of.length === 0) return null;
  return (
    <section class="note note-bad" aria-label="Done by somebody else">
      <ul class="runs-list">
        {of.slice(0, 50).map(({ key, what }) => (
          <li key={key}>
            <Mark kind="bad">{what}</Mark>
            <span>
              <code>{key}</code> {told[what]}
            </span>
          </li>
        ))}
      </ul>
      {of.length > 50 ? <p>And {of.length - 50} more.</p> : null}
      <p>
        To do: look who did it, and repair nothing, as a repair takes what is only hidden for lost. Older versions are kept; the guide{' '}
        <code>docs/guide/object-lock.md</code> says how to bring them back.
      </p>
    </section>
  );
}
