import assert from 'node:assert/strict';
import type { Page } from 'playwright-core';

const phone = { width: 360, height: 740 } as const;

/** Runs `look` in a window as wide as a phone, 360×740, and fails when the page is wider than that before or after. The old size comes back. */
export async function onPhone(page: Page, look: () => Promise<void> = async () => undefined): Promise<void> {
  const before = page.viewportSize();
  await page.setViewportSize(phone);
  try {
    await assertFits(page);
    await look();
    await assertFits(page);
  } finally {
    if (before !== null) await page.setViewportSize(before);
  }
}

/** Fails, naming the elements that stick out, when the page can be scrolled sideways. What scrolls within an element of its own is well. */
export async function assertFits(page: Page): Promise<void> {
  const { width, wide, out } = (await page.evaluate(`(${widthOfPage.toString()})()`)) as ReturnType<typeof widthOfPage>;
  assert.ok(wide <= width, `${page.url()} is ${wide} px wide in a window of ${width} px; these stick out:\n${out.join('\n')}`);
}

/** Runs in the page. */
function widthOfPage(): { width: number; wide: number; out: string[] } {
  const { document } = globalThis as unknown as { document: BrowserDocument };
  const { clientWidth: width, scrollWidth: wide } = document.documentElement;
  const sticking = [...document.querySelectorAll('body *')].filter((element) => element.getBoundingClientRect().right > width + 1);
  return { width, wide, out: sticking.slice(0, 8).map((element) => element.outerHTML.slice(0, 120)) };
}

/** The little of a browser's document that is looked at; the tests are checked without the types of a browser. */
interface BrowserDocument {
  readonly documentElement: { readonly clientWidth: number; readonly scrollWidth: number };
  querySelectorAll(selector: string): Iterable<{ readonly outerHTML: string; getBoundingClientRect(): { readonly right: number } }>;
}
