import { pino, type Logger as PinoLogger } from 'pino';
import type { Clock } from '../foundation/clock.ts';
import { formatLogLine } from './log-line.ts';
import type { Scrubber } from './scrubber.ts';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** What a log line may carry beside its message; never a DN or an attribute value at level info or above. */
export type LogFacts = Readonly<Record<string, unknown>>;

/** The log: a static message, and facts in fields. Errors go under the key `err`. */
export interface Logger {
  debug(facts: LogFacts, message: string): void;
  info(facts: LogFacts, message: string): void;
  warn(facts: LogFacts, message: string): void;
  error(facts: LogFacts, message: string): void;
}

export interface LoggerOptions {
  readonly level: LogLevel;
  /** `json`: one object a line, as pino writes it; `text`: for people. */
  readonly format: 'text' | 'json';
  readonly clock: Clock;
  readonly scrubber: Scrubber;
  /** Receives whole lines, each with its line end. */
  readonly write: (line: string) => void;
}

/** Makes the log of the process. Values of well-known names and known secret values are replaced by `***`. */
export function createLogger({ level, format, clock, scrubber, write }: LoggerOptions): Logger {
  const logger: PinoLogger = pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${clock.now().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: secretPaths, censor: '***' },
    },
    {
      write: (line: string) => {
        const clean = scrubber.scrub(line);
        write(format === 'json' ? clean : formatLogLine(clean));
      },
    },
  );
  return logger;
}

const secretNames = ['password', 'passphrase', 'pin', 'secret', 'secretAccessKey', 'sessionToken', 'authorization', 'credentials'];
const secretPaths = secretNames.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);
