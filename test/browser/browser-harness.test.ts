import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertAccessible } from '../harness/browser/accessible.ts';
import { onPhone } from '../harness/browser/phone.ts';
import { picture } from '../harness/browser/screenshot.ts';
import { startBrowser } from '../harness/browser/start-browser.ts';
import { startLoopbackServer } from '../harness/loopback-server.ts';

/** A page with this body. */
const pageWith = (body: string): string =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
  <title>A page</title><link rel="icon" href="data:,"></head><body><main><h1>A page</h1>${body}</main></body></html>`;

function serve(body: string) {
  return startLoopbackServer((request, response) => {
    const isPage = request.url === '/';
    response.writeHead(isPage ? 200 : 404, { 'content-type': 'text/html' }).end(isPage ? pageWith(body) : '');
  });
}

test('startBrowser() shows a page, which nobody finds fault with', async () => {
  await using server = await serve('<p>Words <code>uid=user.0,ou=People</code></p>');
  await using browser = await startBrowser();
  const { page } = browser;
  await page.goto(server.url);
  assert.equal(await page.getByRole('heading').innerText(), 'A page');
  assert.equal(await page.evaluate('Intl.DateTimeFormat().resolvedOptions().timeZone'), 'UTC');
  await assertAccessible(page);
  await onPhone(page);
  assert.deepEqual(page.viewportSize(), { width: 1280, height: 800 });
  assert.deepEqual(browser.troubles, []);
});

const troubles = [
  { what: 'a script that throws', body: '<script>throw new Error("no page")</script>', says: /a script failed: Error: no page/ },
  { what: 'an error in the console', body: '<script>console.error("not well")</script>', says: /the console says \(error\): not well/ },
  { what: 'a picture that is not there', body: '<img alt="none" src="/absent.png">', says: /404 \(Not Found\) at http:.*absent\.png/ },
  {
    what: 'a server that is gone',
    body: '<script>fetch("http://127.0.0.1:9/")</script>',
    says: /a request failed: GET http:\/\/127\.0\.0\.1:9/,
  },
  {
    what: 'another host',
    body: '<img alt="none" src="http://elsewhere.example/a.png">',
    says: /a request goes to another host: http:\/\/elsewhere/,
  },
];
for (const { what, body, says } of troubles) {
  test(`startBrowser() fails the test at its end for ${what}`, async () => {
    await using server = await serve(body);
    const browser = await startBrowser();
    await browser.page.goto(server.url);
    await browser.page.waitForLoadState('networkidle');
    await assert.rejects(async () => browser[Symbol.asyncDispose](), says);
  });
}

test('startBrowser() tells its troubles beside what failed before, in the stack that the reporter prints', async () => {
  await using server = await serve('<script>console.error("not well")</script>');
  const failing = async (): Promise<void> => {
    await using browser = await startBrowser();
    await browser.page.goto(server.url);
    throw new Error('the test fails');
  };
  await assert.rejects(failing(), ({ stack }: Error) =>
    /first: Error: the test fails[^]*tidying up: Error: In the browser[^]*not well/.test(stack ?? ''),
  );
});

test('startBrowser() passes over a trouble that the test allows', async () => {
  await using server = await serve('<script>console.error("as meant")</script>');
  await using browser = await startBrowser();
  browser.allow(/as meant/);
  await browser.page.goto(server.url);
  assert.deepEqual(browser.troubles, []);
});

test('startBrowser() gives another visitor cookies of its own', async () => {
  await using server = await serve('<script>document.cookie = "known=yes"</script>');
  await using browser = await startBrowser();
  const other = await browser.openOther();
  for (const page of [browser.page, other]) await page.goto('about:blank');
  await browser.page.goto(server.url);
  const tab = await browser.openTab();
  await tab.goto(server.url);
  assert.equal((await tab.context().cookies()).length, 1);
  assert.equal((await other.context().cookies()).length, 0);
});

test('assertAccessible() names the rule, the element and the colours', async () => {
  await using server = await serve('<input><p style="color: #ccc; background: #fff">faint</p>');
  await using browser = await startBrowser();
  await browser.page.goto(server.url);
  await assert.rejects(assertAccessible(browser.page), (error: Error) => {
    assert.match(error.message, /label: Form elements must have labels: input: <input>.*\(light colours\)/);
    assert.match(error.message, /color-contrast: .*\(dark colours\)/);
    return true;
  });
});

test('onPhone() names what sticks out, and lets scroll what scrolls by itself', async () => {
  await using server = await serve('<div id="wide"><pre style="width: 900px">a long line</pre></div>');
  await using browser = await startBrowser();
  await browser.page.goto(server.url);
  await assert.rejects(onPhone(browser.page), /px wide in a window of 360 px; these stick out:\n<pre style/);
  await browser.page.evaluate('document.getElementById("wide").style.overflowX = "auto"');
  await onPhone(browser.page);
});

test('picture() draws the same bytes each time, and others in dark colours', async () => {
  await using server = await serve('<style>:root { color-scheme: light dark }</style><p>Words <code>with mono</code></p>');
  const pictures: Buffer[] = [];
  for (const colours of ['light', 'light', 'dark'] as const) {
    await using browser = await startBrowser();
    await browser.page.goto(server.url);
    pictures.push(await picture(browser.page, colours));
  }
  const [first, second, dark] = pictures;
  assert.deepEqual(first, second);
  assert.notDeepEqual(first, dark);
});
