import type { Surroundings } from './compose.ts';
import { readSecretFile } from './config/secret-file.ts';
import { type Failure, wrongUsage } from './foundation/failure.ts';
import type { Secret } from './foundation/secret.ts';

/** Reads a secret from its file, and keeps it out of all output. `namedBy`: the setting or the option that names the file. */
export async function readSecret(file: string, namedBy: string, { scrubber }: Pick<Surroundings, 'scrubber'>): Promise<Secret> {
  const secret = await readSecretFile(file, namedBy);
  scrubber.add(secret);
  return secret;
}

/** @throws Failure E_USAGE when the setting `name` is not set, which the work cannot be without */
export function required(value: string | undefined, name: string): string {
  if (value !== undefined) return value;
  throw notSet(name);
}

function notSet(name: string): Failure {
  const words = name
    .split('.')
    .flatMap((key) => key.split(/(?=[A-Z])/))
    .map((word) => word.toLowerCase());
  return wrongUsage(
    `Cannot begin: the setting ${name} is not set`,
    `give --${words.join('-')}, set ROOTCELLAR_${words.join('_').toUpperCase()}, or write it into the configuration file`,
  );
}
