// Starts the program: `node src/cli/main.ts`, or the built `dist/program/main.js`.
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';

// The engine would let young objects pile up to tens of megabytes before it looks for the dead among them, and most are.
setFlagsFromString('--semi-space-growth-factor=1');
enableCompileCache(compiledFolder());
const { runProcess } = await import('./run-process.ts');
await runProcess();

/**
 * Where Node keeps what it made of the sources (in a checkout 250 ms less for a start): beside the packages, or in a folder of this user's own.
 * A shared folder such as /tmp would not do: who may write the cache decides what runs. Where it cannot be written there is none.
 */
function compiledFolder(): string {
  if (import.meta.url.endsWith('.ts')) return fileURLToPath(new URL('../../node_modules/.cache/rootcellar', import.meta.url));
  return path.join(process.env['XDG_CACHE_HOME'] || path.join(homedir(), '.cache'), 'rootcellar', 'compiled');
}
