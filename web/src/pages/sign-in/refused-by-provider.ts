import { ApiFailure } from '../../api/api-failure.ts';

interface Refusal {
  readonly state: string;
  readonly hint: string;
}

/** The codes with which the agent sends somebody back (docs/runbooks/agent-api.md). The rest of what it knows stands in its log alone, as the address is no place for it. */
const refusals: Readonly<Record<string, Refusal>> = {
  E_OIDC_PROVIDER: { state: 'the provider of the accounts does not answer', hint: 'try again in a minute, or sign in with a token' },
  E_OIDC_REFUSED: { state: 'the provider of the accounts refused it', hint: 'try once more; the log of the agent has the reason' },
  E_OIDC_ANSWER: {
    state: 'what the provider of the accounts answered does not check',
    hint: 'tell whoever runs rootcellar: its log has the reason',
  },
  E_OIDC_STATE: { state: 'the way back was used already, took too long, or began in another browser', hint: 'sign in once more' },
  E_OIDC_ROLE: { state: 'your account has no role here', hint: 'have it put into one of the groups that agent.oidc.roles names' },
  E_AGENT_TRIES: { state: 'it was tried too often', hint: 'wait a minute' },
};

/** What to say to somebody whom the provider, or what it told, did not let in; `code` comes from the address, so it may be anything. */
export function refusedByProvider(code: string): ApiFailure {
  const known = Object.hasOwn(refusals, code) ? refusals[code] : undefined;
  return new ApiFailure({
    code: /^E_[A-Z0-9_]{1,60}$/.test(code) ? code : 'E_OIDC_REFUSED',
    message: `Cannot sign you in with your account${known === undefined ? '' : `: ${known.state}`}`,
    hint: known?.hint ?? "try once more; the agent's log says why it was refused",
    status: 401,
  });
}
