import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { PinSeal } from '../domain/pin-seal.ts';
import { exitCodes, Failure, messageOf } from '../foundation/failure.ts';

/** Seals the pin in `pinFile` with a new salt. @throws Failure E_SECRET_FILE (exit code 2) */
export async function sealPin(pinFile: string): Promise<PinSeal> {
  const salt = randomBytes(16);
  return { salt: salt.toString('hex'), scrypt: (await derive(await readPin(pinFile), salt)).toString('hex') };
}

/** Whether the pin in `pinFile` is the one that was sealed. @throws Failure E_SECRET_FILE (exit code 2) */
export async function isPinOf(pinFile: string, seal: PinSeal): Promise<boolean> {
  const found = await derive(await readPin(pinFile), Buffer.from(seal.salt, 'hex'));
  return timingSafeEqual(found, Buffer.from(seal.scrypt, 'hex'));
}

async function readPin(pinFile: string): Promise<string> {
  // A line end is no part of a pin.
  const text = await readFile(pinFile, 'utf8').catch((error: unknown) => {
    throw refused(pinFile, messageOf(error));
  });
  const pin = text.replace(/[\r\n]+$/, '');
  if (pin === '') throw refused(pinFile, 'it is empty');
  return pin;
}

function refused(file: string, state: string): Failure {
  return new Failure('E_SECRET_FILE', `Cannot read the file ${file} of the setting server.encryptionPinFile: ${state}`, {
    exitCode: exitCodes.usage,
    hint: 'name a file that holds the secret and that this user may read',
  });
}

/** N = 2^15, r = 8: 32 MiB, about a tenth of a second. */
function derive(pin: string, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(pin, salt, 32, { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 }, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}
