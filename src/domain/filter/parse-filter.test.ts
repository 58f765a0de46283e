import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFailure } from '../../foundation/failure.ts';
import type { Filter } from './filter.ts';
import { escapeFilterValue, parseFilter } from './parse-filter.ts';

const bytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
const equal = (attribute: string, value: string): Filter => ({ kind: 'equal', attribute, value });
const extensible = (attribute: string | undefined, rule: string | undefined, value: string, isDnIncluded = false): Filter => {
  return { kind: 'extensible', attribute, rule, isDnIncluded, value };
};

const examples: readonly (readonly [string, Filter])[] = [
  ['(cn=Babs Jensen)', equal('cn', 'Babs Jensen')],
  ['(!(cn=Tim Howes))', { kind: 'not', filter: equal('cn', 'Tim Howes') }],
  [
    '(&(objectClass=Person)(|(sn=Jensen)(cn=Babs J*)))',
    {
      kind: 'and',
      filters: [
        equal('objectClass', 'Person'),
        { kind: 'or', filters: [equal('sn', 'Jensen'), { kind: 'parts', attribute: 'cn', initial: 'Babs J', any: [], final: '' }] },
      ],
    },
  ],
  ['(o=univ*of*mich*)', { kind: 'parts', attribute: 'o', initial: 'univ', any: ['of', 'mich'], final: '' }],
  ['(seeAlso=)', equal('seeAlso', '')],
  ['(cn:caseExactMatch:=Fred Flintstone)', extensible('cn', 'caseExactMatch', 'Fred Flintstone')],
  ['(cn:=Betty Rubble)', extensible('cn', undefined, 'Betty Rubble')],
  ['(sn:dn:2.4.6.8.10:=Barney Rubble)', extensible('sn', '2.4.6.8.10', 'Barney Rubble', true)],
  ['(o:dn:=Ace Industry)', extensible('o', undefined, 'Ace Industry', true)],
  ['(:1.2.3:=Wilma Flintstone)', extensible(undefined, '1.2.3', 'Wilma Flintstone')],
  ['(:DN:2.4.6.8.10:=Dino)', extensible(undefined, '2.4.6.8.10', 'Dino', true)],
  [String.raw`(o=Parens R Us \28for all your parenthetical needs\29)`, equal('o', 'Parens R Us (for all your parenthetical needs)')],
  [String.raw`(cn=*\2A*)`, { kind: 'parts', attribute: 'cn', initial: '', any: ['*'], final: '' }],
  [String.raw`(filename=C:\5cMyFile)`, equal('filename', String.raw`C:\MyFile`)],
  [String.raw`(bin=\00\00\00\04)`, equal('bin', '\0\0\0\x04')],
  [String.raw`(sn=Lu\c4\8di\c4\87)`, equal('sn', bytes('Lučić'))],
  [String.raw`(1.3.6.1.4.1.1466.0=\04\02\48\69)`, equal('1.3.6.1.4.1.1466.0', '\x04\x02Hi')],
];
for (const [text, filter] of examples)
  test(`parseFilter() reads the example of RFC 4515: ${text}`, () => assert.deepEqual(parseFilter(text), filter));

const others: readonly (readonly [string, Filter])[] = [
  ['(&)', { kind: 'and', filters: [] }],
  ['(|)', { kind: 'or', filters: [] }],
  ['uid=a', equal('uid', 'a')],
  [
    '( & (a>=1) \n (b<=2)(c~=3) )',
    {
      kind: 'and',
      filters: [
        { kind: 'atLeast', attribute: 'a', value: '1' },
        { kind: 'atMost', attribute: 'b', value: '2' },
        { kind: 'like', attribute: 'c', value: '3' },
      ],
    },
  ],
  ['(cn;lang-de=Lučić)', equal('cn;lang-de', bytes('Lučić'))],
  ['(mail=*)', { kind: 'present', attribute: 'mail' }],
];
for (const [text, filter] of others) test(`parseFilter() reads ${JSON.stringify(text)}`, () => assert.deepEqual(parseFilter(text), filter));

for (const [text, position, state] of [
  ['', 1, 'it is empty'],
  ['(cn=a', 6, 'a ")" is missing'],
  ['(cn=a))', 7, 'the filter has ended before this'],
  ['(&(cn=a)', 9, 'a ")" is expected'],
  ['(&(cn=a)b)', 9, 'a ")" is expected'],
  ['(!cn=a)', 3, 'a "(" is expected'],
  ['(=a)', 2, 'the name of an attribute is expected'],
  ['(cn)', 4, 'one of "=", ">=", "<=", "~=" and ":=" is expected'],
  ['(cn>a)', 4, 'one of "=", ">=", "<=", "~=" and ":=" is expected'],
  ['(cn=a(b)', 6, String.raw`this character has to be written as "\28"`],
  ['(cn>=a*)', 7, String.raw`this character has to be written as "\2a"`],
  [String.raw`(cn=a\zz)`, 6, String.raw`two hexadecimal digits are expected behind "\" (a backslash itself is "\5c")`],
  ['(cn:dn=a)', 4, '":=", perhaps behind ":dn" and the name of a rule, is expected'],
  ['(:dn:=a)', 2, 'an attribute before this, or a rule behind it, is expected'],
  ['cn=a)', 5, String.raw`this character has to be written as "\29"`],
] as const) {
  test(`parseFilter() shows the position where it cannot read ${JSON.stringify(text)}`, () => {
    assert.throws(
      () => parseFilter(text),
      (error) => {
        assert.ok(isFailure(error, 'E_FILTER_INVALID'));
        assert.equal(error.message, `Cannot read the filter: position ${position}: ${state}`);
        assert.equal(error.hint, `see the mark:\n    ${text}\n    ${' '.repeat(position - 1)}^`);
        assert.equal(error.exitCode, 2);
        return true;
      },
    );
  });
}

test('parseFilter() refuses what is nested without end', () => {
  assert.throws(() => parseFilter('(!'.repeat(100_000)), /more than 100 levels deep/);
});

test('escapeFilterValue() gives back what parseFilter() reads', () => {
  const value = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join('');
  assert.deepEqual(parseFilter(`(x=${escapeFilterValue(value)})`), equal('x', value));
});
