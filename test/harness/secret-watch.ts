import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { type RootcellarOptions, type RootcellarResult, type RunningRootcellar, spawnRootcellar } from './rootcellar.ts';

export interface SecretWatch {
  /** As `runRootcellar`, and keeps an eye on what it writes and on the command lines of the program and all that it starts. */
  run(programArguments: readonly string[], options?: RootcellarOptions): Promise<RootcellarResult>;
  /** As `spawnRootcellar`, watched likewise. */
  spawn(programArguments: readonly string[], options?: RootcellarOptions): RunningRootcellar;
  /** Adds what something else has written. */
  look(text: string, where: string): void;
  /** Reads every file below `folder`, whatever it holds; one that goes away meanwhile is passed over. */
  lookInFolder(folder: string): Promise<void>;
  /** Where secrets were seen so far, in one line each: which secret, not what it is. Empty is what a test wants. */
  readonly findings: readonly string[];
  /** Runs whose output and command lines were looked at, and files: a test that saw none has proven nothing. */
  readonly looks: { readonly runs: number; readonly commandLines: number; readonly files: number };
}

/** Greps for secrets, given by a name for the finding, in their plain, base64 and URL-encoded forms. */
export function watchSecrets(secrets: Readonly<Record<string, string>>): SecretWatch {
  const forms = Object.entries(secrets).flatMap(([name, secret]) => formsOf(secret).map((form) => ({ name, form })));
  const findings = new Set<string>();
  const looks = { runs: 0, commandLines: 0, files: 0 };
  const look = (text: string | Buffer, where: string): void => {
    for (const { name, form } of forms) if (text.includes(form)) findings.add(`${name} in ${where}`);
  };
  const lookAtCommandLines = async (pid: number, command: string): Promise<void> => {
    for (const line of await commandLinesOf(pid)) {
      looks.commandLines += 1;
      look(line, `the command line of ${command}`);
    }
  };
  const spawn = (programArguments: readonly string[], options?: RootcellarOptions): RunningRootcellar => {
    const command = programArguments.filter((word) => !word.startsWith('-')).join(' ') || 'rootcellar';
    const running = spawnRootcellar(programArguments, options);
    looks.runs += 1;
    const pending = [lookAtCommandLines(running.pid, command)];
    // What it starts lives only for a while; it says something before and after, and then is looked at.
    const again = (): void => void pending.push(lookAtCommandLines(running.pid, command));
    for (const stream of [running.process.stdout, running.process.stderr]) stream.on('data', again);
    const ended = running.ended.then(async (result) => {
      await Promise.all(pending);
      look(result.stdout, `the output of ${command}`);
      look(result.stderr, `the error output of ${command}`);
      return result;
    });
    return { ...running, ended };
  };
  return {
    spawn,
    run: (programArguments, options) => spawn(programArguments, options).ended,
    look,
    lookInFolder: async (folder) => {
      for (const file of await filesBelow(folder)) {
        const content = await readFile(file).catch(() => undefined);
        if (content === undefined) continue;
        looks.files += 1;
        look(content, file);
      }
    },
    get findings() {
      return [...findings];
    },
    looks,
  };
}

function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  return [...new Set([secret, encodeURIComponent(secret), bytes.toString('base64').replace(/=+$/, ''), bytes.toString('hex')])];
}

/** Of the process and all below it, as `ps` would show them to every user of the machine (Linux, proc(5)). */
async function commandLinesOf(pid: number): Promise<readonly string[]> {
  const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  const below = await Promise.all(children.split(' ').filter(Boolean).map(Number).map(commandLinesOf));
  return [line.replaceAll('\0', ' '), ...below.flat()].filter((text) => text !== '');
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
}
