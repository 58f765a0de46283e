import type { KeptCommand } from '../../api/kept-commands.ts';

/** How each of the commands of this page is told while it runs and when it is over. */
export const commandTexts = {
  restore: { running: 'Restoring', done: 'Restored', failed: 'The restore did not come to its end', noun: 'restore', one: 'A restore' },
  'roll-back': {
    running: 'Rolling back',
    done: 'Rolled back',
    failed: 'The roll-back did not come to its end',
    noun: 'roll-back',
    one: 'A roll-back',
  },
  initialize: {
    running: 'Initialising the replica',
    done: 'Initialised',
    failed: 'The replica was not initialised',
    noun: 'initialisation',
    one: 'An initialisation',
  },
} as const;

export type CommandName = keyof typeof commandTexts;

export function isOfRestore({ name }: Pick<KeptCommand, 'name'>): boolean {
  return name in commandTexts;
}

/** Of a command of another page as of a restore. */
export function textsOf({ name }: Pick<KeptCommand, 'name'>): (typeof commandTexts)[CommandName] {
  return commandTexts[name === 'roll-back' || name === 'initialize' ? name : 'restore'];
}
