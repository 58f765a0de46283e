import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { DeleteObjectCommand, GetObjectRetentionCommand, ListObjectVersionsCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { assertAccessible } from '../harness/browser/accessible.ts';
import { bringIntoView } from '../harness/browser/bring-into-view.ts';
import { onPhone } from '../harness/browser/phone.ts';
import { startBrowser, type Page } from '../harness/browser/start-browser.ts';
import { startLockedConsole, type LockedConsole } from '../harness/locked-console.ts';

const day = 86_400_000;

// Each with an archive of its own: what is known of locks, and what is forgotten, stays.
suite('an archive with Object Lock in the console', { timeout: 1_200_000 }, () => {
  test('has until when snapshots are locked in overview, table and snapshot, once a verify has asked the store', async () => {
    await using scene = await startLockedConsole();
    await using browser = await startBrowser();
    const { page } = browser;
    page.setDefaultTimeout(60_000);
    await scene.openSignedIn(page, 'operator');
    const held = page.getByRole('region', { name: 'Locks and pins' });
    await bringIntoView(held);
    await held.getByText('No snapshot is known to be locked.').waitFor();
    assert.match(await held.innerText(), /a verify tells until when/);

    await runToEnd(scene, page, 'verify');
    const came = page.getByRole('region', { name: 'What came of it' });
    await came.getByText('The snapshots that were checked').click();
    const until = shown(await leastRetention(scene));
    const checked = came.getByRole('row').filter({ hasText: short(scene.snapshots[0]) });
    assert.match(await came.innerText(), /no damage found[^]*\blocked\b/);
    assert.ok((await checked.innerText()).includes(until), `${await checked.innerText()} has ${until}`);
    await assertAccessible(page);
    await onPhone(page);

    await page.getByRole('link', { name: 'Overview' }).click();
    const events = page.getByRole('region', { name: 'Runs and snapshots', exact: true });
    await bringIntoView(events);
    // It ended a moment ago.
    await events.getByText(/1 run, none failed, and 3 snapshots/).waitFor();
    await bringIntoView(held);
    await held.getByText(/3 of 3 snapshots are locked/).waitFor();
    const told = (await held.innerText()).replaceAll(/\s+/g, ' ');
    assert.ok(told.includes(`3 of 3 snapshots are locked: until ${until}, which is in 33 d 23 h`), `${told} has ${until}`);
    assert.match(told, /the last verify found it/);
    await held.getByText('Each lock').click();
    const rows = await held.getByRole('row').allInnerTexts();
    assert.equal(rows.length, 1 + 3);
    for (const id of scene.snapshots) assert.ok(rows.some((row) => row.includes(short(id)) && row.includes(until)));
    await assertAccessible(page);
    await onPhone(page, () => bringIntoView(held));

    await page.goto(`${scene.url}/archive?view=table&state=locked`);
    await page.getByRole('status').getByText('3 of 3 snapshots,').waitFor();
    for (const id of scene.snapshots)
      assert.ok(
        (
          await page
            .getByRole('row')
            .filter({ hasText: short(id) })
            .innerText()
        ).includes(until),
        id,
      );
    await assertAccessible(page);
    await onPhone(page);
    await page.getByRole('link', { name: short(scene.snapshots[1]) }).click();
    await page.getByRole('region', { name: 'What it is' }).getByText(`locked until ${until}`).waitFor();
    await assertAccessible(page);
    await onPhone(page);

    // A lock that has ended is none, whatever is remembered of it.
    await page.clock.setFixedTime(Date.now() + 35 * day);
    await page.goto(scene.url);
    await bringIntoView(held);
    await held.getByText('No snapshot is known to be locked.').waitFor();
    await page.goto(`${scene.url}/archive/${scene.snapshots[1]}`);
    const facts = page.getByRole('region', { name: 'What it is' });
    await facts.getByText('Backup ID').waitFor();
    assert.doesNotMatch(await facts.innerText(), /locked/);
  });

  test('forgets a locked snapshot by clicks: it goes out of sight, and a prune tells what its lock still holds', async () => {
    await using scene = await startLockedConsole();
    await using browser = await startBrowser();
    const { page } = browser;
    page.setDefaultTimeout(60_000);
    const [oldest] = scene.snapshots;
    await scene.openSignedIn(page, 'operator');
    await runToEnd(scene, page, 'verify');
    const until = shown(await leastRetention(scene));
    await page.goto(`${scene.url}/archive/${oldest}`);
    await page.getByText(/so much is given back if only it is forgotten and pruned, once no lock holds it$/).waitFor();
    await page.getByRole('button', { name: 'Forget …' }).click();
    const dialog = page.getByRole('dialog');
    await dialog
      .getByText(`${short(oldest)} is locked until ${until}: it goes out of sight now, and its space is given back after that.`)
      .waitFor();
    await dialog.getByText('What stays: 2 of prod.').waitFor();
    await dialog.getByText(/^A prune gives .+ back once no lock holds it/).waitFor();
    assert.doesNotMatch(await dialog.innerText(), /The next prune gives/);
    await assertAccessible(page);
    await onPhone(page);
    await dialog.getByLabel('Type').fill(short(oldest));
    // The page asks for a snapshot that has gone.
    browser.allow(/404 \(Not Found\)/);
    await dialog.getByRole('button', { name: 'Forget' }).click();
    await page.getByText('This snapshot has been forgotten.').waitFor();

    const listed = await scene.ask<readonly { readonly id: string }[]>('/api/v1/snapshots');
    assert.deepEqual(listed.map(({ id }) => id).toSorted(), scene.snapshots.slice(1).toSorted());
    await assertOnlyHidden(scene, `snapshots/${oldest}`);

    await page.goto(`${scene.url}/runs?run=prune`);
    await dialog.getByText(/hidden versions? \(.+\) would be given back, as far as no lock holds them/).waitFor();
    await assertAccessible(page);
    await dialog.getByRole('button', { name: 'Run prune' }).click();
    const came = page.getByRole('region', { name: 'What came of it' });
    await came.waitFor();
    const pruned = await came.innerText();
    assert.match(pruned, /Of what was removed before, .+ came back; \d+ versions? \(.+\) (is|are) still locked, the last until /);
    assert.ok(pruned.includes(until), `${pruned} has ${until}`);
    await assertAccessible(page);
    await onPhone(page);
    await assertOnlyHidden(scene, `snapshots/${oldest}`);
    await page.getByRole('link', { name: 'Overview' }).click();
    const held = page.getByRole('region', { name: 'Locks and pins' });
    await bringIntoView(held);
    await held.getByText(/2 of 2 snapshots are locked/).waitFor();
  });

  test('names what a thief hid and wrote over, and what to do', async () => {
    await using scene = await startLockedConsole();
    await using browser = await startBrowser();
    const { page } = browser;
    page.setDefaultTimeout(60_000);
    const [hidden, overwritten] = await layHandsOn(scene);
    await scene.openSignedIn(page, 'operator');
    await runToEnd(scene, page, 'verify');

    const done = page.getByRole('region', { name: 'Done by somebody else' });
    const text = (await done.innerText()).replaceAll(/\s+/g, ' ');
    assert.ok(text.includes(`${hidden} looks removed and is needed`), text);
    assert.ok(text.includes(`${overwritten} was written over`), text);
    assert.match(text, /To do: look who did it, and repair nothing, .+ Older versions are kept/);
    const whole = await page.getByRole('main').innerText();
    assert.match(whole, /The run ended with exit code 20, and its result tells why/);
    assert.match(whole, /is missing, and an index lists it/);
    assert.doesNotMatch(whole, /To do: repair/, 'a repair would take what is only hidden for lost');
    await assertAccessible(page);
    await onPhone(page);
  });
});

async function runToEnd({ url }: LockedConsole, page: Page, job: string): Promise<void> {
  await page.goto(`${url}/runs?run=${job}`);
  await page.getByRole('button', { name: `Run ${job}` }).click();
  await page.getByRole('region', { name: 'What came of it' }).waitFor();
}

function short(id = 'none'): string {
  return id.slice(0, 12);
}

/** As the console writes it in the browser of the tests. */
function shown(moment: Date): string {
  return new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' }).format(moment);
}

async function versionsOf({ s3, bucket, prefix }: LockedConsole, below: string) {
  const client = s3.client();
  const told = await client.send(new ListObjectVersionsCommand({ Bucket: bucket, Prefix: `${prefix}/${below}` }));
  client.destroy();
  return { objects: told.Versions ?? [], markers: told.DeleteMarkers ?? [] };
}

/** The end of the lock that ends first, as the store has it: the least of what each snapshot needs, as all need the oldest objects. */
async function leastRetention(scene: LockedConsole): Promise<Date> {
  const client = scene.s3.client();
  const ends: number[] = [];
  for (const below of ['config', 'keys/', 'index/', 'snapshots/', 'data/'])
    for (const { Key, VersionId } of (await versionsOf(scene, below)).objects) {
      const { Retention } = await client.send(new GetObjectRetentionCommand({ Bucket: scene.bucket, Key, VersionId }));
      ends.push(Retention?.RetainUntilDate?.getTime() ?? assert.fail(`${Key} is not locked`));
    }
  client.destroy();
  assert.ok(ends.length > 8, `${ends.length} objects`);
  return new Date(Math.min(...ends));
}

/** A marker lies on the object, and the store does not let what is under it go. */
async function assertOnlyHidden(scene: LockedConsole, key: string): Promise<void> {
  const { objects, markers } = await versionsOf(scene, key);
  assert.deepEqual([objects.map(({ IsLatest }) => IsLatest), markers.map(({ IsLatest }) => IsLatest)], [[false], [true]]);
  const client = scene.s3.client();
  const removal = new DeleteObjectCommand({ Bucket: scene.bucket, Key: objects[0]?.Key, VersionId: objects[0]?.VersionId });
  await assert.rejects(client.send(removal), /lock|denied|WORM/i);
  client.destroy();
}

/** Hides one pack, and writes over another; returns their keys in the archive. */
async function layHandsOn(scene: LockedConsole): Promise<readonly [string, string]> {
  const keys = (await versionsOf(scene, 'data/')).objects.map(({ Key }) => Key ?? '');
  const [first, second] = keys;
  assert.ok(first !== undefined && second !== undefined);
  const client = scene.s3.client();
  await client.send(new DeleteObjectCommand({ Bucket: scene.bucket, Key: first }));
  await client.send(new PutObjectCommand({ Bucket: scene.bucket, Key: second, Body: 'other bytes' }));
  client.destroy();
  const name = (key: string): string => key.slice(scene.prefix.length + 1);
  return [name(first), name(second)];
}
