import { formatCount } from '../../../../../src/foundation/counts.ts';
import type { Manifest, ManifestBackend } from '../../../../../src/domain/manifest.ts';
import { Card } from '../../../parts/page.tsx';
import { Time } from '../../../parts/time.tsx';

/** The sets of a snapshot, one of each backend, with how many entries each base DN had. */
export function BackendsCard({ manifest: { backends } }: { readonly manifest: Manifest }) {
  return (
    <Card title="Backends">
      {backends.length === 0 ? (
        <p class="muted">It has no backend.</p>
      ) : (
        // A frame that scrolls must be reached by the keyboard, hence the tabIndex.
        <div class="table-frame" tabIndex={0} role="region" aria-label="Backends">
          <table>
            <thead>
              <tr>
                <th scope="col">Backend</th>
                <th scope="col">Role</th>
                <th scope="col">Base DN</th>
                <th scope="col" class="number">
                  Entries
                </th>
                <th scope="col">Stored</th>
                <th scope="col">Export of its entries</th>
              </tr>
            </thead>
            <tbody>
              {backends.map((backend) => (
                <Backend key={backend.id} backend={backend} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}

function Backend({ backend }: { readonly backend: ManifestBackend }) {
  const { id, role, baseDns, isEncrypted, isCompressed, isConfidential } = backend;
  const kept = [isEncrypted && 'encrypted', isCompressed && 'compressed', isConfidential === true && 'confidential entries'].filter(
    Boolean,
  );
  return (
    <tr>
      <th scope="row" class="archive-row-name">
        {id}
      </th>
      <td>{role}</td>
      <td>
        {baseDns.map(({ dn }) => (
          <div key={dn}>{dn}</div>
        ))}
      </td>
      <td class="number">
        {baseDns.map(({ dn, entries, entriesAfter }) => (
          <div key={dn} title={entriesAfter === undefined ? undefined : `${formatCount(entriesAfter)} when the backup ended`}>
            {entries === undefined ? 'unknown' : formatCount(entries)}
          </div>
        ))}
      </td>
      <td>{kept.length === 0 ? 'as it is' : kept.join(', ')}</td>
      <td>
        <Export of={backend.export} />
      </td>
    </tr>
  );
}

function Export({ of }: { readonly of: ManifestBackend['export'] }) {
  if (of === undefined) return <span class="muted">none: what comes back is compared by counts</span>;
  return (
    <span title={`digest ${of.digest}`}>
      {formatCount(of.entries)} entries{of.index === undefined ? '' : ', indexed'}, <Time at={of.ended} />
    </span>
  );
}
