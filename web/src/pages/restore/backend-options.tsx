import { formatCount } from '../../../../src/foundation/counts.ts';
import type { ManifestBackend } from '../../../../src/domain/manifest.ts';
import { Choice } from './choice.tsx';

interface BackendOptionsProps {
  readonly backends: readonly Pick<ManifestBackend, 'id' | 'role' | 'baseDns'>[];
  readonly chosen: readonly string[];
  readonly onChange: (chosen: readonly string[]) => void;
}

/** Which backends: those with users' entries; the server's own stand aside, as they are seldom right. */
export function BackendOptions({ backends, chosen, onChange }: BackendOptionsProps) {
  return (
    <fieldset>
      <legend>Backends</legend>
      <Backends backends={backends.filter(({ role }) => role === 'user')} chosen={chosen} onChange={onChange} />
      <details class="restore-more">
        <summary>Others that the backup has</summary>
        <p class="muted small">
          The server&#39;s own: its schema, its configuration, its state. Restore one of these only when you know that you need it; what
          belongs to another server&#39;s identity must not come along.
        </p>
        <Backends backends={backends.filter(({ role }) => role !== 'user')} chosen={chosen} onChange={onChange} />
      </details>
    </fieldset>
  );
}

function Backends({ backends, chosen, onChange }: BackendOptionsProps) {
  if (backends.length === 0) return <p class="muted">None.</p>;
  return (
    <>
      {backends.map(({ id, baseDns }) => (
        <Choice
          key={id}
          kind="checkbox"
          name="backend"
          title={id}
          isChosen={chosen.includes(id)}
          onChange={() => onChange(chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id])}
        >
          {baseDns.map(({ dn, entries }) => `${dn}${entries === undefined ? '' : `, ${formatCount(entries)} entries`}`).join(' · ')}
        </Choice>
      ))}
    </>
  );
}
