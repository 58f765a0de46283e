import { createTransport } from 'nodemailer';
import { messageOf, type RetryAdvice } from '../../foundation/failure.ts';
import { isOfCertificate, notDelivered } from '../reporting/http-request.ts';
import { readCertificates } from '../reporting/read-certificates.ts';
import type { ReadSecret } from '../reporting/reporting-parts.ts';
import type { Notification } from './notification.ts';

export interface MailSettings {
  /** `smtps://mail.example.com:465`. */
  readonly server: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly user?: string | undefined;
  readonly passwordFile?: string | undefined;
  readonly caFile?: string | undefined;
}

const timeoutMilliseconds = 10_000;

/**
 * Sends a notification as a mail. A password is sent only after TLS was agreed on. Cannot be cut off; a server that is silent for ten seconds ends it.
 *
 * @throws Failure E_NOT_DELIVERED, E_SECRET_FILE
 */
export async function sendMail(settings: MailSettings, notification: Notification, secret: ReadSecret): Promise<void> {
  const { server, from, to, user, passwordFile, caFile } = settings;
  const url = new URL(server);
  const attempt = `Cannot mail by way of ${url.host} of a run`;
  const isSecure = url.protocol === 'smtps:';
  const password = passwordFile === undefined ? undefined : (await secret(passwordFile, 'notify.mail.passwordFile')).reveal();
  const transport = createTransport({
    host: url.hostname.replaceAll(/^\[|\]$/g, ''),
    port: url.port === '' ? (isSecure ? 465 : 587) : Number(url.port),
    secure: isSecure,
    requireTLS: !isSecure && password !== undefined,
    ...(user === undefined || password === undefined ? {} : { auth: { user, pass: password } }),
    ...(caFile === undefined ? {} : { tls: { ca: await readCertificates(caFile, 'notify.mail.caFile') } }),
    connectionTimeout: timeoutMilliseconds,
    greetingTimeout: timeoutMilliseconds,
    socketTimeout: timeoutMilliseconds,
    // It would read files and addresses that a message names.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  try {
    await transport.sendMail({
      from,
      to: [...to],
      subject: `rootcellar: ${notification.title}`,
      text: `${notification.text}\n${logPart(notification)}`,
      // No machine shall answer it.
      headers: { 'Auto-Submitted': 'auto-generated' },
    });
  } catch (error) {
    throw notDelivered(attempt, messageOf(error), adviceFor(error));
  } finally {
    transport.close();
  }
}

function logPart({ log }: Notification): string {
  return log.length === 0 ? '' : `\nThe last it said:\n${log.map((line) => `  ${line}`).join('\n')}\n`;
}

/** An answer of 5xx is final (RFC 5321 §4.2.1), and so is a certificate; a 4xx, and whatever else came of the network, is not. */
function adviceFor(error: unknown): RetryAdvice {
  const { responseCode } = error as { readonly responseCode?: unknown };
  return (typeof responseCode === 'number' && responseCode >= 500) || isOfCertificate(error) ? 'never' : 'later';
}
