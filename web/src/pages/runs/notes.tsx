import type { KeptCommand } from '../../api/kept-commands.ts';
import { Mark } from '../../parts/mark.tsx';

/** Lines that came by the way: what the server logged, a retry, a warning. */
export function Notes({ notes }: Pick<KeptCommand, 'notes'>) {
  if (notes.length === 0) return null;
  return (
    <details open={notes.some(({ level }) => level === 'warning')}>
      <summary>
        {notes.length} {notes.length === 1 ? 'note' : 'notes'}
      </summary>
      <ul class="runs-list">
        {notes.slice(-200).map(({ level, text }, index) => (
          <li key={`${index} ${text}`}>
            {level === 'warning' ? <Mark kind="warn">warning</Mark> : null}
            <span class="small">{text}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}
