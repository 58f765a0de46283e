import { Attribute, Change, type Client } from 'ldapts';
import { StoredRuns } from '../../src/archive/stored-runs.ts';
import type { Clock } from '../../src/foundation/clock.ts';
import { newRunId, type Job, type RunFailure, type RunRecord } from '../../src/domain/run-record.ts';
import { openS3Store } from '../../src/object-stores/s3-store.ts';
import type { OpendjServer } from './opendj.ts';
import { realClock } from './real-clock.ts';
import { runInProcess } from './run-in-process.ts';
import type { VersitygwServer } from './versitygw.ts';

/** What happened to the directory between its backups, by DN. */
export interface PastOfDirectory {
  /** A groupOfNames of the people 0 to 19; the last eight were dropped between the second backup and the third. */
  readonly admins: string;
  /** A groupOfUniqueNames that nobody changed. */
  readonly editors: string;
  readonly droppedMembers: readonly string[];
  /** Deleted between the second backup and the third. */
  readonly deleted: string;
  /** Renamed between the second backup and the third. */
  readonly renamed: { readonly from: string; readonly to: string };
  /** Has another telephone number in each snapshot, and another password since the second. */
  readonly changed: string;
  /** Changed after the last backup: its mail differs on the server alone. */
  readonly changedSince: string;
}

export interface Past {
  readonly dns: PastOfDirectory;
  /** IDs of the snapshots, the oldest first; four of them. */
  readonly snapshots: readonly string[];
}

export interface PastPlace {
  readonly directory: OpendjServer;
  readonly s3: VersitygwServer;
  readonly bucket: string;
  readonly environment: Readonly<Record<string, string>>;
}

const hour = 3_600_000;
const day = 24 * hour;

/**
 * Lives through the last week of a directory: backups 6, 4 and 2 days and 3 hours ago with changes between them, all data verified after the third, and a
 * backup of yesterday that failed, as the server was not running. The snapshots are made by the program itself, by a clock that is wrong; the records of
 * the runs are as an agent keeps them.
 */
export async function liveThePast({ directory, s3, bucket, environment }: PastPlace): Promise<Past> {
  const { endpoint, region } = s3;
  const store = await openS3Store({ bucket, prefix: 'directory', endpoint, region, caFile: s3.caFile });
  const client = await directory.connect();
  const dns = pastDns(directory.baseDn);
  const runs = new StoredRuns(store, 'directory');
  const run = (job: Job, ago: number, ...more: string[]) => recorded(runs, environment, { job, ago, words: [job, ...more] });
  try {
    await inThePast(environment, 6 * day + hour, ['init']);
    await furnish(client, dns);
    await run('backup', 6 * day);
    await replace(client, dns.changed, { telephoneNumber: ['+49 30 2222'], userPassword: ['another password'] });
    await run('backup', 4 * day);
    await misfortune(client, dns);
    await run('backup', 2 * day);
    await run('verify', 2 * day - 2 * hour, '--read-data');
    const away = { ...environment, ROOTCELLAR_SERVER_URL: 'ldaps://127.0.0.1:9' };
    await recorded(runs, away, { job: 'backup', ago: day, words: ['backup'] });
    await replace(client, dns.changed, { telephoneNumber: ['+49 30 4444'] });
    await run('backup', 3 * hour);
    await replace(client, dns.changedSince, { mail: ['changed.since@example.com'] });
    const { output } = await runInProcess(['list', '--json'], { environment, clock: realClock });
    const snapshots = (JSON.parse(output) as { readonly id: string }[]).map(({ id }) => id).toReversed();
    return { dns, snapshots };
  } finally {
    await client.unbind();
    await store.close();
  }
}

function pastDns(base: string): PastOfDirectory {
  const person = (number: number): string => `uid=user.${number},ou=People,${base}`;
  return {
    admins: `cn=admins,ou=Groups,${base}`,
    editors: `cn=editors,ou=Groups,${base}`,
    droppedMembers: Array.from({ length: 8 }, (_, at) => person(12 + at)),
    deleted: person(7),
    renamed: { from: person(9), to: `uid=renamed.9,ou=People,${base}` },
    changed: person(3),
    changedSince: person(30),
  };
}

async function furnish(client: Client, dns: PastOfDirectory): Promise<void> {
  // As who restores single entries has it, with their passwords.
  await replace(client, 'cn=Default Password Policy,cn=Password Policies,cn=config', { 'ds-cfg-allow-pre-encoded-passwords': ['true'] });
  const people = Array.from({ length: 20 }, (_, at) => dns.changed.replace('user.3', `user.${at}`));
  await client.add(dns.admins, { objectClass: ['top', 'groupOfNames'], cn: 'admins', member: people });
  await client.add(dns.editors, { objectClass: ['top', 'groupOfUniqueNames'], cn: 'editors', uniqueMember: people.slice(0, 5) });
  await replace(client, dns.changed, { telephoneNumber: ['+49 30 1111'] });
}

async function misfortune(client: Client, dns: PastOfDirectory): Promise<void> {
  const dropped = new Attribute({ type: 'member', values: [...dns.droppedMembers] });
  await client.modify(dns.admins, new Change({ operation: 'delete', modification: dropped }));
  await client.del(dns.deleted);
  await client.modifyDN(dns.renamed.from, dns.renamed.to);
  await replace(client, dns.changed, { telephoneNumber: ['+49 30 3333'] });
}

async function replace(client: Client, dn: string, values: Readonly<Record<string, string[]>>): Promise<void> {
  const changes = Object.entries(values).map(
    ([type, each]) => new Change({ operation: 'replace', modification: new Attribute({ type, values: each }) }),
  );
  await client.modify(dn, changes);
}

interface PastRun {
  readonly job: Job;
  /** Milliseconds. */
  readonly ago: number;
  readonly words: readonly string[];
}

/** Runs a job and keeps its record as the agent of the server's name does. */
async function recorded(runs: StoredRuns, environment: Readonly<Record<string, string>>, { job, ago, words }: PastRun): Promise<void> {
  const beganAt = new Date(Date.now() - ago);
  const { exitCode, output, errorOutput, isWell } = await inThePast(
    environment,
    ago,
    ['--json', ...words],
    job === 'backup' ? [0, 1] : [0],
  );
  const record: RunRecord = {
    id: newRunId(beganAt, 0.25),
    group: 'directory',
    job,
    words: [...words],
    agent: environment['ROOTCELLAR_SERVER_NAME'] ?? '',
    trigger: 'schedule',
    slot: beganAt.toISOString(),
    attempt: 1,
    beganAt: beganAt.toISOString(),
    endedAt: new Date(Date.now() - ago).toISOString(),
    outcome: isWell ? 'success' : 'failure',
    exitCode,
    isTriedAgain: false,
    ...(isWell ? { result: JSON.parse(output) as unknown } : { failure: failureIn(errorOutput) }),
    log: [],
  };
  await runs.save(record);
}

async function inThePast(environment: Readonly<Record<string, string>>, ago: number, words: readonly string[], expected = [0]) {
  const clock: Clock = { now: () => new Date(Date.now() - ago), sleep: (milliseconds, signal) => realClock.sleep(milliseconds, signal) };
  const ended = await runInProcess(words, { environment, clock });
  if (!expected.includes(ended.exitCode))
    throw new Error(`rootcellar ${words.join(' ')} ended with ${ended.exitCode}:\n${ended.errorOutput}`);
  return { ...ended, isWell: ended.exitCode === 0 };
}

function failureIn(errorOutput: string): RunFailure {
  const told = errorOutput
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { readonly event: string; readonly code: string; readonly message: string; readonly hint?: string })
    .find(({ event }) => event === 'error');
  if (told === undefined) throw new Error(`It told no failure:\n${errorOutput}`);
  const { code, message, hint } = told;
  return { code, message, ...(hint !== undefined && { hint }) };
}
