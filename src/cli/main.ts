import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

// In a checkout most of a start goes into reading TypeScript; Node keeps what it made of it beside the packages (250 ms less).
// A shared folder such as /tmp would not do: who may write the cache decides what runs.
if (import.meta.url.endsWith('.ts')) enableCompileCache(fileURLToPath(new URL('../../node_modules/.cache/rootcellar', import.meta.url)));

const { runProcess } = await import('./run-process.ts');
await runProcess();
