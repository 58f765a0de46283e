import { chromium, type Browser } from 'playwright-core';
import { temporaryFolder } from '../temporary-folder.ts';
import { chromiumProgram } from './chromium.ts';

export interface UsedChromium extends AsyncDisposable {
  readonly browser: Browser;
}

interface RunningChromium {
  readonly browser: Browser;
  readonly end: () => Promise<void>;
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

/** A test that follows finds it still there; a process whose tests are over ends so much later. */
const idleMilliseconds = 1500;

let running: Promise<RunningChromium> | undefined;
let users = 0;
let idle: NodeJS.Timeout | undefined;

/** The Chromium of this process, which is started for the first who uses it, started anew when it died, and ended when nobody has used it for a while. */
export async function useChromium(): Promise<UsedChromium> {
  users += 1;
  clearTimeout(idle);
  try {
    const { browser } = await living();
    return { browser, [Symbol.asyncDispose]: async () => release() };
  } catch (error) {
    running = undefined;
    release();
    throw error;
  }
}

async function living(): Promise<RunningChromium> {
  const found = await (running ??= launch());
  return found.browser.isConnected() ? found : (running = launch());
}

function release(): void {
  users -= 1;
  if (users > 0) return;
  idle = setTimeout(() => {
    const ending = running;
    running = undefined;
    void ending?.then(({ end }) => end());
  }, idleMilliseconds);
}

async function launch(): Promise<RunningChromium> {
  const { file, environment } = await chromiumProgram();
  const home = await temporaryFolder('browser');
  try {
    const browser = await chromium.launch({
      executablePath: file,
      env: { PATH: process.env['PATH'] ?? '', HOME: home.path, XDG_CACHE_HOME: home.path, LANG: 'C.UTF-8', ...environment },
      args: [...launchArguments],
      timeout: 60_000,
    });
    // Playwright ends the process that it started, by its id, and so it does when this process ends before.
    const end = async (): Promise<void> => {
      await browser.close();
      await home.remove();
    };
    return { browser, end };
  } catch (error) {
    await home.remove();
    throw error;
  }
}
