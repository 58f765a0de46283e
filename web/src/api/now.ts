import { signal } from '@preact/signals';

/** The time by this machine's clock, in milliseconds since 1970: the one place of the console that asks for it. */
export function now(): number {
  // oxlint-disable-next-line no-restricted-properties -- there is no other clock in a browser, and tests set the page's own
  return Date.now();
}

/** The same for what is shown as an age: it goes on every ten seconds, and what shows it is drawn anew. */
export const slowNow = signal(now());

setInterval(() => {
  slowNow.value = now();
}, 10_000);
