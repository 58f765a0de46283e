import { wrongUsage } from '../foundation/failure.ts';
import { parseRateWindow } from '../schedule/rate-windows.ts';
import { isTimeZone } from '../schedule/time-zone.ts';
import type { Config } from './schema.ts';
import { formatSource, type GivenValue } from './setting-values.ts';

/** Refuses settings that are right each by itself but make no sense together. `given` are those that were set, by name. */
export function checkTogether(config: Config, given: ReadonlyMap<string, GivenValue>): void {
  const { server, kubernetes } = config;
  const refuse: Refuse = (name, state, hint) => {
    const value = given.get(name);
    throw wrongUsage(`Cannot use the setting ${name}${value === undefined ? '' : ` from ${formatSource(value.source)}`}: ${state}`, hint);
  };
  checkRateWindows(config, given, refuse);
  checkStore('', config, refuse);
  checkStore('copy.', config.copy, refuse);
  if (server.bindDn !== undefined && server.bindPasswordFile === undefined) {
    refuse('server.bindDn', 'server.bindPasswordFile is not set', 'name the file that holds the password of the account');
  }
  if (server.via === 'tools' && server.home === undefined) {
    refuse('server.via', 'server.home is not set', "name the server's root folder, in whose bin folder its programs are");
  }
  if (given.has('server.mode') && server.mode === 'offline' && server.via !== 'tools') {
    refuse('server.mode', 'only server.via tools can work offline', 'set server.via to tools, or leave server.mode out');
  }
  if (server.startTls && server.url?.toLowerCase().startsWith('ldaps:') === true) {
    refuse('server.startTls', 'server.url is an ldaps:// address, which has TLS from the start', 'leave one of the two out');
  }
  checkReporting(config, refuse);
  checkOidc(config.agent.oidc, given, refuse);
  if (kubernetes.pod === undefined) {
    const needless = ['namespace', 'container', 'folder', 'kubeconfig'].map((name) => `kubernetes.${name}`).find((name) => given.has(name));
    if (needless !== undefined) refuse(needless, 'kubernetes.pod is not set', 'name the pod of the server, or leave this setting out');
    return;
  }
  if (server.via === 'tools') {
    refuse('server.via', 'kubernetes.pod is set, and the server in that pod is given its work over LDAP', 'set server.via to ldap');
  }
  if (given.has('staging.serverFolder')) {
    refuse('staging.serverFolder', 'kubernetes.pod is set, so that no folder is shared with the server', 'set kubernetes.folder instead');
  }
}

type Refuse = (name: string, state: string, hint: string) => never;

function checkRateWindows({ s3 }: Config, given: ReadonlyMap<string, GivenValue>, refuse: Refuse): void {
  const wrong = s3.rateWindows?.find((text) => parseRateWindow(text) === undefined);
  if (wrong !== undefined) {
    const hint = 'write for example 08:00-18:00=20MiB, mon-fri 22:00-06:00=5MiB or sat 00:00-24:00=none';
    refuse('s3.rateWindows', `${JSON.stringify(wrong)} is no window of time with a rate`, hint);
  }
  if (!isTimeZone(s3.rateTimeZone)) {
    refuse('s3.rateTimeZone', 'this system knows no such time zone', 'name one of the IANA database, such as Europe/Berlin or UTC');
  }
  if (given.has('s3.rateTimeZone') && s3.rateWindows === undefined) {
    refuse('s3.rateTimeZone', 's3.rateWindows is not set', 'set it, or leave the time zone out');
  }
}

/** What a receiver cannot be without, and what says something of a receiver that there is not. */
function checkReporting({ metrics, notify }: Pick<Config, 'metrics' | 'notify'>, refuse: Refuse): void {
  const { mail } = notify;
  const needs: readonly (readonly [string, unknown, string, unknown])[] = [
    ['metrics.pushGatewayTokenFile', metrics.pushGatewayTokenFile, 'metrics.pushGateway', metrics.pushGateway],
    ['metrics.otlpTokenFile', metrics.otlpTokenFile, 'metrics.otlp', metrics.otlp],
    ['notify.webhookTokenFile', notify.webhookTokenFile, 'notify.webhook', notify.webhook],
    ['notify.mail.to', mail.to, 'notify.mail.server', mail.server],
    ['notify.mail.server', mail.server, 'notify.mail.to', mail.to],
    ['notify.mail.server', mail.server, 'notify.mail.from', mail.from],
    ['notify.mail.user', mail.user, 'notify.mail.passwordFile', mail.passwordFile],
    ['notify.mail.passwordFile', mail.passwordFile, 'notify.mail.user', mail.user],
  ];
  for (const [name, value, needed, other] of needs) {
    if (value !== undefined && other === undefined) refuse(name, `${needed} is not set`, 'set both, or none');
  }
}

/** People cannot sign in with less. */
function checkOidc({ issuer, clientId, roles }: Config['agent']['oidc'], given: ReadonlyMap<string, GivenValue>, refuse: Refuse): void {
  if (issuer === undefined) {
    const needless = [...given.keys()].find((name) => name.startsWith('agent.oidc.'));
    if (needless !== undefined) refuse(needless, 'agent.oidc.issuer is not set', 'name the OpenID provider, or leave this setting out');
    return;
  }
  if (clientId === undefined) refuse('agent.oidc.issuer', 'agent.oidc.clientId is not set', 'name the client that the provider knows');
  if (Object.values(roles).every((values) => values === undefined)) {
    refuse(
      'agent.oidc.issuer',
      'no agent.oidc.roles are set, so nobody could do anything',
      'say which groups are viewers, operators or restorers',
    );
  }
}

/** `at`: what comes before the names of this archive's settings. */
function checkStore(
  at: '' | 'copy.',
  {
    archive,
    s3,
    objectLock: { mode, days },
  }: Pick<Config, 'archive' | 'objectLock'> & { readonly s3: Pick<Config['s3'], 'encryption' | 'kmsKeyId'> },
  refuse: Refuse,
): void {
  if (s3.kmsKeyId !== undefined && s3.encryption !== 'aws:kms') {
    refuse(`${at}s3.kmsKeyId`, `${at}s3.encryption is ${s3.encryption}, which uses no such key`, `set ${at}s3.encryption to aws:kms`);
  }
  if (mode === 'none') {
    if (days !== undefined) {
      refuse(
        `${at}objectLock.days`,
        `${at}objectLock.mode is none, which locks nothing`,
        `set ${at}objectLock.mode to governance or compliance`,
      );
    }
    return;
  }
  if (days === undefined) {
    refuse(`${at}objectLock.mode`, `${at}objectLock.days is not set`, 'say for how many days all that is archived is to stay locked');
  }
  if (archive !== undefined && !archive.startsWith('s3:')) {
    refuse(`${at}objectLock.mode`, `the archive ${archive} is a folder, which has no Object Lock`, 'use it with an archive in S3 only');
  }
}
