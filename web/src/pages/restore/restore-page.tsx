import { useLocation } from 'preact-iso';
import { InitializePage } from './initialize-page.tsx';
import './restore.css';
import { RollBackPage } from './roll-back-page.tsx';
import { WatchPage } from './watch-page.tsx';
import { Wizard } from './wizard.tsx';

/** The way through a restore; what runs or ran has its own address, so it can be left and come back to. */
export function RestorePage() {
  const { path } = useLocation();
  const place = path.slice('/restore'.length).replaceAll('/', '');
  if (place === '') return <Wizard />;
  if (place === 'roll-back') return <RollBackPage />;
  if (place === 'initialize') return <InitializePage />;
  return <WatchPage key={place} id={place} />;
}
