import { styleText } from 'node:util';

/** How text is dressed: with colours on a terminal, bare elsewhere. */
export interface Look {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
}

const same = (text: string): string => text;

export const bareLook: Look = { bold: same, dim: same, red: same, green: same, yellow: same };

const colouredLook: Look = {
  bold: (text) => dress('bold', text),
  dim: (text) => dress('dim', text),
  red: (text) => dress('red', text),
  green: (text) => dress('green', text),
  yellow: (text) => dress('yellow', text),
};

function dress(format: 'bold' | 'dim' | 'red' | 'green' | 'yellow', text: string): string {
  return styleText(format, text, { validateStream: false });
}

/** Colours only for a terminal that has them, and never where `NO_COLOR` is set to anything (https://no-color.org). */
export function lookFor(isTerminal: boolean, environment: Readonly<Record<string, string | undefined>>): Look {
  const isUnwanted = (environment['NO_COLOR'] ?? '') !== '' || environment['TERM'] === 'dumb';
  return isTerminal && !isUnwanted ? colouredLook : bareLook;
}

/** Without control characters, so that a text that came from a server cannot steer the terminal. */
export function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- they are what has to go
  return text.replaceAll(/\x1b\[[0-9;?]*[ -/]*[@-~]/g, '').replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '');
}
