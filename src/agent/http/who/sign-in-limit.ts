import { isIPv6 } from 'node:net';
import type { Clock } from '../../../foundation/clock.ts';
import { exitCodes, Failure } from '../../../foundation/failure.ts';
import { TryLimit } from './try-limit.ts';

const everybody = 'everybody';
const mostKnown = 1000;

/**
 * How often tokens may be tried in vain: from an address 20 times, then once in three seconds; from all addresses from which no right token came yet
 * 200 times, then once a second. Who tries from many addresses locks out no address that is at home here.
 */
export class SignInLimit {
  readonly #perAddress: TryLimit;
  readonly #inAll: TryLimit;
  /** Addresses from which a right token came, the one seen last at the end. */
  readonly #atHome = new Set<string>();

  constructor(clock: Clock) {
    this.#perAddress = new TryLimit(clock, { burst: 20, each: 3000 });
    this.#inAll = new TryLimit(clock, { burst: 200, each: 1000 });
  }

  /** Before a token is looked at, so that a right one tells nothing either. @throws Failure E_AGENT_TRIES */
  assertMayTry(address: string): void {
    const key = networkOf(address);
    const inAll = this.#atHome.has(key) ? 0 : this.#inAll.wait(everybody);
    const wait = Math.max(this.#perAddress.wait(key), inAll);
    if (wait > 0) throw tooManyTries(wait);
  }

  wrong(address: string): void {
    const key = networkOf(address);
    this.#perAddress.count(key);
    if (!this.#atHome.has(key)) this.#inAll.count(everybody);
  }

  right(address: string): void {
    const key = networkOf(address);
    this.#atHome.delete(key);
    this.#atHome.add(key);
    for (const oldest of this.#atHome) {
      if (this.#atHome.size <= mostKnown) return;
      this.#atHome.delete(oldest);
    }
  }
}

export function tooManyTries(waitMilliseconds: number): Failure {
  return new Failure('E_AGENT_TRIES', 'Cannot answer the request: there were too many tries to sign in that failed', {
    exitCode: exitCodes.busy,
    facts: { retryAfterSeconds: Math.ceil(waitMilliseconds / 1000) },
    hint: 'wait until the time that Retry-After tells is over, and show a right token',
  });
}

/** One who has an IPv6 address has 2^64 of them. */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (!isIPv6(plain) || plain === '::1') return plain;
  const [head = '', tail] = plain.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? [] : Array.from({ length: 8 - before.length - after.length }, () => '0');
  return `${[...before, ...zeros, ...after].slice(0, 4).join(':')}::/64`;
}
