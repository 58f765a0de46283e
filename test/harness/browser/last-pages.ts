import type { BrowserContext } from 'playwright-core';

const kept: string[] = [];
let isAwaitingEnd = false;
const mostCharacters = 6000;

/**
 * Keeps what each page of a visitor shows, as a screen reader has it; written to standard error at the end of this process when one of its tests failed. That a test
 * waited in vain says little; what it was shown instead says why.
 */
export async function keepForFailure(contexts: readonly BrowserContext[]): Promise<void> {
  if (!isAwaitingEnd) process.on('exit', tell);
  isAwaitingEnd = true;
  for (const page of contexts.flatMap((context) => context.pages())) {
    const shown = await page
      .locator('body:not(:has(main)), main')
      .ariaSnapshot({ timeout: 2000 })
      .catch((error: unknown) => String(error));
    kept.push(`${page.url()} showed when its browser was closed:\n${shown.slice(0, mostCharacters)}\n`);
  }
}

function tell(exitCode: number): void {
  if (exitCode !== 0) process.stderr.write(kept.join('\n'));
}
