import { runProgram, type World } from '../../src/cli/run-program.ts';
import { passwordFile } from './archive-password.ts';
import { FakeClock } from './fake-clock.ts';

export interface Ended {
  readonly exitCode: number;
  readonly output: string;
  readonly errorOutput: string;
}

/**
 * Runs one command line in this process, with no terminal, an environment of nothing but the password file of the tests, and a clock that
 * stands at 2026-11-23T10:46:46Z.
 */
export async function runInProcess(words: readonly string[], own: Partial<World> = {}): Promise<Ended> {
  const written = { output: '', errorOutput: '' };
  const outputTo = (name: keyof typeof written) => ({
    write: (text: string) => void (written[name] += text),
    writeBytes: async (bytes: Uint8Array) => {
      written[name] += Buffer.from(bytes).toString();
      return true;
    },
    isTerminal: false,
    columns: () => 80,
  });
  const exitCode = await runProgram({
    words,
    environment: { ROOTCELLAR_PASSWORD_FILE: passwordFile },
    programVersion: '1.2.3',
    clock: new FakeClock('2026-11-23T10:46:46Z'),
    random: () => 0.5,
    signal: new AbortController().signal,
    output: outputTo('output'),
    errorOutput: outputTo('errorOutput'),
    ask: undefined,
    programFile: '/nowhere/main.ts',
    onHangUp: () => () => undefined,
    ...own,
  });
  return { exitCode, ...written };
}
