import { wrongUsage } from '../../foundation/failure.ts';
import { type Job, jobs } from '../../domain/run-record.ts';
import { parseSecretUrl } from './channels.ts';

/**
 * Reads the lines `JOB URL` of the file that `notify.pingFile` names; empty lines and those that begin with `#` say nothing. No sentence has an address in it.
 *
 * @throws Failure E_USAGE that names the line
 */
export function parsePings(text: string, file: string): ReadonlyMap<Job, URL> {
  const pings = new Map<Job, URL>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(#|$)/.test(line)) continue;
    const [name = '', address = '', ...more] = line.trim().split(/\s+/);
    const job = jobs.find((known) => known === name);
    const url = parseSecretUrl(address);
    if (job === undefined) throw refused(file, index, `it does not begin with one of ${jobs.join(', ')}`);
    if (url === undefined || more.length > 0) throw refused(file, index, `behind ${job} is not just one http:// or https:// address`);
    if (pings.has(job)) throw refused(file, index, `there is a line for ${job} already`);
    pings.set(job, url);
  }
  return pings;
}

function refused(file: string, index: number, state: string): Error {
  return wrongUsage(
    `Cannot use line ${index + 1} of the file ${file} of the setting notify.pingFile: ${state}`,
    'write a line for each check, such as "backup https://hc-ping.com/…"',
  );
}
