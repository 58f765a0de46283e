import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import https from 'node:https';
import path from 'node:path';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { makeCertificate } from '../certificates.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { type ExecFault, type ExecRequest, serveExec } from './serve-exec.ts';

export interface DoublePod {
  uid: string;
  containers: { name: string; id: string; isRunning: boolean }[];
  annotations?: Record<string, string>;
}

/** What may be changed while it runs. */
export interface ClusterBehaviour {
  pods: Record<string, DoublePod>;
  /** `get pods`, `create pods/exec`: what the account may not. */
  denied: Set<string>;
  /** Programs that the containers do not have. */
  absent: Set<string>;
  /** Asked at each exec; undefined lets it be. */
  fault: (request: ExecRequest) => ExecFault | undefined;
  /** `v4.channel.k8s.io` cannot end an input. */
  protocol: 'v5.channel.k8s.io' | 'v4.channel.k8s.io';
  /** Before the containers' own PATH. */
  programFolder: string | undefined;
}

export interface ClusterDouble extends AsyncDisposable {
  readonly kubeconfig: string;
  readonly url: string;
  readonly behaviour: ClusterBehaviour;
  /** Every command that was run, in its order. */
  readonly commands: readonly (readonly string[])[];
}

/**
 * What an API server does for `pods`, `pods/exec` over WebSockets and access reviews, over verified TLS and with a token; its containers are this machine. The
 * protocol is that of `k8s.io/apimachinery/pkg/util/remotecommand` (v5: a first byte of 255 closes the stream that the second names), the sentences are those of
 * Kubernetes 1.37 and containerd 2.4. It stands in for the network and its faults: everything behind it is real.
 */
export async function startClusterDouble(): Promise<ClusterDouble> {
  const home = await temporaryFolder('cluster');
  const { certificatePem, privateKeyPem } = makeCertificate({ commonName: 'kubernetes', hosts: ['127.0.0.1'], isAuthority: true });
  const token = 'a-token-of-the-double';
  const behaviour: ClusterBehaviour = {
    pods: { 'ds-0': { uid: 'uid-1', containers: [{ name: 'directory', id: 'containerd://1', isRunning: true }] } },
    denied: new Set(),
    absent: new Set(),
    fault: () => undefined,
    protocol: 'v5.channel.k8s.io',
    programFolder: undefined,
  };
  const commands: (readonly string[])[] = [];
  const server = https.createServer({ cert: certificatePem, key: privateKeyPem }, (request, response) => {
    void answer(request, response, behaviour, token);
  });
  const sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => (offered.has(behaviour.protocol) ? behaviour.protocol : false),
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const exec = execOf(request);
    const refusal = refusalOf(request, exec, behaviour, token);
    if (refusal !== undefined) return refuse(socket, refusal);
    const fault = behaviour.fault(exec);
    if (fault?.kind === 'refuse') return refuse(socket, fault);
    commands.push(exec.command);
    sockets.handleUpgrade(request, socket, head, (webSocket) => serveExec(webSocket, exec, behaviour, fault));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP listener has no port');
  const url = `https://127.0.0.1:${address.port}`;
  const kubeconfig = path.join(home.path, 'kubeconfig');
  await writeFile(kubeconfig, JSON.stringify(kubeconfigOf(url, certificatePem, token)), { mode: 0o600 });
  return {
    kubeconfig,
    url,
    behaviour,
    commands,
    [Symbol.asyncDispose]: async () => {
      for (const client of sockets.clients) client.terminate();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      await home.remove();
    },
  };
}

function kubeconfigOf(url: string, caPem: string, token: string) {
  return {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'double',
    contexts: [{ name: 'double', context: { cluster: 'double', user: 'agent', namespace: 'directory' } }],
    clusters: [{ name: 'double', cluster: { server: url, 'certificate-authority-data': Buffer.from(caPem).toString('base64') } }],
    users: [{ name: 'agent', user: { token } }],
  };
}

interface Refusal {
  readonly code: number;
  readonly message: string;
}

const account = 'system:serviceaccount:directory:rootcellar';

function execOf({ url = '' }: IncomingMessage): ExecRequest {
  const { pathname, searchParams } = new URL(url, 'https://double');
  return {
    pod: pathname.split('/')[6] ?? '',
    container: searchParams.get('container') ?? '',
    command: searchParams.getAll('command'),
    hasInput: searchParams.get('stdin') === 'true',
  };
}

function refusalOf(request: IncomingMessage, exec: ExecRequest, behaviour: ClusterBehaviour, token: string): Refusal | undefined {
  if (request.headers.authorization !== `Bearer ${token}`) return { code: 401, message: 'Unauthorized' };
  if (behaviour.denied.has('get pods/exec')) return forbidden(exec.pod, 'get', 'pods/exec');
  if (behaviour.denied.has('create pods/exec')) return { code: 403, message: `pods "${exec.pod}" is forbidden: ` };
  const pod = behaviour.pods[exec.pod];
  if (pod === undefined) return { code: 404, message: `pods "${exec.pod}" not found` };
  if (!pod.containers.some(({ name }) => name === exec.container)) {
    return { code: 400, message: `container ${exec.container} is not valid for pod ${exec.pod}` };
  }
  return undefined;
}

function forbidden(pod: string, verb: string, resource: string): Refusal {
  const message = `pods "${pod}" is forbidden: User "${account}" cannot ${verb} resource "${resource}" in API group "" in the namespace "directory"`;
  return { code: 403, message };
}

function refuse(socket: Duplex, { code, message }: Refusal): void {
  const body = JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', message, code });
  socket.end(
    `HTTP/1.1 ${code} Refused\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

async function answer(request: IncomingMessage, response: ServerResponse, behaviour: ClusterBehaviour, token: string): Promise<void> {
  const send = (code: number, value: object): void => {
    response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  };
  const fail = ({ code, message }: Refusal): void => send(code, { kind: 'Status', status: 'Failure', message, code });
  if (request.headers.authorization !== `Bearer ${token}`) return fail({ code: 401, message: 'Unauthorized' });
  if (request.method === 'POST') {
    let text = '';
    for await (const piece of request) text += String(piece);
    const { verb, resource, subresource } = (JSON.parse(text) as { spec: { resourceAttributes: Record<string, string> } }).spec
      .resourceAttributes;
    const asked = `${verb} ${resource}${subresource === undefined ? '' : `/${subresource}`}`;
    return send(201, { status: { allowed: !behaviour.denied.has(asked) } });
  }
  const name = new URL(request.url ?? '', 'https://double').pathname.split('/')[6] ?? '';
  if (behaviour.denied.has('get pods')) return fail(forbidden(name, 'get', 'pods'));
  const pod = behaviour.pods[name];
  if (pod === undefined) return fail({ code: 404, message: `pods "${name}" not found` });
  send(200, {
    metadata: { uid: pod.uid, annotations: pod.annotations },
    spec: { containers: pod.containers.map((container) => ({ name: container.name })) },
    status: { phase: 'Running', containerStatuses: pod.containers.map(statusOf) },
  });
}

function statusOf({ name, id, isRunning }: DoublePod['containers'][number]) {
  const state = isRunning ? { running: { startedAt: '2026-11-23T10:46:46Z' } } : { waiting: { reason: 'CrashLoopBackOff' } };
  return { name, containerID: id, state };
}
