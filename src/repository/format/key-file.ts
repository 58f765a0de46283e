import { randomBytes, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import type { Secret } from '../../foundation/secret.ts';
import { Cipher } from '../sealing/cipher.ts';
import { keyMaterialBytes, keyMaterialFrom, type KeyMaterial } from '../sealing/key-material.ts';
import { decodeJsonObject, encodeGoJson } from './go-json.ts';
import { encodeMoment, type Moment } from './go-time.ts';
import { damaged } from './repository-failures.ts';

export interface KeyFile {
  readonly created: string;
  readonly username: string;
  readonly hostname: string;
  readonly scrypt: ScryptCost;
  readonly salt: Uint8Array;
  /** The master keys, sealed by what the password gives. */
  readonly data: Uint8Array;
}

export interface ScryptCost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

/** 32 MiB and about a tenth of a second, what restic comes to on most machines: dear to guess against, and bearable before each command. */
export const ownScryptCost: ScryptCost = { N: 32_768, r: 8, p: 1 };

const saltBytes = 64;
const mostMemoryBytes = 1024 ** 3;
const mostWork = 2 ** 27;

/** Locks `master` with a password. */
export async function encodeKey(
  master: KeyMaterial,
  password: Secret,
  about: { readonly created: Moment; readonly username: string; readonly hostname: string; readonly cost?: ScryptCost | undefined },
): Promise<Buffer> {
  const cost = about.cost ?? ownScryptCost;
  const salt = randomBytes(saltBytes);
  const cipher = Cipher.standalone(await derive(password, salt, cost));
  const { encrypt, k, r } = master;
  const data = cipher.seal(Buffer.from(encodeGoJson({ mac: { k, r }, encrypt })));
  const { created, username, hostname } = about;
  return Buffer.from(encodeGoJson({ created: encodeMoment(created), username, hostname, kdf: 'scrypt', ...cost, salt, data }));
}

/** Reads a key file, and refuses numbers that nobody chose in earnest. @throws Failure E_REPOSITORY_DAMAGED */
export function decodeKey(bytes: Uint8Array, what: string): KeyFile {
  const fields = decodeJsonObject(Buffer.from(bytes).toString('utf8'));
  if (fields === undefined) throw damaged(what, 'it is not JSON');
  if (fields['kdf'] !== 'scrypt') throw damaged(what, 'its key derivation is not scrypt');
  const { N, r, p } = fields;
  if (!isCount(N) || !isCount(r) || !isCount(p) || !isBearable({ N, r, p })) throw damaged(what, 'its scrypt parameters are out of bounds');
  const text = (name: string): string => (typeof fields[name] === 'string' ? fields[name] : '');
  const salt = Buffer.from(text('salt'), 'base64');
  const data = Buffer.from(text('data'), 'base64');
  if (salt.length === 0 || data.length === 0) throw damaged(what, 'it has no salt or no data');
  return { created: text('created'), username: text('username'), hostname: text('hostname'), scrypt: { N, r, p }, salt, data };
}

/** The master keys, or undefined when the password is not this key's. */
export async function unlockKey(key: KeyFile, password: Secret, what: string): Promise<KeyMaterial | undefined> {
  const opened = Cipher.standalone(await derive(password, key.salt, key.scrypt)).open(key.data);
  if (opened === undefined) return undefined;
  const fields = decodeJsonObject(opened.toString('utf8'));
  const mac = (fields?.['mac'] ?? {}) as Record<string, unknown>;
  const parts = [fields?.['encrypt'], mac['k'], mac['r']].map((part) => Buffer.from(typeof part === 'string' ? part : '', 'base64'));
  const all = Buffer.concat(parts);
  const [encrypt, k, r] = parts;
  if (encrypt?.length !== 32 || k?.length !== 16 || r?.length !== 16 || all.every((byte) => byte === 0)) {
    throw damaged(what, 'the keys in it are not keys');
  }
  return keyMaterialFrom(all);
}

async function derive(password: Secret, salt: Uint8Array, { N, r, p }: ScryptCost): Promise<KeyMaterial> {
  const maxmem = 128 * N * r + 128 * r * p + 1024 * 1024;
  return keyMaterialFrom(await scryptAsync(password.reveal(), salt, keyMaterialBytes, { N, r, p, maxmem }));
}

const scryptAsync = promisify<string, Uint8Array, number, ScryptCost & { maxmem: number }, Buffer>(scrypt);

function isBearable({ N, r, p }: ScryptCost): boolean {
  const isPowerOfTwo = Number.isInteger(Math.log2(N));
  return isPowerOfTwo && N >= 2 && N <= 2 ** 24 && 128 * N * r <= mostMemoryBytes && N * r * p <= mostWork;
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1;
}
