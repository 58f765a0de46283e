import { useLocation } from 'preact-iso';
import { CommandPage } from './command-page.tsx';
import { RunListPage } from './run-list-page.tsx';
import { RunPage } from './run-page.tsx';
import './runs.css';

/** `/runs`: all of them · `/runs/ID`: one · `/runs/command/ID`: a command that the agent keeps. */
export function RunsPage() {
  const { path } = useLocation();
  const [, , first, second] = path.split('/').map((part) => decodeURIComponent(part));
  if (first === 'command' && second !== undefined && second !== '') return <CommandPage key={second} id={second} />;
  if (first !== undefined && first !== '') return <RunPage key={first} id={first} />;
  return <RunListPage />;
}
