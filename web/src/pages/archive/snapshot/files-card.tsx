import { useMemo } from 'preact/hooks';
import { formatCount } from '../../../../../src/foundation/counts.ts';
import type { Manifest, ManifestFile } from '../../../../../src/domain/manifest.ts';
import { Bytes } from '../../../parts/bytes.tsx';
import { Card } from '../../../parts/page.tsx';
import { VirtualTable, type Column } from '../../../parts/virtual-table.tsx';
import { hashOf } from './snapshot-document.ts';

const columns: readonly Column<ManifestFile>[] = [
  { title: 'File', cell: ({ path }) => path },
  { title: 'Size', isNumber: true, cell: ({ bytes }) => <Bytes of={bytes} /> },
  { title: 'SHA-256', cell: (file) => <Hash file={file} /> },
];

/** The files of a snapshot, with the hashes that it vouches for them by. */
export function FilesCard({ manifest: { files } }: { readonly manifest: Manifest }) {
  const hasPieces = useMemo(() => files.some(({ pieces }) => pieces !== undefined), [files]);
  return (
    <Card title="Files" aside={<span class="muted">{formatCount(files.length)}</span>}>
      <VirtualTable label="Files" columns={columns} rows={files} keyOf={({ path }) => path} />
      {hasPieces ? (
        <p class="muted small">
          Where "of pieces" stands, the file was hashed in pieces, and the hash is that of the hashes of its pieces in a row.
        </p>
      ) : null}
    </Card>
  );
}

function Hash({ file }: { readonly file: ManifestFile }) {
  const hash = hashOf(file);
  if (hash === undefined) return <span class="muted">none</span>;
  return (
    <span title={hash.of}>
      <code>{hash.sha256}</code>
      {file.sha256 === undefined ? <span class="muted small"> of pieces</span> : null}
    </span>
  );
}
