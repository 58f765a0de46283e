import { readFileSync, statSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { isIPv4 } from 'node:net';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { exitCodes, Failure, messageOf, wrongUsage } from '../../foundation/failure.ts';
import type { Logger } from '../../telemetry/logger.ts';

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

export interface TlsFiles {
  readonly certificateFile: string | undefined;
  readonly keyFile: string | undefined;
}

/** How long a client may take, in milliseconds. */
export interface RequestLimits {
  readonly headers: number;
  readonly request: number;
}

export const requestLimits: RequestLimits = { headers: 10_000, request: 30_000 };

/** `127.0.0.1:7373`, `[::1]:7373`, `localhost:0` → its parts. */
export function parseListen(listen: string): ListenAddress {
  const [, host = '', port = ''] = /^(.+):(\d+)$/.exec(listen) ?? [];
  if (host === '' || Number(port) > 65_535) {
    throw wrongUsage(`Cannot use the setting agent.listen: "${listen}" is not an address with a port`, 'write for example 127.0.0.1:7373');
  }
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) };
}

/** Tells whether only this machine reaches what listens on `host`. */
export function isLoopback(host: string): boolean {
  return host.toLowerCase() === 'localhost' || host === '::1' || (isIPv4(host) && host.startsWith('127.'));
}

/**
 * Makes the server, with TLS 1.2 or newer where files are named. They are looked at before each connection, so that a renewed certificate is shown by
 * the next one; a pair that does not fit is told in the log, and the one before stays.
 *
 * @throws Failure E_USAGE where a beyond-loopback address has no TLS, or one file of two is named; E_AGENT_TLS where they cannot be used; both exit code 2
 */
export function makeServer(
  host: string,
  { certificateFile, keyFile }: TlsFiles,
  { limits, log }: { readonly limits: RequestLimits; readonly log: Logger },
): http.Server | https.Server {
  const options: http.ServerOptions = {
    headersTimeout: limits.headers,
    requestTimeout: limits.request,
    connectionsCheckingInterval: Math.min(1000, limits.headers),
    keepAliveTimeout: 5000,
    maxHeaderSize: 16 * 1024,
    requireHostHeader: true,
  };
  if (certificateFile === undefined && keyFile === undefined) {
    if (isLoopback(host)) return http.createServer(options);
    throw wrongUsage(
      `Cannot listen on ${host}: without TLS the API is served on a loopback address only, as tokens would be read on the way`,
      'set agent.tls.certificateFile and agent.tls.keyFile, or agent.listen to 127.0.0.1:7373',
    );
  }
  if (certificateFile === undefined || keyFile === undefined) {
    const [is, isNot] = certificateFile === undefined ? ['keyFile', 'certificateFile'] : ['certificateFile', 'keyFile'];
    throw wrongUsage(`Cannot serve TLS: agent.tls.${is} is set, and agent.tls.${isNot} is not`, `set agent.tls.${isNot} as well`);
  }
  return tlsServer(options, { certificateFile, keyFile }, log);
}

function tlsServer(options: http.ServerOptions, files: { certificateFile: string; keyFile: string }, log: Logger): https.Server {
  let stamp = stampOf(files);
  const server = https.createServer({ ...options, ...readPair(files) });
  // Ahead of the listener that begins the handshake, so that this very connection is shown the new certificate.
  server.prependListener('connection', () => {
    const now = stampOf(files);
    if (now === stamp) return;
    stamp = now;
    try {
      server.setSecureContext(readPair(files));
      log.info({}, 'certificate read anew');
    } catch (error) {
      log.warn({ err: error }, 'the new certificate cannot be used, the one before stays');
    }
  });
  return server;
}

function readPair({ certificateFile, keyFile }: { certificateFile: string; keyFile: string }): SecureContextOptions {
  try {
    const pair = { cert: readFileSync(certificateFile), key: readFileSync(keyFile), minVersion: 'TLSv1.2' } as const;
    // A key of another certificate is noticed here, and not by the first client.
    createSecureContext(pair);
    return pair;
  } catch (error) {
    throw new Failure('E_AGENT_TLS', `Cannot serve TLS with ${certificateFile} and ${keyFile}: ${messageOf(error)}`, {
      exitCode: exitCodes.usage,
      cause: error,
      hint: 'name a PEM file with the certificate and its chain, and one with its private key',
    });
  }
}

function stampOf(files: { certificateFile: string; keyFile: string }): string {
  return [files.certificateFile, files.keyFile]
    .map((file) => {
      const facts = statSync(file, { bigint: true, throwIfNoEntry: false });
      return facts === undefined ? 'gone' : [facts.mtimeNs, facts.ctimeNs, facts.size, facts.ino].join(' ');
    })
    .join(' · ');
}
