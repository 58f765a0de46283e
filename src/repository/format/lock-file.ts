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
}

export function encodeLock(lock: LockFile): Buffer {
  const { time, isExclusive: exclusive, hostname, username, pid, uid, gid } = lock;
  const document = {
    time: encodeMoment(time),
    exclusive,
    hostname,
    username,
    pid,
    uid: uid === 0 ? undefined : uid,
    gid: gid === 0 ? undefined : gid,
  };
  return Buffer.from(encodeGoJson(document));
}

/** @throws Failure E_REPOSITORY_DAMAGED */
export function decodeLock(bytes: Uint8Array, what: string): LockFile {
  const fields = decodeJsonObject(Buffer.from(bytes).toString('utf8'));
  const time = typeof fields?.['time'] === 'string' ? decodeMoment(fields['time']) : undefined;
  if (fields === undefined || time === undefined) throw damaged(what, 'it is no lock');
  const text = (name: string) => (typeof fields[name] === 'string' ? fields[name] : '');
  const number = (name: string) => (typeof fields[name] === 'number' ? fields[name] : 0);
  return {
    time,
    isExclusive: fields['exclusive'] === true,
    hostname: text('hostname'),
    username: text('username'),
    pid: number('pid'),
    uid: number('uid'),
    gid: number('gid'),
  };
}
