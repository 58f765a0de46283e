import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core';
import { showSuppressedErrors } from '../suppressed-errors.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { chromiumProgram } from './chromium.ts';
import { keepForFailure } from './last-pages.ts';
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
 * Starts a real Chromium with an empty profile, which knows no host but this machine; the window is 1280×800, the language English (GB), the
 * time zone UTC, the colours light. Pass `using` options to have it otherwise.
 *
 * Disposing it ends it, and throws an Error when in one of its pages a script failed, something was written to the console as an error or a warning,
 * a request failed, or one went to another host. What a page aborted itself is no failure.
 */
export async function startBrowser(using: BrowserContextOptions = {}): Promise<TestBrowser> {
  showSuppressedErrors();
  const { file, environment } = await chromiumProgram();
  const home = await temporaryFolder('browser');
  const browser = await chromium
    .launch({
      executablePath: file,
      env: { PATH: process.env['PATH'] ?? '', HOME: home.path, XDG_CACHE_HOME: home.path, LANG: 'C.UTF-8', ...environment },
      args: [...launchArguments],
      timeout: 60_000,
    })
    .catch(async (error: unknown) => {
      await home.remove();
      throw error;
    });
  const troubles = new Troubles();
  const context = await newContext(browser, troubles, using);
  return {
    page: await context.newPage(),
    openTab: () => context.newPage(),
    openOther: async (options) => (await newContext(browser, troubles, { ...using, ...options })).newPage(),
    allow: (pattern) => troubles.allow(pattern),
    get troubles() {
      return troubles.all();
    },
    [Symbol.asyncDispose]: async () => {
      await keepForFailure(browser);
      // Playwright ends the process that it started, by its id, and so it does when this process ends before.
      await browser.close();
      await home.remove();
      troubles.assertNone();
    },
  };
}

/** What a browser does by itself, such as looking up its maker's hosts, has no place in a test. */
const launchArguments = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--font-render-hinting=none',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost',
] as const;

async function newContext(browser: Browser, troubles: Troubles, options: BrowserContextOptions): Promise<BrowserContext> {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    locale: 'en-GB',
    timezoneId: 'UTC',
    colorScheme: 'light',
    reducedMotion: 'reduce',
    ...options,
  });
  context.setDefaultTimeout(20_000);
  troubles.watch(context);
  return context;
}
