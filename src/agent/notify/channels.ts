import type { Config } from '../../config/schema.ts';
import type { Secret } from '../../foundation/secret.ts';
import { notDelivered, sendRequest, type HttpWay } from '../reporting/http-request.ts';
import type { ReadSecret } from '../reporting/reporting-parts.ts';
import type { MailSettings } from './mail.ts';
import type { Notification } from './notification.ts';

/** One way on which people are told. */
export interface Channel {
  readonly kind: 'slack' | 'webhook' | 'mail';
  /** @throws Failure E_NOT_DELIVERED, E_SECRET_FILE */
  readonly send: (notification: Notification, signal: AbortSignal) => Promise<void>;
}

/** The ways that are set. Secrets are read with each notification, as they may be replaced. */
export function channelsOf(settings: Config['notify'], secret: ReadSecret, way: HttpWay): readonly Channel[] {
  const { slackUrlFile, webhook, webhookTokenFile, mail } = settings;
  const channels: (Channel | undefined)[] = [
    slackUrlFile === undefined ? undefined : slackChannel(() => secret(slackUrlFile, 'notify.slackUrlFile'), way),
    webhook === undefined ? undefined : webhookChannel(webhook, async () => bearer(secret, webhookTokenFile), way),
    mailChannel(mail, secret),
  ];
  return channels.filter((channel) => channel !== undefined);
}

function slackChannel(readUrl: () => Promise<Secret>, way: HttpWay): Channel {
  const attempt = 'Cannot tell Slack of a run';
  const send: Channel['send'] = async (notification, signal) => {
    const url = parseSecretUrl((await readUrl()).reveal());
    if (url === undefined) throw notDelivered(attempt, 'the file of notify.slackUrlFile holds no http:// or https:// address', 'never');
    await post(url, { text: slackText(notification) }, { attempt, signal }, way);
  };
  return { kind: 'slack', send };
}

/** What of a text Slack shows as it is; it takes &, < and > for its own. */
const mostOfSlackText = 3000;

function slackText({ kind, title, text }: Notification): string {
  const sign = { failure: ':red_circle:', partial: ':large_yellow_circle:', recovery: ':large_green_circle:' }[kind];
  const escaped = (words: string): string => words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return `${sign} *${escaped(title)}*\n${escaped(text.slice(0, mostOfSlackText).toWellFormed())}`;
}

function webhookChannel(address: string, headers: () => Promise<Readonly<Record<string, string>>>, way: HttpWay): Channel {
  const url = new URL(address);
  const attempt = `Cannot tell the webhook at ${url.origin} of a run`;
  const send: Channel['send'] = async (notification, signal) => post(url, notification, { attempt, signal, headers: await headers() }, way);
  return { kind: 'webhook', send };
}

async function bearer(secret: ReadSecret, file: string | undefined): Promise<Readonly<Record<string, string>>> {
  return file === undefined ? {} : { authorization: `Bearer ${(await secret(file, 'notify.webhookTokenFile')).reveal()}` };
}

async function post(
  url: URL,
  document: unknown,
  options: { readonly attempt: string; readonly signal: AbortSignal; readonly headers?: Readonly<Record<string, string>> },
  way: HttpWay,
): Promise<void> {
  const headers = { 'content-type': 'application/json; charset=utf-8', ...options.headers };
  await sendRequest({ ...options, url, method: 'POST', headers, body: JSON.stringify(document) }, way);
}

function mailChannel(mail: Config['notify']['mail'], secret: ReadSecret): Channel | undefined {
  const { server, from, to } = mail;
  if (server === undefined || from === undefined || to === undefined) return undefined;
  const settings: MailSettings = { ...mail, server, from, to };
  const send: Channel['send'] = async (notification) => {
    const { sendMail } = await import('./mail.ts');
    await sendMail(settings, notification, secret);
  };
  return { kind: 'mail', send };
}

/** An address that is a secret: what is wrong with it is told without it. */
export function parseSecretUrl(text: string): URL | undefined {
  const url = URL.parse(text.trim());
  return url !== null && /^https?:$/.test(url.protocol) ? url : undefined;
}
