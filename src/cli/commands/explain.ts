import { wrongUsage } from '../../foundation/failure.ts';
import { defineCommand } from '../define-command.ts';
import { readRunbooks } from '../read-runbooks.ts';
import { explanationOf } from '../runbooks.ts';

export const explainCommand = defineCommand({
  name: 'explain',
  summary: 'Say what a failure code means and what to do',
  description:
    'Prints the page of docs/runbooks for one code, as --json and the log name it: what it means, what to do in a few steps, and how you know that it is ' +
    'over. It needs no network and no configuration. Without a code it lists all of them.',
  arguments: { code: { summary: 'the code, such as E_WRONG_KEY', completes: 'none' } },
  examples: [
    { line: 'rootcellar explain E_WRONG_KEY', summary: 'one of them' },
    { line: 'rootcellar explain', summary: 'which there are' },
  ],
  exits: [],
  run: async ({ code }) => {
    const sections = await readRunbooks();
    const codes = sections.filter(({ isCode }) => isCode).map(({ title }) => title);
    if (code === undefined) return { code: null, text: codes.toSorted().join('\n') };
    const wanted = code.toUpperCase();
    const text = explanationOf(wanted.startsWith('E_') ? wanted : `E_${wanted}`, sections);
    if (text !== undefined) return { code: wanted, text };
    throw wrongUsage(`Cannot explain "${code}": there is no such code`, 'run "rootcellar explain" to see all of them');
  },
  render: ({ text }) => text,
});
