// The console in a real Chromium whose CPU is slowed down: when each page is first painted and when it is whole, and what was sent for it.
//   node bench/console.ts [SNAPSHOTS]     5,000 unless told; --rounds N (5), --slowdown N (4)
import { parseArgs } from 'node:util';
import { startBrowser, type TestBrowser } from '../test/harness/browser/start-browser.ts';
import { untilWhole } from '../test/harness/browser/until-whole.ts';
import { startConsoleAgent } from '../test/harness/console-agent.ts';
import { archiveOfMany } from '../test/harness/many-snapshots.ts';
import { temporaryFolder } from '../test/harness/temporary-folder.ts';

const { values, positionals } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, slowdown: { type: 'string', default: '4' } },
  allowPositionals: true,
});
const snapshots = Number(positionals[0] ?? 5000);
const [rounds, rate] = [Number(values.rounds), Number(values.slowdown)];

interface Painted {
  /** Milliseconds since the page was asked for. */
  readonly painted: number;
  readonly whole: number;
  /** As they were sent, headers included, documents of the API among them. */
  readonly bytes: number;
  readonly requests: number;
}

await using home = await temporaryFolder('bench-console');
await using agent = await startConsoleAgent(home.path, await archiveOfMany(home.path, { snapshots, runs: 500 }));
await using browser = await startBrowser();
console.log(`${snapshots} snapshots, 500 runs; Chromium with its CPU ${rate} times as slow, nothing in its cache; medians of ${rounds}\n`);
console.log('| page | first contentful paint, ms | whole, ms | sent, kB | requests |');
console.log('| ---- | -------------------------: | --------: | -------: | -------: |');
for (const at of ['/', '/archive', '/archive?view=table', '/entries', '/runs', '/restore']) {
  // The agent reads the archive when it is first asked; that is not the console's time.
  await paint(browser, at);
  const all: Painted[] = [];
  for (let round = 0; round < rounds; round += 1) all.push(await paint(browser, at));
  const median = (pick: (painted: Painted) => number): number => all.map(pick).toSorted((a, b) => a - b)[Math.floor(rounds / 2)] ?? 0;
  const figures = [median(({ painted }) => painted), median(({ whole }) => whole), median(({ bytes }) => bytes) / 1000];
  console.log(`| \`${at}\` | ${figures.map((figure) => figure.toFixed(0)).join(' | ')} | ${median(({ requests }) => requests)} |`);
}

/** Shows the page to a visitor who is signed in and was never here. */
async function paint(of: TestBrowser, at: string): Promise<Painted> {
  const first = await of.openOther();
  await agent.openSignedIn(first, 'restorer', '/audit');
  const page = await first.context().newPage();
  await first.close();
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('Network.enable');
  await cdp.send('Network.setCacheDisabled', { cacheDisabled: true });
  await cdp.send('Emulation.setCPUThrottlingRate', { rate });
  const sent = { bytes: 0, requests: 0 };
  cdp.on('Network.loadingFinished', ({ encodedDataLength }) => {
    sent.bytes += encodedDataLength;
    sent.requests += 1;
  });
  await page.goto(agent.url + at);
  await untilWhole(page);
  const whole = Number(await page.evaluate('performance.now()'));
  const painted = Number(await page.evaluate('performance.getEntriesByName("first-contentful-paint")[0].startTime'));
  await page.context().close();
  return { painted, whole, ...sent };
}
