import type { Surroundings } from './compose.ts';
import { readSecretFile } from './config/secret-file.ts';
import type { Secret } from './foundation/secret.ts';

/** Reads a secret from its file, and keeps it out of all output. `namedBy`: the setting or the option that names the file. */
export async function readSecret(file: string, namedBy: string, { scrubber }: Pick<Surroundings, 'scrubber'>): Promise<Secret> {
  const secret = await readSecretFile(file, namedBy);
  scrubber.add(secret);
  return secret;
}
