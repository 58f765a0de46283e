import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { failureFrom, type ApiFailure } from './api/api-failure.ts';
import { may, session } from './api/session-state.ts';
import { signOut } from './api/session.ts';
import { FailureNote } from './parts/failure-note.tsx';
import { ThemeChoice } from './parts/theme-choice.tsx';
import './style/shell.css';

const places = [
  { path: '/', name: 'Overview', role: 'viewer' },
  { path: '/archive', name: 'Archive', role: 'viewer' },
  { path: '/entries', name: 'Entries', role: 'restorer' },
  { path: '/restore', name: 'Restore', role: 'operator' },
  { path: '/runs', name: 'Runs', role: 'viewer' },
  { path: '/audit', name: 'Audit', role: 'operator' },
] as const;

/** What stands around every page: where to go, who looks, and the page itself. */
export function Shell({ children }: { readonly children: ComponentChildren }) {
  return (
    <>
      <a class="button shell-skip" href="#content">
        To the content
      </a>
      <header class="shell-header">
        <a class="shell-name" href="/">
          <img src="/icon.svg" alt="" />
          rootcellar
        </a>
        {session.value?.isSignedIn === true ? <Places /> : null}
        <Who />
      </header>
      <main class="shell-main" id="content" tabIndex={-1}>
        {children}
      </main>
    </>
  );
}

function Places() {
  const { path } = useLocation();
  const isHere = (place: string): boolean => (place === '/' ? path === '/' : path === place || path.startsWith(`${place}/`));
  return (
    <nav class="shell-nav" aria-label="Pages">
      <ul>
        {places
          .filter(({ role }) => may(role))
          .map(({ path: place, name }) => (
            <li key={place}>
              <a href={place} aria-current={isHere(place) ? 'page' : undefined}>
                {name}
              </a>
            </li>
          ))}
      </ul>
    </nav>
  );
}

function Who() {
  const [failure, setFailure] = useState<ApiFailure>();
  const { isSignedIn = false, name, role, via } = session.value ?? {};
  return (
    <div class="shell-who">
      <FailureNote failure={failure} />
      {isSignedIn ? (
        <span class="muted">
          {via === 'anonymous' ? 'not signed in, ' : name === role ? '' : `${name}, `}as {role}
        </span>
      ) : null}
      <ThemeChoice />
      {isSignedIn && via !== 'anonymous' ? (
        <button type="button" class="quiet" onClick={() => void signOut().catch((error: unknown) => setFailure(failureFrom(error)))}>
          Sign out
        </button>
      ) : null}
    </div>
  );
}
