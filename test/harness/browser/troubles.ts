import type { BrowserContext } from 'playwright-core';

/** What goes wrong in the pages of a browser and nobody looks at by itself. */
export class Troubles {
  readonly #found: string[] = [];
  readonly #allowed: RegExp[] = [];

  watch(context: BrowserContext): void {
    context.on('weberror', (error) => this.#add(`a script failed: ${error.error().stack ?? error.error().message}`));
    context.on('console', (message) => {
      const { url, lineNumber } = message.location();
      if (['error', 'warning', 'assert'].includes(message.type()))
        this.#add(`the console says (${message.type()}): ${message.text()} at ${url}:${lineNumber}`);
    });
    context.on('request', (request) => {
      if (!isOfThisMachine(request.url())) this.#add(`a request goes to another host: ${request.url()}`);
    });
    context.on('requestfailed', (request) => {
      const why = request.failure()?.errorText ?? 'nobody says why';
      // The page itself no longer wanted it: it was left, or aborted the fetch.
      if (why !== 'net::ERR_ABORTED') this.#add(`a request failed: ${request.method()} ${request.url()}: ${why}`);
    });
  }

  allow(pattern: RegExp): void {
    this.#allowed.push(pattern);
  }

  all(): readonly string[] {
    return this.#found.filter((text) => !this.#allowed.some((pattern) => pattern.test(text)));
  }

  assertNone(): void {
    const all = this.all();
    if (all.length > 0) throw new Error(`In the browser there was trouble:\n${all.join('\n')}`);
  }

  #add(text: string): void {
    this.#found.push(text);
  }
}

function isOfThisMachine(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'data:' || protocol === 'blob:' || protocol === 'about:' || hostname === '127.0.0.1' || hostname === 'localhost';
}
