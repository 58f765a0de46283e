import type { KeptCommand } from '../../api/kept-commands.ts';

/** What a command told beside its document: warnings at once, the rest when it is asked for. */
export function CommandNotes({ notes }: { readonly notes: KeptCommand['notes'] }) {
  const warnings = notes.filter(({ level }) => level === 'warning');
  const others = notes.filter(({ level }) => level === 'info');
  return (
    <>
      {warnings.length === 0 ? null : (
        <div class="note note-warn">
          {warnings.map(({ text }, index) => (
            <p key={index}>{text}</p>
          ))}
        </div>
      )}
      {others.length === 0 ? null : (
        <details class="muted small">
          <summary>What else was told</summary>
          <ul class="entries-told">
            {others.map(({ text }, index) => (
              <li key={index}>{text}</li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}
