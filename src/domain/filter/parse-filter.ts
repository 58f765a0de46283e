import { exitCodes, Failure } from '../../foundation/failure.ts';
import { bytesOf } from '../byte-text.ts';
import { pointAt } from '../point-at.ts';
import type { Filter } from './filter.ts';

/** Deeper ones nobody writes, and each level takes of the stack. */
const maxDepth = 100;

/**
 * Reads a filter in the text form of RFC 4515, with the empty `(&)` and `(|)` of RFC 4526. The outer parentheses may be missing, and blanks may be between
 * the parts, as the servers' own tools allow both.
 *
 * @throws Failure E_FILTER_INVALID (exit code 2), which shows the position
 */
export function parseFilter(text: string): Filter {
  const parser = new FilterParser(text);
  return parser.parse();
}

/** A value as it is written inside of a filter: bytes that have a meaning there, or are no printable ASCII, as `\xx`. */
export function escapeFilterValue(value: string): string {
  // oxlint-disable-next-line no-control-regex -- they are escaped
  return value.replaceAll(/[\x00-\x1f()*\\\x7f-\xff]/g, (character) => `\\${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

const description = /[a-z0-9][a-z0-9._-]*(?:;[a-z0-9_-]+)*/iy;

class FilterParser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): Filter {
    this.#skipBlanks();
    if (this.#at === this.#text.length) throw this.#invalid('it is empty');
    const filter = this.#text[this.#at] === '(' ? this.#filter(0) : this.#item(true);
    this.#skipBlanks();
    if (this.#at < this.#text.length) throw this.#invalid('the filter has ended before this');
    return filter;
  }

  #filter(depth: number): Filter {
    if (depth > maxDepth) throw this.#invalid(`it is more than ${maxDepth} levels deep`);
    this.#expect('(');
    this.#skipBlanks();
    const filter = this.#inside(depth);
    this.#skipBlanks();
    this.#expect(')');
    return filter;
  }

  #inside(depth: number): Filter {
    const first = this.#text[this.#at];
    if (first === '&' || first === '|') {
      this.#at += 1;
      return { kind: first === '&' ? 'and' : 'or', filters: this.#list(depth) };
    }
    if (first !== '!') return this.#item(false);
    this.#at += 1;
    this.#skipBlanks();
    return { kind: 'not', filter: this.#filter(depth + 1) };
  }

  #list(depth: number): Filter[] {
    const filters: Filter[] = [];
    for (;;) {
      this.#skipBlanks();
      if (this.#text[this.#at] !== '(') return filters;
      filters.push(this.#filter(depth + 1));
    }
  }

  #item(isBare: boolean): Filter {
    const attribute = this.#match(description);
    this.#skipBlanks();
    if (this.#text[this.#at] === ':') return this.#extensible(attribute, isBare);
    if (attribute === undefined) throw this.#invalid('the name of an attribute is expected');
    const [operator = ''] = /^(?:=|>=|<=|~=)/.exec(this.#text.slice(this.#at, this.#at + 2)) ?? [];
    if (operator === '') throw this.#invalid('one of "=", ">=", "<=", "~=" and ":=" is expected');
    this.#at += operator.length;
    const parts = this.#value(isBare, operator === '=');
    const [initial = '', ...others] = parts;
    const final = others.pop();
    if (final !== undefined) {
      if (initial === '' && final === '' && others.every((part) => part === '')) return { kind: 'present', attribute };
      return { kind: 'parts', attribute, initial, any: others.filter((part) => part !== ''), final };
    }
    const kind = operator === '>=' ? 'atLeast' : operator === '<=' ? 'atMost' : operator === '~=' ? 'like' : 'equal';
    return { kind, attribute, value: initial };
  }

  #extensible(attribute: string | undefined, isBare: boolean): Filter {
    const start = this.#at;
    const isDnIncluded = this.#match(/:dn(?=:)/iy) !== undefined;
    const rule = this.#match(/:[a-z0-9][a-z0-9.-]*(?=:=)/iy)?.slice(1);
    if (this.#match(/:=/y) === undefined) throw this.#invalid('":=", perhaps behind ":dn" and the name of a rule, is expected');
    if (attribute === undefined && rule === undefined) {
      this.#at = start;
      throw this.#invalid('an attribute before this, or a rule behind it, is expected');
    }
    const [value = ''] = this.#value(isBare, false);
    return { kind: 'extensible', attribute, rule, isDnIncluded, value };
  }

  /** What is between the asterisks, without its escapes; a value without any is one part. */
  #value(isBare: boolean, isWithParts: boolean): string[] {
    const parts: string[] = [''];
    const add = (bytes: string): void => void parts.push((parts.pop() ?? '') + bytes);
    for (;;) {
      const literal = this.#match(/[^()*\\\0]+/y);
      if (literal !== undefined) add(bytesOf(literal));
      const character = this.#text[this.#at];
      if (character === undefined ? isBare : character === ')' && !isBare) return parts;
      if (character === undefined) throw this.#invalid('a ")" is missing');
      if (character === '*' && isWithParts) {
        parts.push('');
        this.#at += 1;
      } else if (character === '\\') add(this.#escape());
      else throw this.#invalid(`this character has to be written as "\\${character.charCodeAt(0).toString(16).padStart(2, '0')}"`);
    }
  }

  #escape(): string {
    const digits = this.#text.slice(this.#at + 1, this.#at + 3);
    if (!/^[0-9a-f]{2}$/i.test(digits))
      throw this.#invalid('two hexadecimal digits are expected behind "\\" (a backslash itself is "\\5c")');
    this.#at += 3;
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const [found] = pattern.exec(this.#text) ?? [];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #expect(character: string): void {
    if (this.#text[this.#at] !== character) throw this.#invalid(`a "${character}" is expected`);
    this.#at += 1;
  }

  #skipBlanks(): void {
    while (/[ \t\r\n]/.test(this.#text[this.#at] ?? '')) this.#at += 1;
  }

  #invalid(state: string): Failure {
    const message = `Cannot read the filter: position ${this.#at + 1}: ${state}`;
    return new Failure('E_FILTER_INVALID', message, { exitCode: exitCodes.usage, hint: pointAt(this.#text, this.#at) });
  }
}
