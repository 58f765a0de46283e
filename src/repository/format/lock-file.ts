import { decodeJsonObject, encodeGoJson } from './go-json.ts';
import { decodeMoment, encodeMoment, type Moment } from './go-time.ts';
import { damaged } from './repository-failures.ts';

export interface LockFile {
  readonly time: Moment;
  readonly isExclusive: boolean;
  readonly hostname: string;
  readonly username: string;
  readonly pid: number;
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
  /** Undefined in a lock of restic. */
  readonly claim?: LockClaim | undefined;
}

/** What our locks say besides, in the field `rootcellar`; restic passes over fields that it does not know. */
export interface LockClaim {
  /** What is done under it: `backup`; empty where that is not known. */
  readonly work: string;
  /** The process ID space, when the process began in it, and the container that it is: see the owner of the lock. */
  readonly space: string;
  readonly processBegan: string;
  readonly container: string;
  /** When it was first taken, RFC 3339; its refreshes keep that. */
  readonly began: string;
  /** For how long it is good from the moment at which it was stored; then whoever holds it must have refreshed it, or it is dead. */
  readonly goodForSeconds: number;
}

/** restic's: a lock that nobody refreshed for so long is of a dead process. No claim of ours is good for longer. */
export const resticLockSeconds = 30 * 60;

const claimVersion = 1;

export function encodeLock(lock: LockFile): Buffer {
  const { time, isExclusive: exclusive, hostname, username, pid, uid, gid, claim } = lock;
  const document = {
    time: encodeMoment(time),
    exclusive,
    hostname,
    username,
    pid,
    uid: uid === 0 ? undefined : uid,
    gid: gid === 0 ? undefined : gid,
    rootcellar: claim && { version: claimVersion, ...claim },
  };
  return Buffer.from(encodeGoJson(document));
}

/** A claim that we do not understand counts as none: then restic's rules hold. @throws Failure E_REPOSITORY_DAMAGED */
export function decodeLock(bytes: Uint8Array, what: string): LockFile {
  const fields = decodeJsonObject(Buffer.from(bytes).toString('utf8'));
  const time = typeof fields?.['time'] === 'string' ? decodeMoment(fields['time']) : undefined;
  if (fields === undefined || time === undefined) throw damaged(what, 'it is no lock');
  const { text, number } = readersOf(fields);
  return {
    time,
    isExclusive: fields['exclusive'] === true,
    hostname: text('hostname'),
    username: text('username'),
    pid: number('pid'),
    uid: number('uid'),
    gid: number('gid'),
    claim: claimOf(fields['rootcellar']),
  };
}

function claimOf(field: unknown): LockClaim | undefined {
  if (typeof field !== 'object' || field === null) return undefined;
  const { text, number } = readersOf({ ...field });
  const goodForSeconds = number('goodForSeconds');
  if (number('version') !== claimVersion || !(goodForSeconds > 0)) return undefined;
  return {
    work: text('work'),
    space: text('space'),
    processBegan: text('processBegan'),
    container: text('container'),
    began: text('began'),
    goodForSeconds: Math.min(goodForSeconds, resticLockSeconds),
  };
}

function readersOf(fields: Record<string, unknown>) {
  return {
    text: (name: string): string => (typeof fields[name] === 'string' ? fields[name] : ''),
    number: (name: string): number => (typeof fields[name] === 'number' ? fields[name] : 0),
  };
}
