import { type Socket, connect as connectTcp, isIP } from 'node:net';
import { type TLSSocket, connect as connectTls, rootCertificates } from 'node:tls';
import { BerReader, BerWriter } from 'ldapts';
import { Failure, messageOf } from '../foundation/failure.ts';

/** How to reach a server; `ldap:` without `startTls` sends the password in the clear and needs `allowPlaintext`. */
export interface LdapAddress {
  /** `ldaps://host:port` or `ldap://host:port`; 636 and 389 where no port is named. */
  readonly url: string;
  /** The content of a PEM file; trusted beside the public authorities. */
  readonly caPem?: string | undefined;
  readonly startTls?: boolean | undefined;
  readonly allowPlaintext?: boolean | undefined;
  readonly connectTimeoutMilliseconds: number;
}

/**
 * Opens a connection that is ready for a bind: TLS is up, the certificate and the host's name are verified.
 *
 * @throws Failure E_SERVER_UNREACHABLE, E_SERVER_TLS, E_USAGE
 */
export async function dial(address: LdapAddress, signal?: AbortSignal): Promise<Socket | TLSSocket> {
  const { host, port, isTls } = parseAddress(address);
  const limit = AbortSignal.timeout(address.connectTimeoutMilliseconds);
  const giveUp = signal === undefined ? limit : AbortSignal.any([limit, signal]);
  let socket: Socket | undefined;
  const abandon = (): void => {
    socket?.destroy(new Error(`no answer within ${address.connectTimeoutMilliseconds / 1000} s`));
  };
  giveUp.addEventListener('abort', abandon);
  try {
    signal?.throwIfAborted();
    socket = connectTcp({ host, port });
    await happens(socket, 'connect');
    if (!isTls && address.startTls !== true) return socket;
    if (!isTls) await requestStartTls(socket);
    const secure = connectTls({
      socket,
      host,
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...(address.caPem === undefined ? {} : { ca: [...rootCertificates, address.caPem] }),
    });
    socket = secure;
    await happens(secure, 'secureConnect');
    return secure;
  } catch (error) {
    socket?.destroy();
    signal?.throwIfAborted();
    throw error instanceof Failure ? error : connectionFailure(address.url, error);
  } finally {
    giveUp.removeEventListener('abort', abandon);
  }
}

function parseAddress(address: LdapAddress): { host: string; port: number; isTls: boolean } {
  const url = URL.parse(address.url);
  if (url === null || !['ldap:', 'ldaps:'].includes(url.protocol) || url.hostname === '') {
    throw new Failure('E_USAGE', `Cannot connect to "${address.url}": it is no ldaps:// or ldap:// address`, {
      hint: 'set server.url, for example ldaps://localhost:1636',
      exitCode: 2,
    });
  }
  const isTls = url.protocol === 'ldaps:';
  if (!isTls && address.startTls !== true && address.allowPlaintext !== true) {
    throw new Failure('E_SERVER_TLS', `Cannot connect to ${address.url}: the password would be sent in the clear`, {
      hint: 'use an ldaps:// address, or set server.startTls',
    });
  }
  return { host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(url.port) || (isTls ? 636 : 389), isTls };
}

/** Resolves at the first `event`; rejects when the socket fails or closes before. */
function happens(socket: Socket, event: 'connect' | 'secureConnect' | 'readable'): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => (): void => {
      socket.off(event, onEvent).off('error', onError).off('close', onClose);
      act();
    };
    const onEvent = settle(resolve);
    const onError = (error: Error): void => settle(() => reject(error))();
    const onClose = settle(() => reject(new Error('the server closed the connection')));
    socket.on(event, onEvent).on('error', onError).on('close', onClose);
  });
}

const startTlsOid = '1.3.6.1.4.1.1466.20037';
const extendedRequestTag = 0x77;
const extendedResponseTag = 0x78;

/** One exchange by hand (RFC 4511, 4.14): ldapts cannot follow the life of a socket that it upgraded itself. */
async function requestStartTls(socket: Socket): Promise<void> {
  const request = new BerWriter();
  request.startSequence();
  request.writeInt(1);
  request.startSequence(extendedRequestTag);
  request.writeString(startTlsOid, 0x80);
  request.endSequence();
  request.endSequence();
  socket.write(request.buffer);
  let received = Buffer.alloc(0);
  for (;;) {
    await happens(socket, 'readable');
    for (let piece: unknown = socket.read(); Buffer.isBuffer(piece); piece = socket.read()) received = Buffer.concat([received, piece]);
    const reader = new BerReader(received);
    if (reader.readSequence() === null || reader.length > reader.remain) continue;
    reader.readInt();
    if (reader.readSequence(extendedResponseTag) === null) throw new Error('the answer to StartTLS is not LDAP');
    const resultCode = reader.readEnumeration();
    if (resultCode === 0) return;
    throw new Failure('E_SERVER_TLS', `Cannot secure the connection with StartTLS: the server refused it with result ${resultCode}`, {
      hint: 'enable StartTLS on that connection handler, or use its ldaps:// address',
    });
  }
}

const untrusted = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_UNTRUSTED',
]);

function connectionFailure(url: string, error: unknown): Failure {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const attempt = `Cannot connect to ${url}`;
  if (code === 'CERT_HAS_EXPIRED') {
    return tlsFailure(`${attempt}: the server's certificate has expired`, "renew the server's certificate", error);
  }
  if (code === 'CERT_NOT_YET_VALID') {
    return tlsFailure(`${attempt}: the server's certificate is not valid yet`, 'compare the clocks of both machines', error);
  }
  if (untrusted.has(code)) {
    const hint = 'set server.caFile to the PEM file of the certificate that signed it (its own, if it is self-signed)';
    return tlsFailure(`${attempt}: the server's certificate is signed by nobody who is trusted here`, hint, error);
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const hint = 'use a host name that is in the certificate in server.url, or have a certificate made for this one';
    return tlsFailure(`${attempt}: the server's certificate is for another host`, hint, error);
  }
  if (code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS') || code.startsWith('CERT_')) {
    return tlsFailure(`${attempt}: TLS failed (${code})`, 'see that the port of server.url speaks TLS', error);
  }
  return unreachable(`${attempt}: ${reasonOf(code, error)}`, error);
}

function tlsFailure(message: string, hint: string, cause: unknown): Failure {
  return new Failure('E_SERVER_TLS', message, { hint, cause });
}

/** The failure of a server that does not answer; worth another try later. */
export function unreachable(message: string, cause: unknown): Failure {
  const hint = 'see that the server runs and that server.url is its address';
  return new Failure('E_SERVER_UNREACHABLE', message, { hint, cause, retry: 'later' });
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was reset',
  ENOTFOUND: 'its host name is unknown',
  EAI_AGAIN: 'its host name cannot be looked up now',
  EHOSTUNREACH: 'there is no route to the host',
  ENETUNREACH: 'there is no route to the network',
  ETIMEDOUT: 'no answer in time',
};

function reasonOf(code: string, error: unknown): string {
  return reasons[code] ?? messageOf(error);
}
