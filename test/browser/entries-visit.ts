import assert from 'node:assert/strict';
import { Attribute, Change, type Client } from 'ldapts';
import type { Role } from '../../src/agent/http/command-gate.ts';
import { startBrowser, type Page, type TestBrowser } from '../harness/browser/start-browser.ts';
import type { ConsoleScene } from '../harness/console-scene.ts';
import { watchSecrets } from '../harness/secret-watch.ts';

export interface Visit extends AsyncDisposable {
  readonly page: Page;
  readonly browser: TestBrowser;
  /** How many answers of the agent were looked at so far. */
  readonly answers: number;
}

/**
 * A visitor with this role at a page of the console. Each answer that the browser gets, and each page that was shown at the end, is searched for the passwords of the
 * directory, as they are stored and in base64: disposing the visit throws where one was seen, and where nothing was looked at.
 */
export async function visit(scene: ConsoleScene, role: Role, at: string): Promise<Visit> {
  const watch = watchSecrets(await storedPasswords(scene));
  const browser = await startBrowser();
  const { page } = browser;
  // Commands of the program are waited for, beside whatever else the machine does.
  page.setDefaultTimeout(60_000);
  let answers = 0;
  const looks: Promise<void>[] = [];
  page.on('response', (response) => {
    const look = async (): Promise<void> => {
      // One that the page aborted has no text any more.
      const text = await response.text().catch(() => '');
      answers += 1;
      watch.look(text, response.url());
    };
    looks.push(look());
  });
  await scene.openSignedIn(page, role, at);
  return {
    page,
    browser,
    get answers() {
      return answers;
    },
    [Symbol.asyncDispose]: async () => {
      watch.look(await page.content(), 'the page');
      await browser[Symbol.asyncDispose]();
      await Promise.all(looks);
      assert.ok(answers > 3, 'answers were looked at');
      assert.deepEqual(watch.findings, []);
    },
  };
}

/** Says yes to what is shown, and waits for the page of the command. */
export async function apply(page: Page, question: string, action: string | RegExp = /^Make /): Promise<void> {
  await page.getByRole('button', { name: question, exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: action }).click();
  await page.waitForURL(/\/entries\/changes\?id=/);
}

async function storedPasswords({ directory }: ConsoleScene): Promise<Record<string, string>> {
  const client = await directory.connect();
  try {
    const { searchEntries } = await client.search(directory.baseDn, {
      scope: 'sub',
      filter: '(userPassword=*)',
      attributes: ['userPassword'],
    });
    assert.ok(searchEntries.length > 250, 'people have passwords');
    const stored = searchEntries.map(({ dn, userPassword }) => [`the password of ${dn}`, String([userPassword].flat()[0])] as const);
    return { ...Object.fromEntries(stored), 'a password in clear': 'another password' };
  } finally {
    await client.unbind();
  }
}

export async function replaceValues(client: Client, dn: string, type: string, values: readonly string[]): Promise<void> {
  await client.modify(dn, new Change({ operation: 'replace', modification: new Attribute({ type, values: [...values] }) }));
}

/** The values of one attribute, sorted; undefined where there is no such entry. */
export async function valuesOf(client: Client, dn: string, type: string): Promise<readonly string[] | undefined> {
  const entry = await entryOf(client, dn, [type]);
  return entry === undefined ? undefined : [entry[type] ?? []].flat().map(String).toSorted();
}

/** An entry with all that does not change when it is written anew; undefined where there is none. */
export async function entryOf(
  client: Client,
  dn: string,
  attributes: readonly string[] = ['*', 'entryUUID', 'createTimestamp', 'pwdChangedTime'],
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const { searchEntries } = await client.search(parentOf(dn), {
    scope: 'one',
    filter: `(${dn.split(',', 1)[0]})`,
    attributes: [...attributes],
  });
  const [entry] = searchEntries;
  if (entry === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(entry).map(([name, values]) => [name, Array.isArray(values) ? values.map(String).toSorted() : values]),
  );
}

function parentOf(dn: string): string {
  return dn.slice(dn.indexOf(',') + 1);
}
