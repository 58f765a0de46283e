import type { SideFailure } from './read-result.ts';

/** What went wrong by the way; the run came to its end all the same. */
export function SideFailures({ failures }: { readonly failures: readonly SideFailure[] }) {
  return (
    <>
      {failures.slice(0, 20).map(({ code, message, hint }) => (
        <div key={`${code} ${message}`} class="note note-warn">
          <p>{message}</p>
          {hint === undefined ? null : <p>To do: {hint}</p>}
          <p class="small">
            <code>{code}</code>: <code>rootcellar explain {code}</code> says more.
          </p>
        </div>
      ))}
      {failures.length > 20 ? <p class="muted">And {failures.length - 20} more.</p> : null}
    </>
  );
}
