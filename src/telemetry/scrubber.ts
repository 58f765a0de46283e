import type { Secret } from '../foundation/secret.ts';

/**
 * Takes known secret values out of text that is about to leave the process: the second line of defence behind `Secret`, for
 * texts that others made, such as a server's or a library's message.
 */
export class Scrubber {
  readonly #values = new Set<string>();

  /** From now on the value of `secret` is replaced wherever it stands. Values of fewer than 4 characters are left: they occur in innocent words. */
  add(secret: Secret): void {
    const value = secret.reveal();
    if (value.length < 4) return;
    for (const form of [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value)]) this.#values.add(form);
    this.#values.add(Buffer.from(value).toString('base64'));
  }

  /** `text` with `***` for every known secret value, also where it is escaped for JSON or an address, or in base64. */
  scrub(text: string): string {
    let clean = text;
    for (const value of this.#values) clean = clean.replaceAll(value, '***');
    return clean;
  }
}
