/** Where the program itself says more: of a failure's code `rootcellar explain` prints the runbook; others are named as they are in `docs/runbooks`. */
export function Explained({ runbook }: { readonly runbook: string | undefined }) {
  if (runbook === undefined) return null;
  return (
    <p class="muted small">
      {/^E_[A-Z0-9_]+$/.test(runbook) ? (
        <>
          <code>rootcellar explain {runbook}</code> says more.
        </>
      ) : (
        <>
          More in the runbook <code>{runbook}</code>.
        </>
      )}
    </p>
  );
}
