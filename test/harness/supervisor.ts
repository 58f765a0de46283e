// Stands for the agent: starts one run as the agent does, and keeps telling it that it may go on for so many milliseconds.
// Arguments: those milliseconds, then the words of the command. Prints what came of it as one line of JSON.
import { ChildRunner } from '../../src/agent/child-runner.ts';
import { program } from './program.ts';

const [milliseconds = '', ...words] = process.argv.slice(2);
const runner = new ChildRunner({
  program,
  environment: process.env,
});
const { exitCode, killedBy, failure, log } = await runner.run(words, { heldFor: () => Number(milliseconds) });
console.log(JSON.stringify({ exitCode, killedBy, failure, log }));
