import { megabytes } from './scratch-products.ts';

/** No second compiler, which makes fast what runs for long and costs more than it gives what lives for seconds. */
const forShortLives = '-XX:TieredStopAtLevel=1';
const mostBytesOfShortLife = 64 * 1024 * 1024;

/** For programs that live for seconds: little memory as well. */
export const toolJvmOptions = `-Xmx512m -XX:+UseSerialGC ${forShortLives}`;

/**
 * For a server that lives as long as a drill. Its start is most of what it does with a small set: OpenDJ 5.0.3 takes 15 s of processor time until it has
 * started, and without the second compiler 6.6 s (Java 17, measured).
 *
 * @param setBytes of all files of the set that it gets
 */
export function scratchJvmOptions(heapBytes: number | undefined, setBytes: number): string {
  return [
    ...(heapBytes === undefined ? [] : [`-Xmx${megabytes(heapBytes)}m`]),
    '-XX:+UseSerialGC',
    ...(setBytes <= mostBytesOfShortLife ? [forShortLives] : []),
  ].join(' ');
}

/** As the programs of Java take what is meant for their JVM: `keytool -J-Xmx512m`. */
export const toolWordsForJvm: readonly string[] = toolJvmOptions.split(' ').map((option) => `-J${option}`);
