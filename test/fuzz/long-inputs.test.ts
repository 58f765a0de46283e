import assert from 'node:assert/strict';
import { test } from 'node:test';
import { comparableDn } from '../../src/domain/comparable-dn.ts';
import { depthOf, normalDn, parentDn, parseDn } from '../../src/domain/dn.ts';
import { matchesFilter } from '../../src/domain/filter/match-filter.ts';
import { parseFilter } from '../../src/domain/filter/parse-filter.ts';
import { type LdifEntry, readLdif } from '../../src/domain/read-ldif.ts';
import { standardSchema } from '../../src/domain/schema/standard-schema.ts';

const count = 100_000;
/** By far more than any takes whose time grows as its input; one that grows as the square of it takes minutes. */
const mostMilliseconds = 5000;

const longDns: Readonly<Record<string, string>> = {
  'blanks inside of a value': `cn=a${' '.repeat(count)}b`,
  'blanks at both ends': `cn=${' '.repeat(count)}a${' '.repeat(count)},dc=x`,
  'blanks where it is no DN': `cn=a${' '.repeat(count)}"`,
  'blanks around many separators': 'cn = a , '.repeat(count),
  'escaped characters': `cn=${'\\2c'.repeat(count)}`,
  'escaped blanks': `cn=${'\\ '.repeat(count)}`,
  quotes: `cn="${'\\"'.repeat(count)}"`,
  'quotes that are not closed': `cn="${'a'.repeat(count)}`,
  steps: `${'cn=a,'.repeat(count)}dc=x`,
  parts: `${'cn=a+'.repeat(count)}sn=ä`,
  'hexadecimal digits': `cn=#${'04'.repeat(count)}`,
  'a name that goes on': `${'a'.repeat(count)}=b`,
  separators: '+'.repeat(count),
};
for (const [what, text] of Object.entries(longDns)) {
  test(`parseDn() and its like take a time that grows as the text does: ${what}`, () => {
    for (const work of [parseDn, normalDn, parentDn, depthOf, comparableDn]) {
      const took = timeOf(() => work(text));
      assert.ok(took < mostMilliseconds, `${work.name} took ${took} ms`);
    }
  });
}

const longFilters: Readonly<Record<string, string>> = {
  'levels that are too many': '(&'.repeat(count),
  'denied again and again': '(!'.repeat(count),
  alternatives: `(|${'(cn=b)'.repeat(count / 1000)})`,
  parts: `(cn=${'a*'.repeat(count)})`,
  asterisks: `(cn=${'*'.repeat(count)})`,
  blanks: `${' '.repeat(count)}(cn=a${' '.repeat(count)})`,
  'escaped characters': `(cn=${'\\2a'.repeat(count)})`,
  'a name that goes on': `(${'a;'.repeat(count)}=b)`,
  'a rule that goes on': `(cn:${'a.'.repeat(count)}:=b)`,
};
const longEntry: LdifEntry = { dn: 'cn=a', names: ['cn', 'cn'], values: ['a'.repeat(count), `${'a '.repeat(count)}b`] };
for (const [what, text] of Object.entries(longFilters)) {
  test(`parseFilter() and matchesFilter() take a time that grows as the text does: ${what}`, () => {
    const took = timeOf(() => matchesFilter(parseFilter(text), longEntry, standardSchema));
    assert.ok(took < mostMilliseconds, `it took ${took} ms`);
  });
}

const longLdif: Readonly<Record<string, string>> = {
  'a line in pieces of one character': `dn: dc=x\ncn: ${'a\n '.repeat(count)}a\n`,
  'a base64 line in pieces': `dn: dc=x\ncn:: ${'YWJj\n '.repeat(count)}YWJj\n`,
  'base64 that ends wrong': `dn: dc=x\ncn:: ${'YWJj'.repeat(count)}=a\n`,
  blanks: `dn: dc=x\ncn:${' '.repeat(count)}a${' '.repeat(count)}\n`,
  'empty lines': `${'\n'.repeat(count)}dn: dc=x\n`,
  comments: `${'# a\n'.repeat(count)}dn: dc=x\n`,
  'a name that goes on': `dn: dc=x\n${'a;'.repeat(count)}: b\n`,
  'carriage returns': `dn: dc=x\ncn: ${'\r'.repeat(count)}\n`,
  'many values': `dn: dc=x\n${'member: a\n'.repeat(count)}`,
};
for (const [what, text] of Object.entries(longLdif)) {
  test(`readLdif() takes a time that grows as the text does: ${what}`, async () => {
    for (const length of [17, 64 * 1024]) {
      const began = performance.now();
      await Array.fromAsync(readLdif(pieces(text, length), { name: 'long.ldif' })).catch(() => undefined);
      assert.ok(performance.now() - began < mostMilliseconds, `pieces of ${length} took ${performance.now() - began} ms`);
    }
  });
}

async function* pieces(text: string, length: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text, 'utf8');
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

/** Refused or not. */
function timeOf(work: () => unknown): number {
  const began = performance.now();
  try {
    work();
  } catch {
    // What it says of it is tried elsewhere.
  }
  return performance.now() - began;
}
