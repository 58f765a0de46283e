import type { Page } from 'playwright-core';

/** What the page asks the API for, as it goes on: `GET /api/v1/status`. */
export function requestsOf(page: Page): readonly string[] {
  const asked: string[] = [];
  page.on('request', (request) => {
    const { pathname, search } = new URL(request.url());
    if (pathname.startsWith('/api/')) asked.push(`${request.method()} ${pathname}${search}`);
  });
  return asked;
}

/** Begins to collect what keeps the page from answering for more than 200 ms; the function that is returned tells it so far, in milliseconds. */
export async function watchLongTasks(page: Page): Promise<() => Promise<readonly number[]>> {
  await page.evaluate(`globalThis.longTasks = [];
    new PerformanceObserver((list) => list.getEntries().forEach(({ duration }) => { if (duration > 200) longTasks.push(duration); }))
      .observe({ type: 'longtask' });`);
  return () => page.evaluate<readonly number[]>('globalThis.longTasks');
}

/** For `evaluate` of a frame that scrolls: shows what lies at so much of it, from 0 to 1. */
export function scrollToPart(frame: unknown, part: number): void {
  const scrolled = frame as { scrollTop: number; readonly scrollHeight: number };
  scrolled.scrollTop = scrolled.scrollHeight * part;
}
