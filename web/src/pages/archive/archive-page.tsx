import { useLocation } from 'preact-iso';
import './archive.css';
import { ComparePage } from './compare/compare-page.tsx';
import { ListPage } from './list/list-page.tsx';
import { SnapshotPage } from './snapshot/snapshot-page.tsx';

/** `/archive`: all snapshots · `/archive/compare?before=&after=`: two of them · `/archive/ID`: one; an ID may be the beginning of one, or `latest`. */
export function ArchivePage() {
  const { path } = useLocation();
  const [, , name] = path.split('/');
  if (name === undefined || name === '') return <ListPage />;
  if (name === 'compare') return <ComparePage />;
  const id = decoded(name);
  return <SnapshotPage key={id} id={id} />;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
