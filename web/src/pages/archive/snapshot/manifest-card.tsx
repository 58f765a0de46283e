import { useEffect, useState } from 'preact/hooks';
import type { Manifest } from '../../../../../src/domain/manifest.ts';
import { Card } from '../../../parts/page.tsx';
import { shortManifest } from './snapshot-document.ts';

/** The manifest as it is stored: to read in short, to take along as a whole. It holds no secret. */
export function ManifestCard({ manifest }: { readonly manifest: Manifest }) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <Card title="Manifest" aside={<Download manifest={manifest} />}>
      <details onToggle={(event) => setIsOpen(event.currentTarget.open)}>
        <summary>Show it as JSON</summary>
        {isOpen ? (
          <>
            <p class="muted small">Long lists are cut here; the download has them.</p>
            <pre class="archive-manifest" tabIndex={0} role="region" aria-label="Manifest">
              {shortManifest(manifest)}
            </pre>
          </>
        ) : null}
      </details>
    </Card>
  );
}

/** A file that the page makes itself: nothing is asked for. */
function Download({ manifest }: { readonly manifest: Manifest }) {
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([`${JSON.stringify(manifest, undefined, 2)}\n`], { type: 'application/json' }));
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [manifest]);
  return url === undefined ? null : (
    <a class="button" href={url} download={`manifest-${manifest.server}-${manifest.backupId}.json`}>
      Download
    </a>
  );
}
