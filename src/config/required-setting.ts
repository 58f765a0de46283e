import { type Failure, wrongUsage } from '../foundation/failure.ts';

/** @throws Failure E_USAGE that says how the setting is given, where it is not */
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
