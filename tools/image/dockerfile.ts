import type { ImageConfig } from './oci-archive.ts';

/**
 * Reads what the last stage of a Dockerfile says of the image besides its files. It knows the instructions that ours has there, written
 * in one way: lists as JSON, `NAME="value"` pairs, values of ARG put in.
 *
 * @throws {Error} at an instruction that it does not know: it might change the image unseen.
 */
export function readDockerfile(text: string): ImageConfig {
  const instructions = text
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .flatMap((line) => {
      const [, word = '', rest = ''] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
      return word === '' ? [] : [{ word, rest }];
    });
  const last = instructions.slice(instructions.findLastIndex(({ word }) => word === 'FROM') + 1);
  const values: Record<string, string> = {};
  const found = { user: '', workingFolder: '/', entrypoint: [''], command: [''], environment: {}, labels: {} };
  for (const { word, rest: raw } of last) {
    const rest = raw.replaceAll(/\$\{(\w+)\}/g, (_, name: string) => values[name] ?? '');
    if (word === 'ARG') Object.assign(values, Object.fromEntries([rest.split('=', 2)]));
    else if (word === 'USER') found.user = rest;
    else if (word === 'WORKDIR') found.workingFolder = rest;
    else if (word === 'ENTRYPOINT') found.entrypoint = JSON.parse(rest) as string[];
    else if (word === 'CMD') found.command = JSON.parse(rest) as string[];
    else if (word === 'ENV') found.environment = pairs(rest);
    else if (word === 'LABEL') found.labels = pairs(rest);
    else if (word !== 'COPY') throw new Error(`image/Dockerfile has ${word} in its last stage, which is not read`);
  }
  return found;
}

function pairs(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(/([\w.]+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]));
}
