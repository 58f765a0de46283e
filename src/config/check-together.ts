import { wrongUsage } from '../foundation/failure.ts';
import type { Config } from './schema.ts';
import { formatSource, type GivenValue } from './setting-values.ts';

/** Refuses settings that are right each by itself but make no sense together. `given` are those that were set, by name. */
export function checkTogether(config: Config, given: ReadonlyMap<string, GivenValue>): void {
  const { s3, server } = config;
  const refuse: Refuse = (name, state, hint) => {
    const value = given.get(name);
    throw wrongUsage(`Cannot use the setting ${name}${value === undefined ? '' : ` from ${formatSource(value.source)}`}: ${state}`, hint);
  };
  if (s3.kmsKeyId !== undefined && s3.encryption !== 'aws:kms') {
    refuse('s3.kmsKeyId', `s3.encryption is ${s3.encryption}, which uses no such key`, 'set s3.encryption to aws:kms');
  }
  checkObjectLock(config, refuse);
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
}

type Refuse = (name: string, state: string, hint: string) => never;

function checkObjectLock({ archive, objectLock: { mode, days } }: Config, refuse: Refuse): void {
  if (mode === 'none') {
    if (days !== undefined) {
      refuse('objectLock.days', 'objectLock.mode is none, which locks nothing', 'set objectLock.mode to governance or compliance');
    }
    return;
  }
  if (days === undefined) {
    refuse('objectLock.mode', 'objectLock.days is not set', 'say for how many days all that is archived is to stay locked');
  }
  if (archive !== undefined && !archive.startsWith('s3:')) {
    refuse('objectLock.mode', `the archive ${archive} is a folder, which has no Object Lock`, 'use it with an archive in S3 only');
  }
}
