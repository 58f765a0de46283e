import { exitCodes, Failure, messageOf } from '../foundation/failure.ts';

/** The rule of a Role that this needs: a WebSocket is opened with GET, and newer API servers ask for `create` as well. */
export const neededRule = 'pods: get; pods/exec: get and create';

/** What was asked for, for sentences. */
export interface Asked {
  readonly attempt: string;
  readonly namespace: string;
  readonly pod: string;
  readonly url: string;
}

/** What an answer of the API other than 2xx (or, to a WebSocket, 101) means. `body` is its `Status` object, or any text. */
export function refusalOf(status: number, body: string, asked: Asked): Failure {
  const words = wordsOf(body);
  const { attempt, namespace, pod, url } = asked;
  if (status === 401) {
    return new Failure('E_KUBERNETES_CREDENTIALS', `Cannot ${attempt}: the Kubernetes API at ${url} does not take our credentials`, {
      hint: 'see that the pod has the token of its service account (automountServiceAccountToken), or that the kubeconfig is still good',
      facts: { status },
    });
  }
  if (status === 403) return denied(words, asked);
  if (status === 404 && /^(pods )?"?.*"? not found$/.test(words) && words.includes(pod)) {
    return podMissing(attempt, pod, namespace, 'there is no such pod');
  }
  const state = /cannot exec (?:into|in) a container in a completed pod; current phase is (\w+)|does not have a host assigned/.exec(words);
  if (state !== null) return podMissing(attempt, pod, namespace, state[1] === undefined ? 'it runs on no node yet' : `it is ${state[1]}`);
  if (/container \S+ is not valid for pod|container not found/.test(words)) return containerMissing(attempt, pod, words);
  return new Failure('E_KUBERNETES_UNREACHABLE', `Cannot ${attempt}: the Kubernetes API at ${url} answers ${status} ("${words}")`, {
    hint: 'see that the API server and the node of the pod are well, then run the command again',
    facts: { status },
    retry: status >= 500 || status === 429 ? 'later' : 'never',
  });
}

function denied(words: string, { attempt, namespace }: Asked): Failure {
  const [, user, verb, resource] = /User "([^"]+)" cannot (\S+) resource "([^"]+)"/.exec(words) ?? [];
  const state = user === undefined ? unnamedRight(words, namespace) : `${user} may not ${verb} ${resource} in the namespace "${namespace}"`;
  return new Failure('E_KUBERNETES_DENIED', `Cannot ${attempt}: ${state}`, {
    hint: `give its Role in the namespace "${namespace}" what is needed (${neededRule})`,
  });
}

/** Where `get` is there and `create` is not, the API server (1.37, tried) ends its sentence after the colon. */
function unnamedRight(words: string, namespace: string): string {
  if (/^pods "[^"]+" is forbidden:$/.test(words)) return `this account may not create pods/exec in the namespace "${namespace}"`;
  return `the Kubernetes API refuses it ("${words}")`;
}

export function podMissing(attempt: string, pod: string, namespace: string, state: string): Failure {
  return new Failure(
    'E_KUBERNETES_POD_MISSING',
    `Cannot ${attempt}: the pod "${pod}" in the namespace "${namespace}" cannot be used: ${state}`,
    {
      hint: 'see "kubectl get pods", and set kubernetes.pod and kubernetes.namespace to the pod of the server',
    },
  );
}

export function containerMissing(attempt: string, pod: string, state: string): Failure {
  return new Failure('E_KUBERNETES_CONTAINER_MISSING', `Cannot ${attempt}: no container of the pod "${pod}" can be used: ${state}`, {
    hint: 'set kubernetes.container to the container in which the server runs',
  });
}

export function podRestarted(attempt: string, pod: string, state: string, cause: unknown): Failure {
  return new Failure('E_KUBERNETES_POD_RESTARTED', `Cannot ${attempt}: the pod "${pod}" is not the one it was: ${state}`, {
    hint: 'see why with "kubectl describe pod" (memory, eviction, liveness probe), then run the command again',
    cause,
  });
}

export function programMissing(attempt: string, program: string, pod: string, container: string): Failure {
  return new Failure(
    'E_KUBERNETES_PROGRAM_MISSING',
    `Cannot ${attempt}: the container "${container}" of the pod "${pod}" has no program ${program}`,
    {
      hint: 'name a container in which tar, mkdir and rm are and which shares the folder with the server (kubernetes.container), or use a sidecar with a shared folder',
    },
  );
}

export function unreachable(attempt: string, url: string, cause: unknown): Failure {
  return new Failure('E_KUBERNETES_UNREACHABLE', `Cannot ${attempt}: the Kubernetes API at ${url} cannot be reached: ${messageOf(cause)}`, {
    hint: 'see that a network policy or proxy lets this pod reach the API server, and that it is well',
    cause,
    retry: 'later',
  });
}

/** `location`: `pod "ds-0"`. */
export function streamCut(attempt: string, location: string, state: string): Failure {
  return new Failure('E_KUBERNETES_STREAM_CUT', `Cannot ${attempt}: the connection into the ${location} broke off: ${state}`, {
    hint: 'see that no proxy between here and the API server ends long connections, then run the command again',
    retry: 'later',
  });
}

export function tooOld(attempt: string, url: string): Failure {
  return new Failure(
    'E_KUBERNETES_TOO_OLD',
    `Cannot ${attempt}: the Kubernetes API at ${url} cannot end an input (WebSocket protocol v5.channel.k8s.io), without which files cannot be sent`,
    { hint: 'use a cluster of Kubernetes 1.30 or newer, and no proxy that takes the protocol away' },
  );
}

export function wrongConfiguration(state: string, hint: string, cause?: unknown): Failure {
  return new Failure('E_KUBERNETES_CONFIG', `Cannot reach the Kubernetes API: ${state}`, { hint, cause, exitCode: exitCodes.usage });
}

/** The message of a `Status` object in one line. */
function wordsOf(body: string): string {
  let words = body;
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === 'object' && parsed !== null && 'message' in parsed) words = String(parsed.message);
  } catch {
    // A proxy in between answers with a page of its own.
  }
  return words.replace(/\s+/g, ' ').trim().slice(0, 300);
}
