import { execFile } from 'node:child_process';
import { cp, glob, mkdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { runProgram } from '../run-program.ts';

/** Of what a directory server uses, all but the compiler and the tools of who writes programs. */
const modules = ['java.se', 'jdk.crypto.ec', 'jdk.management', 'jdk.naming.dns', 'jdk.security.auth', 'jdk.unsupported', 'jdk.zipfs'];

/** Puts a small Java of this machine's into the root at `place`, and the libraries of the system that it loads where it looks for them. */
export async function putJava(root: string, place: string): Promise<void> {
  const target = path.join(root, place);
  await mkdir(path.dirname(target), { recursive: true });
  const java = await realpath((await runProgram('sh', ['-c', 'command -v java'])).trim());
  const home = path.resolve(path.dirname(java), '..');
  const options = ['--strip-debug', '--no-man-pages', '--no-header-files'];
  await runProgram(path.join(home, 'bin/jlink'), [...options, '--add-modules', modules.join(), '--output', target]);
  const programs: string[] = [path.join(target, 'bin/java')];
  for await (const library of glob('lib/**/*.so', { cwd: target })) programs.push(path.join(target, library));
  const needed = new Set<string>();
  for (const program of programs) for (const library of await librariesOf(program)) if (!library.startsWith(target)) needed.add(library);
  for (const library of needed) {
    await mkdir(path.dirname(path.join(root, library)), { recursive: true });
    await cp(await realpath(library), path.join(root, library));
  }
}

/** What is not found is for a screen, which a server has not. */
async function librariesOf(program: string): Promise<readonly string[]> {
  const { stdout } = await promisify(execFile)('ldd', [program]);
  return [...stdout.matchAll(/(?:=> |^\s*)(\/\S+) \(0x/gm)].map(([, file = '']) => file);
}
