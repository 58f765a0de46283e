import type { ApiFailure } from '../../api/api-failure.ts';
import { addressOf } from './choices.ts';
import { restoresIn } from './commands-in.ts';

/** The restores that the hint of a failure names, as links to their plans. */
export function RestoreLinks({ failure: { code, hint } }: { readonly failure: Pick<ApiFailure, 'code' | 'hint'> }) {
  // Every other failure that names a restore means one that is unfinished.
  const name =
    code === 'E_NO_HEALTHY_REPLICA'
      ? 'All replicas are wrong: look at how a backup would be restored into all of them'
      : 'Look at how the restore would go on';
  return (
    <p class="row">
      {restoresIn(hint).map((restore) => (
        <a key={addressOf(restore)} class="button" href={addressOf(restore)}>
          {name}
        </a>
      ))}
      <a class="button" href="/restore">
        To the beginning
      </a>
    </p>
  );
}
