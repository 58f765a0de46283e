import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { showSuppressedErrors } from '../suppressed-errors.ts';
import { keepForFailure } from './last-pages.ts';
import { useChromium } from './shared-chromium.ts';
import { Troubles } from './troubles.ts';

export type { Page } from 'playwright-core';

export interface TestBrowser extends AsyncDisposable {
  /** The first page; it is blank. */
  readonly page: Page;
  /** Another page of the same visitor, with the same cookies: a second tab. */
  openTab(): Promise<Page>;
  /** A page of another visitor, with no cookies. */
  openOther(options?: BrowserContextOptions): Promise<Page>;
  /**
   * A trouble whose text fits the pattern is no trouble from now on: for a test that provokes it, such as
   * `/401 \(Unauthorized\)/` of a refused sign-in.
   */
  allow(pattern: RegExp): void;
  /** What went wrong so far and was not allowed, a sentence each. */
  readonly troubles: readonly string[];
}

/**
 * Opens a real Chromium with an empty profile, which knows no host but this machine; the window is 1280×800, the language English (GB), the
 * time zone UTC, the colours light. Pass `using` options to have it otherwise.
 *
 * Disposing it closes its pages, and throws an Error when in one of its pages a script failed, something was written to the console as an error or a warning,
 * a request failed, or one went to another host. What a page aborted itself is no failure.
 */
export async function startBrowser(using: BrowserContextOptions = {}): Promise<TestBrowser> {
  showSuppressedErrors();
  const chromium = await useChromium();
  const troubles = new Troubles();
  const contexts: BrowserContext[] = [];
  const visit = async (options: BrowserContextOptions): Promise<Page> => {
    const context = await newContext(chromium.browser, troubles, options);
    contexts.push(context);
    return context.newPage();
  };
  const page = await visit(using);
  return {
    page,
    openTab: () => page.context().newPage(),
    openOther: (options) => visit({ ...using, ...options }),
    allow: (pattern) => troubles.allow(pattern),
    get troubles() {
      return troubles.all();
    },
    [Symbol.asyncDispose]: async () => {
      await keepForFailure(contexts);
      for (const context of contexts) await context.close();
      await chromium[Symbol.asyncDispose]();
      troubles.assertNone();
    },
  };
}

async function newContext(browser: Browser, troubles: Troubles, options: BrowserContextOptions): Promise<BrowserContext> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    locale: 'en-GB',
    timezoneId: 'UTC',
    colorScheme: 'light',
    reducedMotion: 'reduce',
    ...options,
  });
  context.setDefaultTimeout(60_000);
  troubles.watch(context);
  return context;
}
