import { setTimeout as delay } from 'node:timers/promises';
import type { Page } from 'playwright-core';

const patienceMilliseconds = 60_000;

/**
 * Resolves once the page of the console has its heading, and nothing that is in view is said to be loading any more. What is further down is not asked for
 * before it is scrolled to. Asked again and again from here, as the console's Content-Security-Policy lets nobody evaluate a condition in the page.
 */
export async function untilWhole(page: Page): Promise<void> {
  await page.getByRole('heading', { level: 1 }).first().waitFor({ timeout: patienceMilliseconds });
  const deadline = Date.now() + patienceMilliseconds;
  const loading = page.getByRole('status').filter({ hasText: /^Loading .+ …$/ });
  const height = page.viewportSize()?.height ?? 0;
  for (;;) {
    const texts = await loading.evaluateAll(textsAbove, height);
    if (texts.length === 0) return;
    if (Date.now() > deadline) throw new Error(`${page.url()} still says after a minute: ${texts.join(', ')}`);
    await delay(10);
  }
}

/** Runs in the page. */
function textsAbove(elements: readonly unknown[], bottom: number): string[] {
  const seen = elements as readonly { readonly textContent: string; getBoundingClientRect(): { readonly top: number } }[];
  return seen.filter((element) => element.getBoundingClientRect().top < bottom).map(({ textContent }) => textContent);
}
