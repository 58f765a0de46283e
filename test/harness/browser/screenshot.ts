import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { root } from '../../../tools/run-tests.ts';

/** Where the pictures of the docs lie. */
export const screenshotFolder = path.join(root, 'docs/console');

/** Pixels; what lies below is cut off. */
const mostHeight = 1800;

/**
 * With ROOTCELLAR_SCREENSHOTS=1 writes the page from its top to `docs/console/NAME-light.png` and `NAME-dark.png`, or with `isWindow` only what the window shows
 * now; without it does nothing. The page has light colours afterwards.
 */
export async function screenshot(page: Page, name: string, { isWindow = false } = {}): Promise<void> {
  if (process.env['ROOTCELLAR_SCREENSHOTS'] !== '1') return;
  await mkdir(screenshotFolder, { recursive: true });
  const size = page.viewportSize();
  if (isWindow || size === null) {
    await write(page, name);
    return;
  }
  const height = await page.evaluate<number>('document.documentElement.scrollHeight');
  // A window as tall as the page: what comes into view when one scrolls is there, and a dialog stands in its middle.
  await page.setViewportSize({ ...size, height: Math.max(size.height, Math.min(height, mostHeight)) });
  await page.evaluate('scrollTo(0, 0)');
  await write(page, name);
  await page.setViewportSize(size);
}

async function write(page: Page, name: string): Promise<void> {
  for (const colorScheme of ['dark', 'light'] as const)
    await writeFile(path.join(screenshotFolder, `${name}-${colorScheme}.png`), await picture(page, colorScheme));
}

/** The window as a PNG, without a blinking caret. */
export async function picture(page: Page, colorScheme: 'light' | 'dark'): Promise<Buffer> {
  await page.emulateMedia({ colorScheme });
  return page.screenshot({ caret: 'hide', animations: 'disabled', scale: 'css' });
}
