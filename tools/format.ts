// npm run format [-- PATH…]: writes every file the way the format check wants it.
import { runSteps } from './run-steps.ts';

const paths = process.argv.slice(2);
process.exitCode = (await runSteps([{ name: 'format', program: 'oxfmt', arguments: paths.length > 0 ? paths : ['.'] }])) ? 0 : 1;
