import { ErrorBoundary, lazy, LocationProvider, Route, Router } from 'preact-iso';
import { useEffect, useState } from 'preact/hooks';
import { failureFrom, isAbort, type ApiFailure } from './api/api-failure.ts';
import { loadSession } from './api/session.ts';
import { session } from './api/session-state.ts';
import { OverviewPage } from './pages/overview/overview-page.tsx';
import { SignInPage } from './pages/sign-in/sign-in-page.tsx';
import { FailureNote } from './parts/failure-note.tsx';
import { Loading } from './parts/loading.tsx';
import { Page } from './parts/page.tsx';
import { Shell } from './shell.tsx';

// What is not looked at first is fetched when it is.
const ArchivePage = lazy(() => import('./pages/archive/archive-page.tsx').then(({ ArchivePage: page }) => page));
const EntriesPage = lazy(() => import('./pages/entries/entries-page.tsx').then(({ EntriesPage: page }) => page));
const RestorePage = lazy(() => import('./pages/restore/restore-page.tsx').then(({ RestorePage: page }) => page));
const RunsPage = lazy(() => import('./pages/runs/runs-page.tsx').then(({ RunsPage: page }) => page));
const AuditPage = lazy(() => import('./pages/audit/audit-page.tsx').then(({ AuditPage: page }) => page));

/** The console: who looks is asked first, then the page that the address names is shown. */
export function App() {
  const [failure, setFailure] = useState<ApiFailure>();
  const [crash, setCrash] = useState<ApiFailure>();
  const load = (): AbortController => {
    const stop = new AbortController();
    setFailure(undefined);
    loadSession({ signal: stop.signal }).catch((error: unknown) => {
      if (!isAbort(error)) setFailure(failureFrom(error));
    });
    return stop;
  };
  useEffect(() => {
    const stop = load();
    return () => stop.abort();
  }, []);
  return (
    <LocationProvider>
      <Shell>
        <FailureNote failure={failure} onRetry={load} />
        <FailureNote failure={crash} />
        {session.value === undefined ? failure === undefined ? <Loading what="the console" /> : null : null}
        {session.value?.isSignedIn === false ? <SignInPage /> : null}
        {session.value?.isSignedIn === true ? (
          <ErrorBoundary onError={(error) => setCrash(failureFrom(error))}>
            <Router onRouteChange={() => setCrash(undefined)}>
              <Route path="/" component={OverviewPage} />
              <Route path="/sign-in" component={OverviewPage} />
              <Route path="/archive/:rest*" component={ArchivePage} />
              <Route path="/entries/:rest*" component={EntriesPage} />
              <Route path="/restore/:rest*" component={RestorePage} />
              <Route path="/runs/:rest*" component={RunsPage} />
              <Route path="/audit" component={AuditPage} />
              <Route default component={UnknownPage} />
            </Router>
          </ErrorBoundary>
        ) : null}
      </Shell>
    </LocationProvider>
  );
}

function UnknownPage() {
  return (
    <Page title="No such page" lead="The address names none of the console's pages.">
      <p>
        <a href="/">To the overview</a>
      </p>
    </Page>
  );
}
