/** What a token allows; each role may all that those before it may. */
export const roles = ['viewer', 'operator', 'restorer'] as const;

export type Role = (typeof roles)[number];

/** Tells whether `role` may what needs `needed`. */
export function includesRole(role: Role, needed: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(needed);
}

/** A command that may be run for others than those who sit at this machine. */
export interface AdmittedCommand {
  /** `restore`, `repair index`. */
  readonly name: string;
  /** Who may run it with these words. */
  readonly role: Role;
  /** From its name on; made anew from what was understood, so that nothing is in them which was not looked at. */
  readonly words: readonly string[];
  /** Of `--json`, `--quiet` and `--debug` those that were given; they go before `words`. */
  readonly manner: readonly string[];
}

/** Decides which command lines the API runs: the port to the commands, which this room does not know. */
export interface CommandGate {
  /**
   * Reads the words of a command line, without the program's name.
   *
   * @throws Failure E_USAGE for words that are no command line, E_COMMAND_NOT_REMOTE for one that only makes sense at the agent's own machine, or
   * would point it at other settings or files; both with exit code 2
   */
  admit(words: readonly string[]): AdmittedCommand;
}

/** What `/metrics` gives. */
export interface MetricsText {
  render(): Promise<{ readonly contentType: string; readonly text: string }>;
}
