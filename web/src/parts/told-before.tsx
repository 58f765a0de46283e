import type { ApiFailure } from '../api/api-failure.ts';
import { Age } from './time.tsx';
import { FailureNote } from './failure-note.tsx';

/** Above what was told before and cannot be asked for anew at the moment: why, and how old it is. It is asked for again by itself. */
export function ToldBefore({ failure, toldAt }: { readonly failure: ApiFailure | undefined; readonly toldAt: string | undefined }) {
  if (failure === undefined) return null;
  if (toldAt === undefined) return <FailureNote failure={failure} />;
  return (
    <div class="note note-warn" role="status">
      <p>
        <strong>{failure.message}</strong>
      </p>
      <p>
        What is shown was told <Age at={toldAt} />. It is asked for again by itself.
      </p>
      {failure.hint === undefined || failure.status === 0 ? null : <p>To do: {failure.hint}</p>}
      <p class="small">
        <code>{failure.code}</code>: <code>rootcellar explain {failure.code}</code> says more.
      </p>
    </div>
  );
}
