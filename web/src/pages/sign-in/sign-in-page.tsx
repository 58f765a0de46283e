import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { failureFrom, type ApiFailure } from '../../api/api-failure.ts';
import { signIn } from '../../api/session.ts';
import { session } from '../../api/session-state.ts';
import { FailureNote } from '../../parts/failure-note.tsx';
import { Page } from '../../parts/page.tsx';
import { refusedByProvider } from './refused-by-provider.ts';
import './sign-in.css';

/** How to get in: by the provider of OpenID Connect where there is one, and by a token of the agent's files. */
export function SignInPage() {
  const { url, query } = useLocation();
  const { waysToSignIn = [], oidcTitle } = session.value ?? {};
  const returnTo = url.startsWith('/sign-in') ? '/' : url;
  const refused = query['failure'] === undefined ? undefined : refusedByProvider(query['failure']);
  return (
    <Page
      title="Sign in"
      lead="This console shows and restores the backups of a directory server. Who may do what, the operator of the agent has said."
    >
      <FailureNote failure={refused} />
      {waysToSignIn.includes('oidc') ? (
        <section class="card sign-in-way" aria-label="Sign in with your account">
          <h2>With your account</h2>
          <a class="button primary" href={`/sign-in/oidc?returnTo=${encodeURIComponent(returnTo)}`} target="_top">
            Sign in with {oidcTitle ?? 'OpenID Connect'}
          </a>
        </section>
      ) : null}
      {waysToSignIn.includes('token') ? <TokenForm /> : null}
      {waysToSignIn.length === 0 ? (
        <div class="note note-warn">
          <p>Nobody can sign in: the agent has neither files of tokens nor a provider.</p>
          <p>
            To do: set <code>agent.tokens.viewerFile</code>, <code>agent.tokens.operatorFile</code>, <code>agent.tokens.restorerFile</code>{' '}
            or <code>agent.oidc.issuer</code>.
          </p>
        </div>
      ) : null}
    </Page>
  );
}

function TokenForm() {
  const [token, setToken] = useState('');
  const [isBusy, setIsBusy] = useState(false);
  const [failure, setFailure] = useState<ApiFailure>();
  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    setIsBusy(true);
    setFailure(undefined);
    try {
      await signIn(token.trim());
    } catch (error) {
      setFailure(failureFrom(error));
      setIsBusy(false);
    }
  };
  return (
    <section class="card sign-in-way" aria-label="Sign in with a token">
      <h2>With a token</h2>
      <form class="stack" onSubmit={(event) => void send(event)}>
        <label class="field">
          <span>Token</span>
          <input
            type="password"
            value={token}
            onInput={(event) => setToken(event.currentTarget.value)}
            autocomplete="current-password"
            required
            maxLength={4096}
          />
          <span class="hint">One line of the file that the agent has for your role. It is sent once, and not kept in this browser.</span>
        </label>
        <FailureNote failure={failure} />
        <div>
          <button class="primary" disabled={isBusy || token.trim() === ''}>
            Sign in
          </button>
        </div>
      </form>
    </section>
  );
}
