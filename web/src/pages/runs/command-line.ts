import type { KeptCommand } from '../../api/kept-commands.ts';

/** As one would type it; of a long one the beginning. */
export function lineOf({ words }: Pick<KeptCommand, 'words'>): string {
  const line = words
    .filter((word) => word !== '--json')
    .map((word) => (/^[\w.,:/=@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`))
    .join(' ');
  return line.length > 160 ? `${line.slice(0, 160)} …` : line;
}
