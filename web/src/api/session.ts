import { getDocument, sendDocument, type RequestOptions } from './client.ts';
import { session, type Session } from './session-state.ts';

/** Asks who looks. @throws ApiFailure */
export async function loadSession(options: RequestOptions = {}): Promise<void> {
  session.value = await getDocument<Session>('/session', options);
}

/** Signs in with a token of the agent's files. @throws ApiFailure 401 for a wrong one, 429 after too many */
export async function signIn(token: string): Promise<void> {
  session.value = await sendDocument<Session>('POST', '/session', { token });
}

/** @throws ApiFailure */
export async function signOut(): Promise<void> {
  await sendDocument('DELETE', '/session');
  await loadSession();
}
