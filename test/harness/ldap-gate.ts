import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import tls from 'node:tls';
import { makeCertificate } from './certificates.ts';
import { temporaryFolder } from './temporary-folder.ts';

export interface LdapGateOptions {
  /** The plain LDAP port behind it, on 127.0.0.1. */
  readonly ldapPort: number;
  /** `valid` for 127.0.0.1 unless told; the others are for `expired` long ago, and for `other.example`. */
  readonly certificate?: 'valid' | 'expired' | 'other-host';
}

/** Something that was on its way and waits. */
export interface Held {
  /** Resolves when it has come, and is being held. */
  readonly arrived: Promise<void>;
  /** Lets it pass, or never holds it. */
  readonly release: () => void;
}

export interface LdapGate extends AsyncDisposable {
  /** `ldaps://127.0.0.1:PORT`. */
  readonly url: string;
  /** PEM of the authority that signed its certificate. */
  readonly caFile: string;
  /** Holds the next request whose bytes match, and all after it on its connection. */
  holdRequest(pattern: RegExp): Held;
  /** The same of what the server says. */
  holdAnswer(pattern: RegExp): Held;
  /** Resets every connection; new ones are taken. */
  cut(): void;
}

type Direction = 'request' | 'answer';

interface ArmedHold {
  readonly direction: Direction;
  readonly pattern: RegExp;
  /** Called by what matches; resolves when it may pass. */
  readonly wait: () => Promise<void>;
}

/** TLS in front of a server's plain LDAP port: reads what is said, holds what it is told to, and breaks connections. */
export async function startLdapGate({ ldapPort, certificate = 'valid' }: LdapGateOptions): Promise<LdapGate> {
  const folder = await temporaryFolder('gate');
  const authorityName = 'rootcellar test gate authority';
  const authority = makeCertificate({ commonName: authorityName, isAuthority: true, validFrom: new Date('2020-01-01') });
  const own = makeCertificate({
    commonName: 'gate',
    hosts: certificate === 'other-host' ? ['other.example'] : ['127.0.0.1', 'localhost'],
    issuer: { ...authority, commonName: authorityName },
    ...(certificate === 'expired' && { validFrom: new Date('2020-01-01'), validTo: new Date('2020-02-01') }),
  });
  const caFile = path.join(folder.path, 'ca.pem');
  await writeFile(caFile, authority.certificatePem);
  const open = new Set<net.Socket>();
  const holds = new Set<ArmedHold>();
  const server = tls.createServer({ cert: own.certificatePem, key: own.privateKeyPem }, (client) => {
    const upstream = net.connect(ldapPort, '127.0.0.1');
    for (const socket of [client, upstream]) open.add(socket.on('close', () => open.delete(socket)));
    forward(client, upstream, 'request', holds);
    forward(upstream, client, 'answer', holds);
  });
  // A client that refuses the certificate.
  server.on('tlsClientError', () => {});
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const cut = (): void => {
    for (const socket of open) socket.destroy();
  };
  return {
    url: `ldaps://127.0.0.1:${(server.address() as net.AddressInfo).port}`,
    caFile,
    holdRequest: (pattern) => hold(holds, 'request', pattern),
    holdAnswer: (pattern) => hold(holds, 'answer', pattern),
    cut,
    [Symbol.asyncDispose]: async () => {
      server.close();
      cut();
      await once(server, 'close');
      await folder.remove();
    },
  };
}

function hold(holds: Set<ArmedHold>, direction: Direction, pattern: RegExp): Held {
  const arrived = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const armed: ArmedHold = {
    direction,
    pattern,
    wait: () => {
      holds.delete(armed);
      arrived.resolve();
      return released.promise;
    },
  };
  holds.add(armed);
  return {
    arrived: arrived.promise,
    release: () => {
      holds.delete(armed);
      released.resolve();
    },
  };
}

/** Messages are small and come whole in one piece, so a piece is what a pattern is tried on. */
function forward(from: net.Socket, to: net.Socket, direction: Direction, holds: ReadonlySet<ArmedHold>): void {
  let turn = Promise.resolve();
  from.on('data', (piece: Buffer) => {
    turn = turn.then(async () => {
      const text = piece.toString('latin1');
      for (const armed of holds) if (armed.direction === direction && armed.pattern.test(text)) await armed.wait();
      if (to.writable) to.write(piece);
    });
  });
  from.on('error', () => to.destroy());
  from.on('close', () => to.destroy());
}
