import { Age } from '../../parts/time.tsx';

/** Since when something is so, behind what is so; nothing where that is not known. */
export function Since({ at }: { readonly at: string | undefined }) {
  if (at === undefined) return null;
  return (
    <span class="muted">
      {' '}
      (since <Age at={at} />)
    </span>
  );
}
