import { setTimeout as delay } from 'node:timers/promises';
import type { Locator } from 'playwright-core';

/** Longer than what the console loads late waits in view; see `useInView`. */
const heldMilliseconds = 600;

/**
 * Scrolls until the element stays in view: what is shown above it while the page is put together pushes it out again. Resolves when it was in view at the
 * beginning and at the end of six tenths of a second.
 */
export async function bringIntoView(element: Locator): Promise<void> {
  do {
    await element.scrollIntoViewIfNeeded();
    await delay(heldMilliseconds);
  } while (!(await isInView(element)));
}

async function isInView(element: Locator): Promise<boolean> {
  const box = await element.boundingBox();
  const height = element.page().viewportSize()?.height ?? 0;
  return box !== null && box.y + box.height > 0 && box.y < height;
}
