import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import { SMTPServer } from 'smtp-server';
import type { Certificate } from './certificates.ts';

export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  /** Who logged in; undefined where nobody did. */
  readonly user: string | undefined;
  readonly isEncrypted: boolean;
  readonly source: string;
}

export interface MailServer extends AsyncDisposable {
  readonly port: number;
  readonly mails: readonly ReceivedMail[];
  /** Codes with which the next mails are refused. */
  refusals: number[];
  /** Resolves with the `count`-th mail, counted from 1, when it is there. */
  received(count: number): Promise<ReceivedMail>;
}

export interface MailServerOptions {
  /** `implicit`: TLS from the first byte; `starttls`: where the client asks for it; `none`: not offered. */
  readonly tls: 'implicit' | 'starttls' | 'none';
  readonly certificate: Certificate;
  /** Without it everybody may send. */
  readonly login?: { readonly user: string; readonly password: string };
}

/** A mail server that keeps what it is sent. */
export async function startMailServer({ tls, certificate, login }: MailServerOptions): Promise<MailServer> {
  const mails: ReceivedMail[] = [];
  const waiting = new Set<() => void>();
  const server = new SMTPServer({
    secure: tls === 'implicit',
    cert: certificate.certificatePem,
    key: certificate.privateKeyPem,
    disabledCommands: [...(tls === 'starttls' ? [] : ['STARTTLS']), ...(login === undefined ? ['AUTH'] : [])],
    authOptional: login === undefined,
    allowInsecureAuth: true,
    onAuth: (auth, _, answer) => {
      if (auth.username === login?.user && auth.password === login?.password) answer(null, { user: auth.username });
      else answer(Object.assign(new Error('Invalid username or password'), { responseCode: 535 }));
    },
    onData: (stream, session, answer) => {
      void buffer(stream).then((source) => {
        const refusal = mailServer.refusals.shift();
        if (refusal !== undefined) return answer(Object.assign(new Error('not now'), { responseCode: refusal }));
        const { envelope, user, secure } = session;
        mails.push({
          from: envelope.mailFrom === false ? '' : envelope.mailFrom.address,
          to: envelope.rcptTo.map(({ address }) => address),
          user,
          isEncrypted: secure,
          source: source.toString(),
        });
        answer();
        for (const look of waiting) look();
      });
    },
  });
  // A client that does not trust it is its own trouble.
  server.on('error', () => undefined);
  const listening = server.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  const address = listening.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP listener has no port');
  const mailServer: MailServer = {
    port: address.port,
    mails,
    refusals: [],
    received: (count) =>
      new Promise((resolve) => {
        const look = (): void => {
          const mail = mails[count - 1];
          if (mail === undefined) return;
          waiting.delete(look);
          resolve(mail);
        };
        waiting.add(look);
        look();
      }),
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
  return mailServer;
}
