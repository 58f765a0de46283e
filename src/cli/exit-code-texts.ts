import type { exitCodes } from '../foundation/failure.ts';

/** What each exit code says, for help and reference page. */
export const exitCodeTexts: Readonly<Record<keyof typeof exitCodes, string>> = {
  success: 'done',
  failure: 'failed',
  usage: 'wrong usage: command line, environment or configuration file',
  partial: 'done in part',
  archiveMissing: 'there is no archive at this place',
  busy: 'another run holds the lease; it is said which',
  wrongKey: 'the password opens no key of the archive',
  verificationFailed: 'verification failed: something is missing or altered',
  interrupted: 'interrupted',
};
