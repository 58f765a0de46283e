/** One entry of an LDIF text as its lines, unfolded: the first names its DN. */
export interface LdifBlock {
  readonly dn: string;
  readonly lines: readonly string[];
}

/** Parts an LDIF text (RFC 2849) into its entries; comments and the version line are left out. */
export function readLdifBlocks(ldif: string): readonly LdifBlock[] {
  return ldif
    .replaceAll(/\r?\n /g, '')
    .split(/(?:\r?\n){2,}/)
    .map((text) => text.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#') && !/^version:/i.test(line)))
    .flatMap((lines) => {
      const dn = valueOf(lines[0] ?? '');
      return /^dn:/i.test(lines[0] ?? '') && dn !== undefined ? [{ dn, lines }] : [];
    });
}

export function writeLdifBlocks(blocks: readonly LdifBlock[]): string {
  return blocks.map(({ lines }) => `${lines.join('\n')}\n\n`).join('');
}

/** The values of an attribute, decoded. */
export function valuesOf({ lines }: LdifBlock, attribute: string): readonly string[] {
  return lines.filter((line) => isOf(line, attribute)).flatMap((line) => valueOf(line) ?? []);
}

/** The entry with these values in place of those that it has of the attribute; none removes it. */
export function withValues(block: LdifBlock, attribute: string, values: readonly string[]): LdifBlock {
  return {
    ...block,
    lines: [...block.lines.filter((line) => !isOf(line, attribute)), ...values.map((value) => ldifLine(attribute, value))],
  };
}

/** In base64 what no reader has to take as it is (RFC 2849, SAFE-STRING). */
function ldifLine(attribute: string, value: string): string {
  return /^[!-9;=-~][ -~]*$/.test(value) && !value.endsWith(' ')
    ? `${attribute}: ${value}`
    : `${attribute}:: ${Buffer.from(value).toString('base64')}`;
}

function isOf(line: string, attribute: string): boolean {
  return line.toLowerCase().startsWith(`${attribute.toLowerCase()}:`);
}

function valueOf(line: string): string | undefined {
  const [, encoded, value] = /^[^:]+:(:?)\s*(.*)$/.exec(line) ?? [];
  if (value === undefined) return undefined;
  return encoded === ':' ? Buffer.from(value, 'base64').toString() : value;
}
