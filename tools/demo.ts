// npm run demo [-- entry | console] [-- --keep]: on a real directory server and a real S3 server, started for it alone.
// Without a word: a backup, changes, a restore of all, and every entry compared. entry: a group and 300 people are brought back, and nothing else.
// console: a week of backups, and an agent that shows them in the browser, until Ctrl-C.
// --keep: leaves both servers running at the end, until Ctrl-C.
import { constants } from 'node:os';
import { parseArgs } from 'node:util';
import { consoleDemo } from './demo/console-demo.ts';
import { entryDemo } from './demo/entry-demo.ts';
import { bad, seconds } from './demo/terminal.ts';
import { wholeDemo } from './demo/whole-demo.ts';

const ending = 'Both servers are stopped and their folders removed.';
const { values, positionals } = parseArgs({ options: { keep: { type: 'boolean', default: false } }, allowPositionals: true });
const [word] = positionals;
const demo = word === 'entry' ? entryDemo : word === 'console' ? consoleDemo : wholeDemo;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    console.log(`\n${ending}`);
    // What runs is killed and what was made removed by the listeners of 'exit' in the harness.
    process.exit(128 + constants.signals[signal]);
  });
}

const begin = performance.now();
console.log(demo.summary);
try {
  await demo.run(values.keep);
  console.log(`\n${ending} Took ${seconds(performance.now() - begin)}.`);
  console.log('To see such an archive in the console, in your browser: npm run demo -- console');
} catch (error) {
  console.log('');
  bad(`The demonstration failed: ${error instanceof Error ? error.message : String(error)}`);
  console.log(ending);
  process.exitCode = 1;
}
