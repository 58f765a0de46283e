/** What went wrong, what to do, and under which code the runbooks have it; an alert that screen readers tell at once. */
export function FailureNote({
  failure,
  onRetry,
}: {
  readonly failure: { readonly code: string; readonly message: string; readonly hint?: string | undefined } | undefined;
  readonly onRetry?: () => void;
}) {
  if (failure === undefined) return null;
  return (
    <div class="note note-bad" role="alert">
      <p>
        <strong>{failure.message}</strong>
      </p>
      {failure.hint === undefined ? null : <Hint text={failure.hint} />}
      <p class="small">
        <code>{failure.code}</code>: <code>rootcellar explain {failure.code}</code> says more.
      </p>
      {onRetry === undefined ? null : (
        <p>
          <button type="button" onClick={onRetry}>
            Try again
          </button>
        </p>
      )}
    </div>
  );
}

/** The lines after the first one point at a place in what was typed, below each other. */
function Hint({ text }: { readonly text: string }) {
  const [first = '', ...others] = text.split('\n');
  return (
    <>
      <p>To do: {first}</p>
      {others.length === 0 ? null : <pre>{others.map((line) => line.replace(/^ {4}/, '')).join('\n')}</pre>}
    </>
  );
}
