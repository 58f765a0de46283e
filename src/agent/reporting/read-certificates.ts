import { readFile } from 'node:fs/promises';
import { messageOf, wrongUsage } from '../../foundation/failure.ts';

/** @throws Failure E_USAGE (exit code 2) when the file cannot be read or holds no certificate in PEM */
export async function readCertificates(file: string, setting: string): Promise<string> {
  const refused = (state: string) =>
    wrongUsage(
      `Cannot use the file ${file} of the setting ${setting}: ${state}`,
      'name a file of certificates in PEM that this user may read',
    );
  const pem = await readFile(file, 'utf8').catch((error: unknown) => {
    throw refused(messageOf(error));
  });
  if (!pem.includes('-----BEGIN CERTIFICATE-----')) throw refused('it holds no certificate in PEM');
  return pem;
}
